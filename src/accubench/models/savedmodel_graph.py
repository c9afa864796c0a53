"""What a SavedModel's protobuf says before OpenVINO reads it: signatures, and how large its functions become.

The messages are TensorFlow's: saved_model.proto, meta_graph.proto, graph.proto, function.proto, node_def.proto and
attr_value.proto of https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models.protobuf_wire import LENGTH, WireError, map_file, wire_fields

__all__ = ["check_served_graph", "has_variables"]

_META_GRAPH = 2
_META_INFO, _GRAPH, _SIGNATURES = 1, 2, 5
_TAGS = 4
_KEY, _VALUE = 1, 2  # of every map
_INPUTS, _DTYPE, _TEXT_DTYPE = 1, 2, 7
_GRAPH_NODE, _LIBRARY, _FUNCTION = 1, 2, 1
_FUNCTION_SIGNATURE, _FUNCTION_NODE, _FUNCTION_RETURN, _NAME = 1, 3, 4, 1
_SIGNATURE_OUTPUT = 3
_NODE_OP, _NODE_ATTRIBUTE = 2, 5
_ATTRIBUTE_LIST, _ATTRIBUTE_FUNCTION, _LIST_FUNCTION = 1, 10, 9
_SERVE, _SIGNATURE = "serve", "serving_default"
_VARIABLE_OPERATIONS = (b"VarHandleOp", b"VariableV2")
_MOST_OPERATIONS = 1_000_000
"""OpenVINO writes out each call of a function; a network of ten thousand layers has fewer operations."""
_DEEPEST_CALLS = 100


def check_served_graph(path: Path) -> None:
    """Make sure that a SavedModel has the signature that is run, for pixels, and functions that come to an end.

    Raises:
        BrokenModelError: The file is cut off or damaged, or its functions call each other without end.
        UnsupportedModelError: There is no graph to serve, no such signature, or it takes text.
    """
    try:
        graph = _served(path)
        signatures = dict(_map(graph, _SIGNATURES))
        if _SIGNATURE not in signatures:
            raise UnsupportedModelError(_no_signature(path, signatures))
        _check_inputs(path, signatures[_SIGNATURE])
        _check_functions(graph)
    except WireError as error:
        raise BrokenModelError(f"{path} is damaged or cut off: {error}. Fetch or export the model again.") from error


def has_variables(path: Path) -> bool:
    """Whether the graph mentions an operation whose values are kept in files of their own."""
    content = bytes(map_file(path))
    return any(word in content for word in _VARIABLE_OPERATIONS)


def _served(path: Path) -> memoryview:
    """The graph that is tagged for serving."""
    found: list[str] = []
    for graph in _messages(map_file(path), _META_GRAPH):
        tags = [_text(tag) for info in _messages(graph, _META_INFO) for tag in _messages(info, _TAGS)]
        if _SERVE in tags:
            return graph
        found.append(" and ".join(tags) or "none")
    if not found:
        raise BrokenModelError(f"{path} holds no graph. Fetch or export the model again.")
    raise UnsupportedModelError(
        f"{path} has no graph for serving: the tags of its graphs are {'; '.join(found)}, and '{_SERVE}' was looked "
        "for. Export the model for serving: model.export('FOLDER')."
    )


def _no_signature(path: Path, signatures: dict[str, memoryview]) -> str:
    names = [name for name in signatures if not name.startswith("__")]
    listed = ", ".join(f"'{name}'" for name in names) or "none"
    return (
        f"{path} has no signature '{_SIGNATURE}', which is the one that is run; its signatures are: {listed}. Export "
        f"the model with model.export('FOLDER'), or with tf.saved_model.save(model, 'FOLDER', "
        f"signatures={{'{_SIGNATURE}': function}})."
    )


def _check_inputs(path: Path, signature: memoryview) -> None:
    for name, tensor in _map(signature, _INPUTS):
        if any(field.number == _DTYPE and field.integer == _TEXT_DTYPE for field in wire_fields(tensor)):
            raise UnsupportedModelError(
                f"{path} takes text or encoded images as its input '{name}'; AccuBench feeds decoded pixels. "
                "Export the model with a signature whose input is the image itself: [batch, height, width, channels]."
            )


def _check_functions(graph: memoryview) -> None:
    """Refuse functions that do not say what they return, and such as would end OpenVINO's process or its memory.

    These call themselves, or each other so often that what OpenVINO writes out for every call fills the memory.
    """
    definitions = {
        _text(name): function
        for definition in _messages(graph, _GRAPH)
        for library in _messages(definition, _LIBRARY)
        for function in _messages(library, _FUNCTION)
        for signature in _messages(function, _FUNCTION_SIGNATURE)
        for name in _messages(signature, _NAME)
    }
    for name, function in definitions.items():
        _check_returns(name, function)
    sizes: dict[str, int] = {}
    for definition in _messages(graph, _GRAPH):
        for node in _messages(definition, _GRAPH_NODE):
            for called in _called(node, definitions):
                _size(called, definitions, sizes, ())


def _check_returns(name: str, function: memoryview) -> None:
    returned = dict(_map(function, _FUNCTION_RETURN)).keys()
    for signature in _messages(function, _FUNCTION_SIGNATURE):
        for output in _messages(signature, _SIGNATURE_OUTPUT):
            output_name = _text(next(_messages(output, _NAME), output[:0]))
            if output_name not in returned:
                raise WireError(f"its function '{name}' does not say what its output '{output_name}' is")


def _size(function: str, definitions: dict[str, memoryview], sizes: dict[str, int], callers: tuple[str, ...]) -> int:
    """Number of operations in a function and in those that it calls, each call counted."""
    if function in callers:
        raise WireError(f"its function '{function}' calls itself")
    if len(callers) >= _DEEPEST_CALLS:
        raise WireError(f"its functions call each other more than {_DEEPEST_CALLS} levels deep")
    if function not in sizes:
        sizes[function] = sum(
            1 + sum(_size(called, definitions, sizes, (*callers, function)) for called in _called(node, definitions))
            for node in _messages(definitions[function], _FUNCTION_NODE)
        )
        if sizes[function] > _MOST_OPERATIONS:
            raise WireError(f"its functions would become more than {_MOST_OPERATIONS:,} operations")
    return sizes[function]


def _called(node: memoryview, definitions: dict[str, memoryview]) -> Iterator[str]:
    """The functions that an operation runs: by its own name, or named in an attribute."""
    for operation in _messages(node, _NODE_OP):
        yield from {_text(operation)} & definitions.keys()
    for attribute in _messages(node, _NODE_ATTRIBUTE):
        for value in _messages(attribute, _VALUE):
            for function in _functions_of(value):
                yield from (text for name in _messages(function, _NAME) if (text := _text(name)) in definitions)


def _functions_of(value: memoryview) -> Iterator[memoryview]:
    """The functions that the value of an attribute names, one or a list."""
    yield from _messages(value, _ATTRIBUTE_FUNCTION)
    for several in _messages(value, _ATTRIBUTE_LIST):
        yield from _messages(several, _LIST_FUNCTION)


def _messages(message: memoryview, number: int) -> Iterator[memoryview]:
    """The contents of one field of a message."""
    return (field.content for field in wire_fields(message) if field.number == number and field.wire_type == LENGTH)


def _map(message: memoryview, number: int) -> Iterator[tuple[str, memoryview]]:
    """Keys and values of a map field."""
    for entry in _messages(message, number):
        yield _text(next(_messages(entry, _KEY), entry[:0])), next(_messages(entry, _VALUE), entry[:0])


def _text(content: memoryview) -> str:
    return bytes(content).decode("utf-8", errors="replace")
