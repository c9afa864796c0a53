"""What a graph does to its input before the first layer with weights: preprocessing, or only quantisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from accubench.records.model import Quantization

if TYPE_CHECKING:
    import openvino as ov
    from numpy.typing import NDArray

__all__ = ["GraphStart", "quantization_before", "read_graph_start"]

_UNCHANGING = {"Convert", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Identity"}
_PASSED = _UNCHANGING | {"FakeQuantize", "Split", "VariadicSplit"}
_ARITHMETIC = {
    "Subtract": "subtracts {values} from its input",
    "Add": "adds {values} to its input",
    "Multiply": "multiplies its input by {values}",
    "Divide": "divides its input by {values}",
}
_MOST_STEPS = 30
_SHOWN_VALUES = 4


class GraphStart(NamedTuple):
    """What happens to the input first."""

    preprocessing: tuple[str, ...]
    """A sentence for each operation that changes pixels: arithmetic by constants, resizing, swapping channels."""
    quantization: Quantization | None
    """For an integer input, what the graph takes its integers to mean; None where it does not say."""
    nodes: frozenset[str]
    """Names of the nodes that do the preprocessing."""


def read_graph_start(parameter: ov.Node, channels: int | None) -> GraphStart:
    """Follow the input until the first operation that is no preprocessing.

    The conversion of integers to real values by one scale and one whole zero point is the meaning of these integers,
    not preprocessing; and quantising and dequantising within the graph change nothing that a caller must know.

    Args:
        parameter: The input's node.
        channels: Number of colour channels; arithmetic with other numbers of constants is a layer, not preprocessing.
    """
    chain = _chain(parameter)
    integers = parameter.get_output_element_type(0).is_integral_number()
    quantization, rest = _leading_quantization(chain) if integers else (None, chain)
    sentences: dict[str, str] = {}
    requantized = False
    for node in rest:
        requantized = requantized or _quantizes(node)
        if _is_arithmetic(node):
            values = _constant(node)
            if values is None or values.size not in {1, channels}:
                break
            if not (requantized and values.size == 1) and not _leaves_unchanged(node, values):
                sentences[node.get_friendly_name()] = _arithmetic_sentence(node, values)
        elif (sentence := _other_sentence(node)) is not None:
            sentences[node.get_friendly_name()] = sentence
        elif node.get_type_name() not in _PASSED:
            break
    return GraphStart(tuple(sentences.values()), quantization, frozenset(sentences))


def quantization_before(result: ov.Node) -> Quantization | None:
    """What the integers of an output mean, from the FakeQuantize that made them; None where there is none."""
    node = result.input_value(0).get_node()
    while node.get_type_name() in _UNCHANGING:
        node = node.input_value(0).get_node()
    if node.get_type_name() != "FakeQuantize":
        return None
    real_low, real_high, low, high = (_scalar(node, index) for index in range(1, 5))
    return _quantization(low, high, real_low, real_high)


def _chain(parameter: ov.Node) -> list[ov.Node]:
    """The operations that follow the input one after the other, as long as there is only one to go to."""
    chain: list[ov.Node] = []
    node = parameter
    while len(chain) < _MOST_STEPS:
        users = {
            target.get_node().get_friendly_name(): target.get_node()
            for output in node.outputs()
            for target in output.get_target_inputs()
            if target.get_node().get_type_name() not in {"ShapeOf", "Result"}
        }
        swapped = _joined_again(list(users.values()))
        if swapped is not None:
            node = swapped
        elif len(users) == 1:
            node = next(iter(users.values()))
        else:
            break
        chain.append(node)
    return chain


def _joined_again(users: list[ov.Node]) -> ov.Node | None:
    """The Concat that puts slices of one tensor together again, as a swap of channels is written."""
    if len(users) < 2 or not all(user.get_type_name() in {"Slice", "StridedSlice", "Gather"} for user in users):
        return None
    targets = [target.get_node() for user in users for target in user.output(0).get_target_inputs()]
    names = {target.get_friendly_name() for target in targets}
    return targets[0] if len(names) == 1 and targets[0].get_type_name() == "Concat" else None


def _leading_quantization(chain: list[ov.Node]) -> tuple[Quantization | None, list[ov.Node]]:
    """Take the conversion of integer pixels to real values off the front of the chain, where it is one."""
    index = 0
    while index < len(chain) and chain[index].get_type_name() in _UNCHANGING:
        index += 1
    if index < len(chain) and chain[index].get_type_name() == "FakeQuantize":
        low, high, real_low, real_high = (_scalar(chain[index], port) for port in range(1, 5))
        return _quantization(low, high, real_low, real_high), chain[index + 1 :]
    zero_point = 0.0
    if index + 1 < len(chain) and chain[index].get_type_name() == "Subtract":
        offset = _one_value(chain[index])
        if offset is None or offset != round(offset):
            return None, chain
        zero_point, index = offset, index + 1
        if chain[index].get_type_name() != "Multiply":
            return None, chain
        scale = _one_value(chain[index])
        if scale is not None and scale > 0:
            return Quantization(scale=scale, zero_point=round(zero_point)), chain[index + 1 :]
    return None, chain


def _quantization(low: float | None, high: float | None, real_low: float | None, real_high: float | None
                  ) -> Quantization | None:  # fmt: skip
    """Scale and zero point that take integers ``low..high`` to ``real_low..real_high``."""
    if low is None or high is None or real_low is None or real_high is None or high <= low or real_high <= real_low:
        return None
    scale = (real_high - real_low) / (high - low)
    zero_point = low - real_low / scale
    whole = round(zero_point)
    return Quantization(scale=scale, zero_point=whole) if abs(zero_point - whole) < 0.01 else None


def _is_arithmetic(node: ov.Node) -> bool:
    return node.get_type_name() in _ARITHMETIC and node.get_output_element_type(0).is_real()


def _leaves_unchanged(node: ov.Node, values: NDArray[np.generic]) -> bool:
    """True for adding 0 and multiplying by 1, as exporters leave them behind."""
    return bool(np.all(values == (0 if node.get_type_name() in {"Add", "Subtract"} else 1)))


def _arithmetic_sentence(node: ov.Node, values: NDArray[np.generic]) -> str:
    shown = ", ".join(f"{float(value):g}" for value in values[:_SHOWN_VALUES])
    verb = _ARITHMETIC[node.get_type_name()].format(values=shown)
    return f"The graph {verb} ({node.get_type_name()} '{node.get_friendly_name()}')."


def _other_sentence(node: ov.Node) -> str | None:
    kind, name = node.get_type_name(), node.get_friendly_name()
    if kind == "Interpolate":
        return f"The graph resizes its input to {node.get_output_partial_shape(0)} (Interpolate '{name}')."
    if _reverses_channels(node):
        return f"The graph reverses the colour channels of its input ({kind} '{name}')."
    return None


def _reverses_channels(node: ov.Node) -> bool:
    """True for a Gather of indices 2, 1, 0, for a slice with step -1 and for a Concat of channels taken apart."""
    kind = node.get_type_name()
    if kind == "Gather":
        indices = _constant(node)
        return indices is not None and indices.tolist() == [2, 1, 0]
    if kind in {"StridedSlice", "Slice"}:
        steps = _values(node.input_value(3).get_node()) if node.get_input_size() > 3 else None
        return steps is not None and -1 in steps.tolist()
    if kind == "Concat":
        sources = [node.input_value(index) for index in range(node.get_input_size())]
        if all(source.get_node().get_type_name() in {"Split", "VariadicSplit"} for source in sources):
            return [source.get_index() for source in sources] == [2, 1, 0]
        starts = [_values(source.get_node().input_value(1).get_node()) for source in sources]
        picked = [max(start.tolist()) for start in starts if start is not None and start.size]
        return picked == [2, 1, 0]
    return False


def _constant(node: ov.Node) -> NDArray[np.generic] | None:
    """The constant that a node with two inputs combines its data with, flat; None where there is none."""
    return _values(node.input_value(1).get_node()) if node.get_input_size() > 1 else None


def _values(node: ov.Node) -> NDArray[np.generic] | None:
    while node.get_type_name() in _UNCHANGING:
        node = node.input_value(0).get_node()
    return np.asarray(node.get_data()).ravel() if node.get_type_name() == "Constant" else None


def _one_value(node: ov.Node) -> float | None:
    values = _constant(node)
    return float(values[0]) if values is not None and values.size == 1 else None


def _scalar(node: ov.Node, port: int) -> float | None:
    values = _values(node.input_value(port).get_node())
    return float(values[0]) if values is not None and values.size == 1 else None


def _quantizes(node: ov.Node) -> bool:
    """True where real numbers become integers, or are rounded as if they did."""
    becomes_integer = node.get_output_element_type(0).is_integral_number()
    return node.get_type_name() == "FakeQuantize" or (becomes_integer and node.get_input_element_type(0).is_real())
