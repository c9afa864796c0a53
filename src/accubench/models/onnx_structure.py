"""What OpenVINO's reader of ONNX takes on trust: that every operation has the inputs which it needs."""

from __future__ import annotations

from collections.abc import Iterator

from accubench.models.protobuf_wire import LENGTH, WireError, wire_fields

__all__ = ["FEWEST_INPUTS", "check_inputs"]

# Field numbers of onnx.proto3.
_MODEL_GRAPH, _MODEL_FUNCTION = 7, 25
_GRAPH_NODE, _FUNCTION_NODE = 1, 7
_NODE_INPUT, _NODE_NAME, _NODE_OPERATION, _NODE_ATTRIBUTE, _NODE_DOMAIN = 1, 3, 4, 5, 7
_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS = 6, 11
_OWN_DOMAINS = {"", "ai.onnx"}

_BY_NUMBER = {
    0: "Constant Optional OptionalHasElement RandomNormal RandomUniform SequenceEmpty",
    2: """Add AffineGrid And BitShift BitwiseAnd BitwiseOr BitwiseXor CastLike CausalConvWithState CenterCropPad
        Compress Conv ConvInteger ConvTranspose CumProd CumSum DequantizeLinear Div Equal Expand Gather GatherElements
        GatherND Gemm Greater GreaterOrEqual GridSample LayerNormalization Less LessOrEqual Loop MatMul MatMulInteger
        MaxRoiPool MaxUnpool Mod Mul NegativeLogLikelihoodLoss NonMaxSuppression Or PRelu Pow QuantizeLinear
        RMSNormalization ReverseSequence STFT SequenceAt SequenceInsert SoftmaxCrossEntropyLoss StringConcat Sub SwiGLU
        TensorScatter Tile Xor""",
    3: """Attention Col2Im DeformConv GRU GroupNormalization InstanceNormalization LSTM LinearAttention OneHot RNN Range
        RoiAlign RotaryEmbedding Scatter ScatterElements ScatterND Where""",
    5: "BatchNormalization MelWeightMatrix",
    8: "QLinearConv QLinearMatMul",
}
FEWEST_INPUTS = {operation: number for number, names in _BY_NUMBER.items() for operation in names.split()}
"""By operation, over all versions of the operator set; all others need one.

https://github.com/onnx/onnx/blob/main/docs/Operators.md
"""


def check_inputs(model: memoryview) -> None:
    """See that no operation lacks inputs, in the graph, in graphs within it, and in functions.

    Args:
        model: The content of the file, a ModelProto.

    Raises:
        WireError: One does; or a message is damaged.
    """
    for node in _nodes(model):
        inputs = 0
        texts = {_NODE_NAME: "", _NODE_OPERATION: "", _NODE_DOMAIN: ""}
        for field in wire_fields(node):
            if field.number == _NODE_INPUT:
                inputs += 1
            elif field.number in texts and field.wire_type == LENGTH:
                texts[field.number] = field.text
        operation = texts[_NODE_OPERATION]
        needed = FEWEST_INPUTS.get(operation, 1)
        if operation and texts[_NODE_DOMAIN] in _OWN_DOMAINS and inputs < needed:
            name = texts[_NODE_NAME]
            raise WireError(f"the operation {operation} '{name}' has {inputs} of the {needed} inputs that it needs")


def _nodes(model: memoryview) -> Iterator[memoryview]:
    """Every operation, however deep its graph lies within others."""
    waiting = [
        (field.content, _GRAPH_NODE if field.number == _MODEL_GRAPH else _FUNCTION_NODE)
        for field in wire_fields(model)
        if field.wire_type == LENGTH and field.number in {_MODEL_GRAPH, _MODEL_FUNCTION}
    ]
    while waiting:
        graph, number = waiting.pop()
        for field in wire_fields(graph):
            if field.number != number or field.wire_type != LENGTH:
                continue
            yield field.content
            waiting += ((inner, _GRAPH_NODE) for inner in _graphs_of(field.content))


def _graphs_of(node: memoryview) -> Iterator[memoryview]:
    for attribute in wire_fields(node):
        if attribute.number == _NODE_ATTRIBUTE and attribute.wire_type == LENGTH:
            for field in wire_fields(attribute.content):
                if field.number in {_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS} and field.wire_type == LENGTH:
                    yield field.content
