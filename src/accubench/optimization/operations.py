"""Which operations of a network take quantised inputs, and which could."""

from __future__ import annotations

from typing import Any

__all__ = ["count_quantized_operations", "operation_names", "quantized_operations"]

_NO_OPERATIONS = {"Constant", "Convert", "Parameter", "Result", "ShapeOf", "FakeQuantize"}
_PASSING_ON = {
    "BatchToSpace", "Concat", "DepthToSpace", "Gather", "MaxPool", "Pad", "Reshape", "ShuffleChannels", "Slice",
    "SpaceToBatch", "SpaceToDepth", "Split", "Squeeze", "StridedSlice", "Tile", "Transpose", "Unsqueeze",
    "VariadicSplit",
}  # fmt: skip
"""Operations that move values and compute nothing: quantised values stay quantised through them."""


def count_quantized_operations(network: Any) -> int:
    """The number of operations, such as convolutions and matrix products, that take quantised inputs.

    Args:
        network: An `openvino.Model`.
    """
    return len(quantized_operations(network))


def quantized_operations(network: Any) -> tuple[str, ...]:
    """Friendly names of the operations that take quantised inputs, in the order of the graph.

    An input is quantised where it comes from a FakeQuantize, directly or through operations that only move values.
    Weights do not count: an operation with INT8 weights and floating-point images computes in floating point.
    """
    carrying: set[str] = set()
    names: list[str] = []
    for node in network.get_ordered_ops():
        kind, name = node.get_type_name(), node.get_friendly_name()
        if kind == "FakeQuantize":
            if not _is_of_weights(node):
                carrying.add(name)
        elif kind not in _NO_OPERATIONS and _sources(node) & carrying:
            if kind in _PASSING_ON:
                carrying.add(name)
            else:
                names.append(name)
    return tuple(names)


def operation_names(network: Any) -> tuple[str, ...]:
    """Friendly names of the operations that compute or move something, in the order of the graph."""
    return tuple(
        node.get_friendly_name() for node in network.get_ordered_ops() if node.get_type_name() not in _NO_OPERATIONS
    )


def _is_of_weights(quantizer: Any) -> bool:
    """True where a FakeQuantize has no image behind it: its value is a constant, or a constant in another type."""
    node = quantizer.input_value(0).get_node()
    while node.get_type_name() in {"Convert", "Reshape", "Transpose"}:
        node = node.input_value(0).get_node()
    return node.get_type_name() == "Constant"


def _sources(node: Any) -> set[str]:
    return {source.get_node().get_friendly_name() for source in node.input_values()}
