"""Models that already contain their preprocessing, each made by the tool that people use for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from model_specimens import CLASSES, FIXTURES, SIDE, unpacked, write_ir, write_onnx
from onnx import TensorProto, helper

from accubench.configuration import infer_configuration
from accubench.models import load_model
from accubench.models.openvino_runtime import load_openvino
from accubench.records.accuracy_configuration import NormalizeStep

STATED = {"do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}


def onnx_of_floats(folder: Path) -> None:
    first = [helper.make_node("Sub", ["image", "m"], ["c"]), helper.make_node("Div", ["c", "s"], ["pixels"])]
    constants = {"m": np.float32([[[104]], [[117]], [[123]]]), "s": np.float32(58)}
    write_onnx(folder, first=first, constants=constants)


def onnx_of_integers(folder: Path) -> None:
    first = [
        helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["planes"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["real", "m"], ["centred"]),
        helper.make_node("Div", ["centred", "s"], ["pixels"]),
    ]
    constants = {"m": np.float32([[[123.7]], [[116.3]], [[103.5]]]), "s": np.float32([[[58.4]], [[57.1]], [[57.4]]])}
    weights = {"conv_weights": np.full((4, 3, 3, 3), 0.01, np.float32)}
    shape = (1, SIDE, SIDE, 3)
    write_onnx(folder, first=first, constants={**constants, **weights}, input_type=TensorProto.UINT8, shape=shape)


def ir_of_a_pre_post_processor(folder: Path) -> None:
    """uint8 images, channels last, of another size: resized, reversed and normalised in the graph.

    OpenVINO turns the reversal into one of the mean and of the first layer's weights.
    """
    openvino = load_openvino()
    path = write_ir(folder, name="plain.xml")
    built = openvino.preprocess.PrePostProcessor(openvino.Core().read_model(path))
    image = built.input()
    image.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC")).set_shape([1, 16, 16, 3])
    image.model().set_layout(openvino.Layout("NCHW"))
    steps = image.preprocess().convert_element_type(openvino.Type.f32)
    steps.resize(openvino.preprocess.ResizeAlgorithm.RESIZE_LINEAR).reverse_channels()
    steps.mean([123.7, 116.3, 103.5]).scale([58.4, 57.1, 57.4])
    openvino.save_model(built.build(), folder / "processed.xml", compress_to_fp16=False)
    path.unlink()
    path.with_suffix(".bin").unlink()


def tflite(name: str) -> Callable[[Path], None]:
    return lambda folder: shutil.copy(FIXTURES / f"tiny_{name}.tflite", folder)


MODELS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "onnx_float": (onnx_of_floats, ("subtracts 104, 117, 123", "divides its input by 58")),
    "onnx_uint8": (onnx_of_integers, ("subtracts 123.7, 116.3, 103.5", "its input by")),
    "ir_uint8": (
        ir_of_a_pre_post_processor,
        (
            f"resizes its input to [1,{SIDE},{SIDE},3]",
            "subtracts 103.5, 116.3, 123.7",
            "its input by",
        ),
    ),
    "tflite_normalization": (tflite("normalization"), ("120, 110, 100", "its input by")),
    "savedmodel_rescaling": (unpacked("keras_rescaling"), ("multiplies its input by 0.00784314", "adds -1")),
    "savedmodel_normalization": (
        unpacked("keras_normalization"),
        ("subtracts 120, 110, 100", "divides its input by 60"),
    ),
}


@pytest.fixture(params=MODELS)
def case(request: pytest.FixtureRequest) -> str:
    return request.param


def test_what_the_graph_does_to_pixels_is_said_and_not_done_before_it(tmp_path: Path, case: str) -> None:
    write, words = MODELS[case]
    write(tmp_path)
    description = load_model(tmp_path).description
    text = " ".join(description.preprocessing_in_graph)
    assert all(each in text for each in words), text
    assert description.normalization_in_graph
    assert description.notes == ()
    assert description.class_count == CLASSES
    steps = infer_configuration(description).configuration.preprocessing
    assert not any(isinstance(step, NormalizeStep) for step in steps)


def test_metadata_that_normalises_what_the_graph_normalises_is_warned_of(tmp_path: Path, case: str) -> None:
    write, _ = MODELS[case]
    write(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(STATED))
    description = load_model(tmp_path).description
    (note,) = description.notes
    assert note.startswith("Both the model's graph and its metadata normalise. The graph ")
    assert "preprocessor_config.json 'image_mean'" in note
    steps = infer_configuration(description).configuration.preprocessing
    assert not any(isinstance(step, NormalizeStep) for step in steps)


def test_arithmetic_that_changes_nothing_is_no_preprocessing(tmp_path: Path) -> None:
    first = [helper.make_node("Add", ["image", "zero"], ["a"]), helper.make_node("Mul", ["a", "one"], ["pixels"])]
    write_onnx(tmp_path, first=first, constants={"zero": np.float32(0), "one": np.float32(1)})
    assert load_model(tmp_path).description.preprocessing_in_graph == ()


def test_metadata_of_pixels_as_they_are_is_no_second_normalization(tmp_path: Path) -> None:
    onnx_of_floats(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text('{"do_rescale": false, "do_normalize": false}')
    assert load_model(tmp_path).description.notes == ()


def test_a_scaling_that_a_converter_folded_into_the_weights_cannot_be_seen() -> None:
    # TensorFlow Lite's converter makes Rescaling a part of the convolution; documented in docs/model-formats.md.
    assert load_model(FIXTURES / "tiny_rescaling.tflite").description.preprocessing_in_graph == ()


@pytest.mark.parametrize("name", ["tiny_rescaling.tflite", "tiny_normalization.tflite"])
def test_scores_behind_layers_of_preprocessing_are_those_of_tensorflow_lite(name: str) -> None:
    expected = np.load(FIXTURES / "savedmodel_scores.npz")
    loaded = load_model(FIXTURES / name)
    compiled = load_openvino().Core().compile_model(loaded.model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for image, scores in zip(expected["images"], expected[name], strict=True):
        found = compiled(image[None].astype(np.float32))[loaded.description.scores_output][0]
        np.testing.assert_allclose(found, scores, rtol=1e-5, atol=1e-6)
