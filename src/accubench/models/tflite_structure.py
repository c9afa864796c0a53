"""What OpenVINO's reader of TensorFlow Lite takes on trust: sizes, places and numbers of a model's tables.

Field numbers and types are those of TensorFlow Lite's schema (``tensorflow/compiler/mlir/lite/schema/schema.fbs``).
"""

from __future__ import annotations

import math

from accubench.models.flatbuffer import FlatbufferError, Table

__all__ = ["check_structure"]

_MODEL_OPERATOR_CODES, _MODEL_SUBGRAPHS, _MODEL_BUFFERS = 1, 2, 4
_SUBGRAPH_TENSORS, _SUBGRAPH_INPUTS, _SUBGRAPH_OUTPUTS, _SUBGRAPH_OPERATORS = 0, 1, 2, 3
_OPERATOR_CODE, _OPERATOR_INPUTS, _OPERATOR_OUTPUTS, _OPERATOR_OPTIONS = 0, 1, 2, 4
_TENSOR_SHAPE, _TENSOR_TYPE, _TENSOR_BUFFER, _TENSOR_NAME, _TENSOR_SPARSITY, _TENSOR_SHAPE_SIGNATURE = 0, 1, 2, 3, 6, 7
_BUFFER_DATA = 0
_CODE_DEPRECATED, _CODE = 0, 3
_CONV_2D, _DEPTHWISE_CONV_2D = 3, 4
_ABSENT = -1
"""An optional input that is not given; a dimension of a signature that is open."""
_BYTES_OF_TYPE = {0: 4, 1: 2, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 8: 8, 9: 1, 10: 8, 11: 16, 12: 8, 15: 4, 16: 2, 18: 2}
"""By number of the type; texts, resources, variants and types of less than a byte are left out."""
_MOST_DIMENSIONS = 16


def check_structure(model: Table) -> None:
    """See that every graph only names what there is, and that tensors have sizes and the bytes that these need.

    Args:
        model: The root of the file.

    Raises:
        FlatbufferError: It is not so; says where.
    """
    codes = [_builtin_code(code) for code in model.tables(_MODEL_OPERATOR_CODES)]
    buffers = [len(buffer.content(_BUFFER_DATA)) for buffer in model.tables(_MODEL_BUFFERS)]
    subgraphs = model.tables(_MODEL_SUBGRAPHS)
    if not subgraphs or not buffers:
        raise FlatbufferError("it holds no graph")
    for subgraph in subgraphs:
        _check_graph(subgraph, codes, buffers)
    if not subgraphs[0].tables(_SUBGRAPH_OPERATORS):
        raise FlatbufferError("its graph has no operations")


def _check_graph(subgraph: Table, codes: list[int], buffers: list[int]) -> None:
    tensors = subgraph.tables(_SUBGRAPH_TENSORS)
    for tensor in tensors:
        _check_tensor(tensor, buffers)
    inputs, outputs = subgraph.numbers(_SUBGRAPH_INPUTS, "i"), subgraph.numbers(_SUBGRAPH_OUTPUTS, "i")
    if not all(0 <= end < len(tensors) for end in (*inputs, *outputs)):
        raise FlatbufferError("its graph names tensors that it does not have")
    taken = {place for place, tensor in enumerate(tensors) if buffers[int(tensor.number(_TENSOR_BUFFER, "I"))]}
    taken.update(int(end) for end in inputs)
    for operator in subgraph.tables(_SUBGRAPH_OPERATORS):
        taken |= _check_operator(operator, len(codes), len(tensors), taken)
        _check_convolution(operator, codes, tensors)


def _check_tensor(tensor: Table, buffers: list[int]) -> None:
    name = tensor.text(_TENSOR_NAME)[:60]
    shape = [int(size) for size in tensor.numbers(_TENSOR_SHAPE, "i")]
    signature = tensor.numbers(_TENSOR_SHAPE_SIGNATURE, "i")
    if max(len(shape), len(signature)) > _MOST_DIMENSIONS or min((*shape, *signature), default=0) < _ABSENT:
        raise FlatbufferError(f"the tensor '{name}' has the shape {shape[:_MOST_DIMENSIONS]}")
    buffer = int(tensor.number(_TENSOR_BUFFER, "I"))
    if buffer >= len(buffers):
        raise FlatbufferError(f"the tensor '{name}' has its numbers in buffer {buffer} of {len(buffers)}")
    type_bytes = _BYTES_OF_TYPE.get(int(tensor.number(_TENSOR_TYPE, "b")))
    if not buffers[buffer] or type_bytes is None or tensor.table(_TENSOR_SPARSITY) is not None:
        return
    needed = math.prod(shape) * type_bytes
    if min(shape, default=1) < 1 or needed > buffers[buffer]:
        raise FlatbufferError(
            f"the tensor '{name}' of shape {shape} has {buffers[buffer]:,} bytes of numbers; it needs {needed:,}"
        )


def _check_operator(operator: Table, n_codes: int, n_tensors: int, taken: set[int]) -> set[int]:
    """See that an operation fills tensors that nothing before it has filled or read, and say which it fills and reads.

    So no operation waits for itself.
    """
    if operator.number(_OPERATOR_CODE, "I") >= n_codes:
        raise FlatbufferError("its graph has an operation of a kind that the file does not list")
    inputs = {int(end) for end in operator.numbers(_OPERATOR_INPUTS, "i")} - {_ABSENT}
    outputs = [int(end) for end in operator.numbers(_OPERATOR_OUTPUTS, "i")]
    if not all(0 <= end < n_tensors for end in (*inputs, *outputs)):
        raise FlatbufferError("an operation names tensors that its graph does not have")
    if len({*outputs}) < len(outputs) or not taken.isdisjoint(outputs) or not inputs.isdisjoint(outputs):
        raise FlatbufferError("an operation fills a tensor that is filled or read before")
    options = operator.table(_OPERATOR_OPTIONS)
    if options is not None:
        options.check_fields()
    return {*inputs, *outputs}


def _builtin_code(code: Table) -> int:
    """Files of before 2020 have it in a field of a byte, later ones in both or in the larger."""
    return int(max(code.number(_CODE_DEPRECATED, "b"), code.number(_CODE, "i")))


def _check_convolution(operator: Table, codes: list[int], tensors: tuple[Table, ...]) -> None:
    """See that the channels of image and weights go into each other: OpenVINO divides the one by the other."""
    code = codes[int(operator.number(_OPERATOR_CODE, "I"))]
    ends = [int(end) for end in operator.numbers(_OPERATOR_INPUTS, "i")]
    if code not in {_CONV_2D, _DEPTHWISE_CONV_2D} or len(ends) < 2 or _ABSENT in ends[:2]:
        return
    image, weights = (tensors[end].numbers(_TENSOR_SHAPE, "i") for end in ends[:2])
    if len(image) != 4 or len(weights) != 4:
        return
    parts, whole = (weights[3], image[3]) if code == _CONV_2D else (image[3], weights[3])
    if parts < 1 or whole < 1 or whole % parts:
        raise FlatbufferError(f"a convolution has weights for {weights[3]} channels and an image of {image[3]}")
