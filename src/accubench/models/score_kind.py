"""Whether scores are logits or probabilities: the graph is asked, from its end backwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from accubench.records.model import ScoreKind

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["ScoreKindFound", "find_score_kind"]

_SAME_VALUES = {
    "Result", "Convert", "ConvertLike", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "FakeQuantize", "FakeConvert",
    "Identity",
}  # fmt: skip
_WEIGHTED = {"MatMul", "Convolution", "GroupConvolution", "Einsum"}
_AFTER_WEIGHTS = {
    "Add", "Subtract", "Multiply", "Divide", "ReduceMean", "ReduceSum", "ReduceMax", "AvgPool", "AdaptiveAvgPool",
    "AdaptiveMaxPool", "MaxPool", "Relu", "PRelu", "Elu", "Clamp", "BatchNormInference", "Squeeze", "Dropout",
}  # fmt: skip
_PROBABILITY = {"Softmax", "Sigmoid"}
_MOST_STEPS = 200
_DEQUANTIZING = {"Multiply", "Subtract"}


class ScoreKindFound(NamedTuple):
    """The answer and, as a sentence, the reason."""

    kind: ScoreKind
    reason: str


def find_score_kind(end: ov.Output, scores: int) -> ScoreKindFound:
    """Ask the graph whether an output holds logits or probabilities.

    The walk goes back from the output over everything that leaves values as they are (shapes, types, quantisation)
    to the operation that made them.

    Args:
        end: The output that holds class scores.
        scores: Numbers per image.

    Returns:
        ``probabilities`` after Softmax or Sigmoid, ``logits`` after a layer with weights or LogSoftmax, else
        ``unknown``: then the numbers decide.
    """
    node = _maker(end.get_node())
    kind, name = node.get_type_name(), node.get_friendly_name()
    if kind == "Softmax":
        if not _is_over_classes(node, scores):
            return ScoreKindFound("unknown", f"the graph ends in Softmax '{name}', but not over the classes")
        return ScoreKindFound("probabilities", f"the graph ends in Softmax '{name}'")
    if _is_written_out_softmax(node):
        return ScoreKindFound("probabilities", f"the graph ends in {kind} '{name}', a softmax written out")
    if kind == "Sigmoid":
        each = "" if scores == 1 else ", each class for itself: the scores of an image need not add up to 1"
        return ScoreKindFound("probabilities", f"the graph ends in Sigmoid '{name}'{each}")
    if kind == "LogSoftmax" or (kind == "Log" and _maker(_input(node)).get_type_name() == "Softmax"):
        return ScoreKindFound(
            "logits",
            f"the graph ends in {kind} '{name}': logarithms of probabilities, whose softmax is the probabilities",
        )
    return _after_weights(node)


def _maker(node: ov.Node) -> ov.Node:
    """The nearest node backwards that changes values."""
    for _ in range(_MOST_STEPS):
        if node.get_type_name() not in _SAME_VALUES and not _dequantizes(node):
            break
        node = _input(node)
    return node


def _dequantizes(node: ov.Node) -> bool:
    """True for the Subtract and Multiply by constants that follow integers turned into floating point."""
    for _ in range(2):
        if node.get_type_name() not in _DEQUANTIZING or not _is_constant(node.input_value(1).get_node()):
            return False
        node = _input(node)
        if node.get_type_name() == "Convert":
            return node.get_input_element_type(0).is_integral_number()
    return False


def _after_weights(node: ov.Node) -> ScoreKindFound:
    """Logits where, back to the layers with weights, nothing makes probabilities."""
    kind, name = node.get_type_name(), node.get_friendly_name()
    waiting, seen, weighted = [node], {name}, False
    while waiting:
        one = waiting.pop()
        type_name = one.get_type_name()
        if type_name in _PROBABILITY:
            reason = f"the graph ends in {kind} '{name}' after {type_name} '{one.get_friendly_name()}'"
            return ScoreKindFound("unknown", f"{reason}; the numbers decide")
        if type_name in _WEIGHTED:
            weighted = True
            continue
        if type_name not in _AFTER_WEIGHTS | _SAME_VALUES or len(seen) > _MOST_STEPS:
            return ScoreKindFound("unknown", f"the graph ends in {kind} '{name}'; the numbers decide")
        for source in _data_inputs(one):
            if source.get_friendly_name() not in seen:
                seen.add(source.get_friendly_name())
                waiting.append(source)
    if not weighted:
        return ScoreKindFound("unknown", f"the graph ends in {kind} '{name}'; the numbers decide")
    return ScoreKindFound("logits", f"the graph ends in {kind} '{name}', without Softmax or Sigmoid")


def _data_inputs(node: ov.Node) -> Iterator[ov.Node]:
    """The inputs of a node that depend on the image; only Add and its like have more than one."""
    count = node.get_input_size() if node.get_type_name() in {"Add", "Subtract", "Multiply", "Divide"} else 1
    for index in range(count):
        source = node.input_value(index).get_node()
        if not _is_constant(source):
            yield source


def _is_constant(node: ov.Node) -> bool:
    """True for a constant, also behind a conversion or a change of its shape."""
    for _ in range(_MOST_STEPS):
        if node.get_type_name() == "Constant":
            return True
        if node.get_type_name() not in _SAME_VALUES:
            return False
        node = _input(node)
    return False


def _is_written_out_softmax(node: ov.Node) -> bool:
    """Exp(x) / ReduceSum(Exp(x)), as some exporters write it."""
    if node.get_type_name() != "Divide" or _input(node).get_type_name() != "Exp":
        return False
    total = node.input_value(1).get_node()
    return (
        total.get_type_name() == "ReduceSum" and _input(total).get_friendly_name() == _input(node).get_friendly_name()
    )


def _is_over_classes(node: ov.Node, scores: int) -> bool:
    shape = node.get_output_partial_shape(0)
    axis = node.get_attributes().get("axis", -1)
    if shape.rank.is_dynamic:
        return True
    size = shape[axis % len(shape)]
    return size.is_dynamic or size.get_length() == scores


def _input(node: ov.Node) -> ov.Node:
    return node.input_value(0).get_node()
