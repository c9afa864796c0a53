"""What is asked of a graph: layout, outputs, kind of scores, weights, preprocessing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from model_specimens import CLASSES, SIDE, convolution_weights, scores_of, write_onnx
from onnx import TensorProto, helper

from accubench.errors import UnsupportedModelError, UsageError
from accubench.models import load_model
from accubench.models.openvino_runtime import load_openvino
from accubench.models.scores_output import scores_per_image
from accubench.models.shapes import image_layout
from accubench.records.model import ModelDescription, Quantization

FLOAT = TensorProto.FLOAT


def node(kind: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), output.split(), **attributes)


def array(*values: float, dtype: str = "float32") -> np.ndarray:
    return np.array(values, dtype)


def describe(folder: Path, **options: Any) -> ModelDescription:
    return load_model(write_onnx(folder, **options)).description


# --- kind of scores ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind", "words"),
    [
        ([node("Identity", "logits", "scores")], "logits", "MatMul"),
        ([node("Add", "logits bias", "scores")], "logits", "Add"),
        ([node("Softmax", "logits", "scores")], "probabilities", "ends in Softmax"),
        ([node("Sigmoid", "logits", "scores")], "probabilities", "each class for itself"),
        ([node("LogSoftmax", "logits", "scores")], "logits", "logarithms of probabilities"),
        ([node("Softmax", "logits", "p"), node("Log", "p", "scores")], "logits", "logarithms of probabilities"),
        ([node("Softmax", "logits", "p"), node("Reshape", "p shape", "scores")], "probabilities", "Softmax"),
        ([node("Softmax", "logits", "p"), node("QuantizeLinear", "p scale zero", "q"),
          node("DequantizeLinear", "q scale zero", "scores")], "probabilities", "Softmax"),
        ([node("Exp", "logits", "e"), node("ReduceSum", "e axes", "s", keepdims=1), node("Div", "e s", "scores")],
         "probabilities", "Divide"),
        ([node("Softmax", "logits", "p"), node("Mul", "p hundred", "scores")], "unknown", "after Softmax"),
        ([node("Softmax", "logits", "p"), node("Add", "p p", "scores")], "unknown", "after Softmax"),
        ([node("Mul", "logits hundred", "scores")], "logits", "Multiply"),
        ([node("Tanh", "logits", "scores")], "unknown", "Tanh"),
        ([node("Softmax", "logits", "scores", axis=0)], "unknown", "not over the classes"),
    ],
)  # fmt: skip
def test_the_graph_says_what_scores_are(tmp_path: Path, head: list[onnx.NodeProto], kind: str, words: str) -> None:
    constants = {
        "bias": np.ones(CLASSES, np.float32), "shape": np.array([-1, CLASSES]), "axes": np.array([1]),
        "hundred": np.float32(100), "scale": np.float32(1 / 256), "zero": np.uint8(0),
    }  # fmt: skip
    used = {name for one in head for name in one.input}
    description = describe(
        tmp_path, head=head, constants={key: np.asarray(value) for key, value in constants.items() if key in used}
    )
    assert (description.score_kind, description.class_count) == (kind, CLASSES)
    assert words in description.score_kind_reason


def test_features_that_are_averaged_last_are_logits(tmp_path: Path) -> None:
    head = [node("Conv", "active head_weights", "maps"), node("Relu", "maps", "positive"),
            node("GlobalAveragePool", "positive", "scores")]  # fmt: skip
    description = describe(
        tmp_path,
        head=head,
        constants={"head_weights": np.ones((7, 4, 1, 1), np.float32)},
        outputs=[("scores", FLOAT, ("batch", 7, 1, 1))],
    )
    assert (description.class_count, description.score_kind) == (7, "logits")
    assert description.scores.layout is None


# --- outputs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "scores"),
    [
        ((1, 10), 10), ((1, 10, 1, 1), 10), ((1, 1, 1, 10), 10), ((None, 10), 10), ((1, 1), 1), ((1, 1, 1, 1), 1),
        ((1, 3, 4), None), ((1, 21, 8, 8), None), ((10,), None), ((2, 10), None), ((1, None), None), (None, None),
        ((1, 1, 100, 7), None), ((1, 1, 1, 1, 10), None),
    ],
)  # fmt: skip
def test_rows_of_scores_are_told_from_maps_and_lists(shape: tuple[int | None, ...] | None, scores: int | None) -> None:
    assert scores_per_image(shape) == scores


@pytest.mark.parametrize("end", ["Sigmoid", "Identity"])
def test_one_sigmoid_output_stands_for_two_classes(tmp_path: Path, end: str) -> None:
    description = describe(
        tmp_path, classes=1, head=[node(end, "logits", "scores")], outputs=[("scores", FLOAT, ("batch", 1))]
    )
    assert (description.class_count, description.single_output) == (2, True)
    assert description.score_kind == ("probabilities" if end == "Sigmoid" else "logits")
    assert description.scores.shape == (1, 1)


TWO_OUTPUTS: Sequence[Any] = [("logits", FLOAT, ("batch", CLASSES)), ("scores", FLOAT, ("batch", CLASSES))]


def test_several_possible_outputs_are_listed_and_one_can_be_named(tmp_path: Path) -> None:
    path = write_onnx(tmp_path, outputs=TWO_OUTPUTS)
    with pytest.raises(UnsupportedModelError, match=r"'logits' \[1,5\] float32, 'scores'.*scores_output"):
        load_model(path)
    description = load_model(path, scores_output="logits").description
    assert (description.scores_output, description.score_kind, len(description.outputs)) == ("logits", "logits", 2)
    with pytest.raises(UsageError, match="no output 'nothing'"):
        load_model(path, scores_output="nothing")


def test_the_only_row_of_scores_among_several_outputs_is_chosen(tmp_path: Path) -> None:
    description = describe(
        tmp_path, outputs=[("active", FLOAT, ("batch", 4, 3, 3)), ("scores", FLOAT, ("batch", CLASSES))]
    )
    assert description.scores_output == "scores"
    path = tmp_path / "tiny.onnx"
    with pytest.raises(UnsupportedModelError, match="map"):
        load_model(path, scores_output="active")


@pytest.mark.parametrize(
    ("head", "output", "words"),
    [
        ([node("ArgMax", "logits", "scores", axis=1)], ("scores", TensorProto.INT64, ("batch", 1)), "class ids"),
        ([node("Identity", "active", "scores")], ("scores", FLOAT, ("batch", 4, 3, 3)), "map"),
        ([node("Reshape", "active rows", "scores")], ("scores", FLOAT, (1, 6, 6)), "detection"),
    ],
)
def test_outputs_that_are_no_class_scores_are_refused(
    tmp_path: Path, head: list[onnx.NodeProto], output: tuple[str, int, Sequence[int | str]], words: str
) -> None:
    path = write_onnx(tmp_path, head=head, outputs=[output], constants={"rows": np.array([1, 6, 6])})
    with pytest.raises(UnsupportedModelError, match=words):
        load_model(path)


def test_several_inputs_are_refused_with_their_names(tmp_path: Path) -> None:
    openvino = load_openvino()
    opset = openvino.opset13
    images = [opset.parameter([1, 3, 8, 8], openvino.Type.f32, name=name) for name in ("left", "right")]
    flat = opset.reshape(opset.add(*images), opset.constant([1, -1], openvino.Type.i64), special_zero=False)
    openvino.save_model(openvino.Model([flat], images, "pair"), tmp_path / "pair.xml")
    with pytest.raises(UnsupportedModelError, match=r"2 inputs \('left' \[1,3,8,8\], 'right'"):
        load_model(tmp_path / "pair.xml")


def test_ends_without_names_are_named(tmp_path: Path) -> None:
    openvino = load_openvino()
    opset = openvino.opset13
    image = opset.parameter([1, 3, 8, 8], openvino.Type.f32)
    axes = opset.constant([2, 3], openvino.Type.i64)
    openvino.save_model(openvino.Model([opset.reduce_mean(image, axes)], [image], "nameless"), tmp_path / "a.xml")
    loaded = load_model(tmp_path / "a.xml")
    assert scores_of(loaded).shape == (1, 3)


# --- inputs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((1, 3, 224, 224), "NCHW"), ((1, 224, 224, 3), "NHWC"), ((1, 1, 28, 28), "NCHW"), ((None, 28, 28, 1), "NHWC"),
        ((1, 3, None, None), "NCHW"), ((1, None, None, 3), "NHWC"), ((1, 4, 64, 64), "NCHW"),
    ],
)  # fmt: skip
def test_the_layout_follows_from_where_the_channels_are(shape: tuple[int | None, ...], layout: str) -> None:
    assert image_layout(Path("a"), shape, None) == layout


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 3, 3, 3), "both possible"), ((1, 3, 224, 1), "both possible"), ((1, None, None, None), "no axis"),
        ((1, 17, 32, 32), "no axis"), ((1, 784), "four axes"), (None, "open number of axes"),
    ],
)  # fmt: skip
def test_an_ambiguous_layout_is_never_guessed(shape: tuple[int | None, ...] | None, words: str) -> None:
    with pytest.raises(UnsupportedModelError, match=words):
        image_layout(Path("a"), shape, None)


def test_a_stated_layout_that_the_shape_contradicts_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="224 channels"):
        image_layout(Path("a"), (1, 224, 224, 3), "NCHW")


def test_one_channel_inputs_work(tmp_path: Path) -> None:
    description = describe(tmp_path, shape=(1, 1, SIDE, SIDE))
    assert (description.input.channels, description.input.layout) == (1, "NCHW")


OPEN = ("batch", 3, "height", "width")


def test_open_sizes_stay_open_until_something_says_them(tmp_path: Path) -> None:
    path = write_onnx(tmp_path, shape=OPEN)
    description = load_model(path).description
    assert (description.input.shape, description.input.size_hw) == ((1, 3, None, None), None)
    assert description.class_count == CLASSES
    assert load_model(path, input_size_hw=(10, 12)).description.input.size_hw == (10, 12)


def test_open_sizes_are_filled_from_metadata_unless_the_caller_says_more(tmp_path: Path) -> None:
    path = write_onnx(tmp_path, shape=OPEN, metadata={"input_size": "[16, 18]"})
    assert load_model(path).description.input.size_hw == (16, 18)
    assert load_model(path, input_size_hw=(10, 12)).description.input.size_hw == (10, 12)


def test_a_size_that_contradicts_a_fixed_one_is_a_usage_error(tmp_path: Path) -> None:
    path = write_onnx(tmp_path)
    assert load_model(path, input_size_hw=(SIDE, SIDE)).description.input.size_hw == (SIDE, SIDE)
    with pytest.raises(UsageError, match="fixed"):
        load_model(path, input_size_hw=(224, 224))


def test_a_size_that_the_network_cannot_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="cannot take"):
        load_model(write_onnx(tmp_path, shape=OPEN), input_size_hw=(1, 1))


def test_a_fixed_batch_becomes_one(tmp_path: Path) -> None:
    description = describe(tmp_path, shape=(8, 3, SIDE, SIDE), outputs=[("scores", FLOAT, (8, CLASSES))])
    assert description.input.shape[0] == 1
    assert description.scores.shape == (1, CLASSES)


def test_a_batch_that_the_graph_insists_on_is_refused(tmp_path: Path) -> None:
    path = write_onnx(
        tmp_path,
        shape=(8, 3, SIDE, SIDE),
        head=[node("Reshape", "logits shape", "scores")],
        constants={"shape": np.array([8, CLASSES])},
        outputs=[("scores", FLOAT, (8, CLASSES))],
    )
    with pytest.raises(UnsupportedModelError, match="batch"):
        load_model(path)


# --- weights ----------------------------------------------------------------------------------------


def test_biases_count_and_scalars_and_shapes_do_not(tmp_path: Path) -> None:
    head = [node("Add", "logits bias", "a"), node("Mul", "a half", "b"), node("Reshape", "b shape", "scores")]
    constants = {"bias": np.ones(CLASSES, np.float32), "half": array(0.5), "shape": np.array([-1, CLASSES])}
    description = describe(tmp_path, head=head, constants=constants)
    assert description.weight_precisions == {"float32": 4 * 3 * 9 + 4 * CLASSES + CLASSES}
    assert description.parameters == sum(description.weight_precisions.values())


def test_quantized_weights_count_as_stored_without_their_scales(tmp_path: Path) -> None:
    head = [
        node("DequantizeLinear", "stored scales zeros", "weights", axis=1),
        node("MatMul", "flat weights", "scores"),
    ]
    constants = {
        "stored": np.arange(20, dtype=np.int8).reshape(4, CLASSES),
        "scales": np.full(CLASSES, 0.1, np.float32),
        "zeros": np.zeros(CLASSES, np.int8),
    }
    description = describe(tmp_path, head=head, constants=constants)
    assert description.weight_precisions["int8"] == 20
    assert description.weight_precisions["float32"] in {4 * 3 * 9, 4 * 3 * 9 + 20}  # the unused MatMul may be dropped


# --- preprocessing in the graph ---------------------------------------------------------------------


def preprocessing_of(folder: Path, first: list[onnx.NodeProto], **options: Any) -> tuple[str, ...]:
    return describe(folder, first=first, **options).preprocessing_in_graph


def test_normalization_by_channel_is_found_and_is_no_weight(tmp_path: Path) -> None:
    description = describe(
        tmp_path,
        first=[node("Sub", "image mean", "centred"), node("Div", "centred scale", "pixels")],
        constants={"mean": array(104, 117, 123).reshape(1, 3, 1, 1), "scale": array(1, 2, 4).reshape(1, 3, 1, 1)},
    )
    assert len(description.preprocessing_in_graph) == 2
    assert "subtracts 104, 117, 123 from its input" in description.preprocessing_in_graph[0]
    assert "its input by" in description.preprocessing_in_graph[1]
    assert description.parameters == 4 * 3 * 9 + 4 * CLASSES


@pytest.mark.parametrize("input_type", [FLOAT, TensorProto.UINT8])
def test_scaling_by_one_number_is_found(tmp_path: Path, input_type: int) -> None:
    first = [node("Cast", "image", "real", to=FLOAT), node("Mul", "real factor", "pixels")]
    (sentence,) = preprocessing_of(tmp_path, first, constants={"factor": array(0.0078125)}, input_type=input_type)
    assert "multiplies its input by 0.0078125" in sentence


def test_scaling_of_images_with_channels_last_is_found(tmp_path: Path) -> None:
    first = [
        node("Transpose", "image", "planes", perm=[0, 3, 1, 2]),
        node("Cast", "planes", "real", to=FLOAT),
        node("Div", "real factor", "pixels"),
    ]
    (sentence,) = preprocessing_of(
        tmp_path,
        first,
        shape=(1, SIDE, SIDE, 3),
        constants={"factor": array(255), "conv_weights": convolution_weights()},
        input_type=TensorProto.UINT8,
    )
    assert "its input by" in sentence


def test_a_resize_is_found(tmp_path: Path) -> None:
    resize = helper.make_node("Resize", ["image", "", "scales"], ["pixels"], mode="linear")
    (sentence,) = preprocessing_of(tmp_path, [resize], constants={"scales": array(1, 1, 2, 2)})
    assert "resizes its input to [1,3,16,16]" in sentence


@pytest.mark.parametrize("way", ["gather", "split", "slice"])
def test_a_swap_of_channels_is_found(tmp_path: Path, way: str) -> None:
    ways = {
        "gather": ([node("Gather", "image order", "pixels", axis=1)], {"order": np.array([2, 1, 0])}),
        "split": ([node("Split", "image", "r g b", axis=1), node("Concat", "b g r", "pixels", axis=1)], {}),
        "slice": (
            [node("Slice", "image start end axis step", "pixels")],
            {"start": np.array([-1]), "end": np.array([-(2**31)]), "axis": np.array([1]), "step": np.array([-1])},
        ),
    }
    first, constants = ways[way]
    (sentence,) = preprocessing_of(tmp_path, first, constants=constants)
    assert "reverses the colour channels" in sentence


def test_openvinos_own_preprocessing_is_found(tmp_path: Path) -> None:
    openvino = load_openvino()
    model = openvino.Core().read_model(write_onnx(tmp_path, shape=(1, 3, SIDE, SIDE)))
    steps = openvino.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    steps.input().tensor().set_spatial_static_shape(20, 30)
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    preprocess = steps.input().preprocess().convert_element_type(openvino.Type.f32)
    preprocess.resize(openvino.preprocess.ResizeAlgorithm.RESIZE_LINEAR).mean([1, 2, 3]).scale([4, 5, 6])
    openvino.save_model(steps.build(), tmp_path / "steps.xml", compress_to_fp16=False)
    description = load_model(tmp_path / "steps.xml").description
    assert (description.input.layout, description.input.dtype, description.input.size_hw) == ("NHWC", "uint8", (20, 30))
    text = " ".join(description.preprocessing_in_graph)
    assert all(words in text for words in ("resizes its input to [1,8,8,3]", "subtracts 1, 2, 3", "multiplies"))
    assert description.input.quantization is None


def test_quantizing_and_dequantizing_is_no_preprocessing(tmp_path: Path) -> None:
    first = [node("QuantizeLinear", "image scale zero", "q"), node("DequantizeLinear", "q scale zero", "pixels")]
    constants = {"scale": array(0.0078125), "zero": array(128, dtype="uint8")}
    assert preprocessing_of(tmp_path, first, constants=constants) == ()


def test_dequantizing_an_integer_input_is_its_meaning(tmp_path: Path) -> None:
    description = describe(
        tmp_path,
        first=[node("DequantizeLinear", "image scale zero", "pixels")],
        constants={"scale": array(0.0078125), "zero": array(128, dtype="uint8")},
        input_type=TensorProto.UINT8,
    )
    assert description.preprocessing_in_graph == ()
    assert description.input.quantization == Quantization(scale=0.0078125, zero_point=128)


def test_a_batch_normalization_of_the_input_is_no_preprocessing(tmp_path: Path) -> None:
    first = [node("BatchNormalization", "image gamma beta mean variance", "pixels")]
    constants = {name: array(1, 2, 3) for name in ("gamma", "beta", "mean", "variance")}
    description = describe(tmp_path, first=first, constants=constants)
    assert description.preprocessing_in_graph == ()
    assert description.parameters == 4 * 3 * 9 + 4 * CLASSES + 12


def test_what_follows_the_first_convolution_is_no_preprocessing(tmp_path: Path) -> None:
    head = [node("Sub", "logits half", "a"), node("Softmax", "a", "scores")]
    assert describe(tmp_path, head=head, constants={"half": array(0.5)}).preprocessing_in_graph == ()


def test_integer_outputs_mean_what_their_quantization_says(tmp_path: Path) -> None:
    description = describe(
        tmp_path,
        head=[node("Softmax", "logits", "p"), node("QuantizeLinear", "p scale zero", "scores")],
        constants={"scale": array(1 / 256), "zero": array(0, dtype="uint8")},
        outputs=[("scores", TensorProto.UINT8, ("batch", CLASSES))],
    )
    assert description.score_kind == "probabilities"
    assert description.scores.quantization is not None
    assert description.scores.quantization.scale == pytest.approx(1 / 256)
    assert description.scores.quantization.zero_point == 0
