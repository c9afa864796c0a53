"""Counting a model's weights by the element type in which they are stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from accubench.models.shapes import dtype_name

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["count_weights"]

_LAYERS = {
    "Convolution", "GroupConvolution", "ConvolutionBackpropData", "GroupConvolutionBackpropData", "BinaryConvolution",
    "DeformableConvolution", "MatMul", "Einsum", "PRelu", "BatchNormInference", "Gather", "GroupNormalization",
    "LSTMSequence", "GRUSequence", "RNNSequence", "LSTMCell", "GRUCell", "RNNCell", "NormalizeL2", "MVN",
}  # fmt: skip
_ARITHMETIC = {"Add", "Subtract", "Multiply", "Divide"}
_THROUGH = {"Convert", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Broadcast", "FakeQuantize", "FakeConvert"}
_STORED = {
    "float64", "float32", "float16", "bfloat16", "int8", "uint8", "int4", "uint4", "int2", "uint2", "uint1", "nf4",
    "f8e4m3", "f8e5m2", "f4e2m1",
}  # fmt: skip


def count_weights(model: ov.Model, *, without: AbstractSet[str] = frozenset()) -> dict[str, int]:
    """Number of weights by stored element type, e.g. ``{"float32": 1235496}``, the most frequent first.

    A weight is an element of a constant that meets data of the image in a layer with weights (convolution, matrix
    product, batch normalisation and so on) or, where it has more than one element, in an addition or multiplication
    (biases, scales).
    Constants are counted once, in the type in which they are stored: 8-bit weights that the graph turns back into
    floating point count as 8-bit, and the scales and zero points that it needs for that do not count.

    Args:
        model: The network.
        without: Names of nodes whose constants are no weights, such as preprocessing.
    """
    varying = _nodes_with_image_data(model)
    counting = varying - without
    counted: dict[str, tuple[str, int]] = {}
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind not in _LAYERS | _ARITHMETIC or node.get_friendly_name() not in counting:
            continue
        for index in range(node.get_input_size()):
            source = node.input_value(index).get_node()
            constant = None if source.get_friendly_name() in varying else _stored_constant(source)
            if constant is None:
                continue
            dtype, size = dtype_name(constant.get_output_element_type(0)), _size(constant)
            if dtype in _STORED and (size > 1 or kind in _LAYERS):
                counted[constant.get_friendly_name()] = (dtype, size)
    totals: Counter[str] = Counter()
    for dtype, size in counted.values():
        totals[dtype] += size
    return dict(totals.most_common())


def _nodes_with_image_data(model: ov.Model) -> set[str]:
    """Names of all nodes whose values depend on the image; shapes alone do not count as data."""
    names: set[str] = set()
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind in {"ShapeOf", "Constant"}:
            continue
        sources = (node.input_value(index).get_node().get_friendly_name() for index in range(node.get_input_size()))
        if kind == "Parameter" or any(source in names for source in sources):
            names.add(node.get_friendly_name())
    return names


def _stored_constant(node: ov.Node) -> ov.Node | None:
    """The constant that a value without image data is made of; of several, the largest: the others scale it."""
    kind = node.get_type_name()
    if kind == "Constant":
        return node
    if kind in _THROUGH:
        return _stored_constant(node.input_value(0).get_node())
    if kind in _ARITHMETIC:
        sides = (_stored_constant(node.input_value(index).get_node()) for index in range(2))
        return max((side for side in sides if side is not None), key=_size, default=None)
    return None


def _size(constant: ov.Node) -> int:
    size = 1
    for length in constant.get_output_shape(0):
        size *= length
    return size
