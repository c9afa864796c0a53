"""Real models tell the truth that their publishers document."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from model_specimens import scores_of

from accubench.models import load_model

pytestmark = pytest.mark.real_data


@pytest.mark.parametrize("file", ["squeezenet1.1.onnx", "squeezenet_v1.1.prototxt", "squeezenet_v1.1.caffemodel"])
def test_squeezenet_is_described(real_data: Path, file: str) -> None:
    description = load_model(real_data / "models/squeezenet1.1" / file).description
    assert (description.input.name, description.input.layout, description.input.shape) == (
        "data",
        "NCHW",
        (1, 3, 227, 227),
    )
    assert description.class_count == 1000
    assert (description.score_kind, description.score_kind_reason) == (
        "probabilities",
        "the graph ends in Softmax 'prob'",
    )
    assert description.parameters == 1_235_496  # the count that its authors publish
    assert description.weight_precisions == {"float32": 1_235_496}
    assert not description.background_class
    assert description.preprocessing_in_graph == ()


def test_squeezenet_gives_the_same_scores_from_caffe_and_onnx(real_data: Path) -> None:
    folder = real_data / "models/squeezenet1.1"
    ours = scores_of(load_model(folder / "squeezenet_v1.1.prototxt")).reshape(-1)
    theirs = scores_of(load_model(folder / "squeezenet1.1.onnx")).reshape(-1)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(("file", "side"), [("mobilenet_v1_0.25_128_quant", 128), ("mobilenet_v2_1.0_224_quant", 224)])
def test_quantized_mobilenets_are_described(real_data: Path, file: str, side: int) -> None:
    description = load_model(real_data / f"models/coral/{file}.tflite").description
    image, scores = description.input, description.scores
    assert (image.layout, image.dtype, image.size_hw) == ("NHWC", "uint8", (side, side))
    assert image.quantization is not None
    assert (image.quantization.scale, image.quantization.zero_point) == (1 / 128, 128)
    assert (scores.dtype, description.class_count) == ("uint8", 1001)
    assert scores.quantization is not None
    assert (scores.quantization.scale, scores.quantization.zero_point) == (1 / 256, 0)
    assert description.score_kind == "probabilities"
    assert description.background_class
    assert description.class_names is not None
    published = (real_data / "models/coral/imagenet_1001_labels.txt").read_text().splitlines()
    assert [name.strip() for name in description.class_names.names] == [name.strip() for name in published]
    assert (description.metadata.mean, description.metadata.scale, description.metadata.color) == (
        (127.5,),
        (127.5,),
        "RGB",
    )
    assert description.preprocessing_in_graph == ()
    assert description.weight_precisions["uint8"] > 0.9 * description.parameters


def test_resnet8_is_described(real_data: Path) -> None:
    description = load_model(real_data / "models/mlperf_tiny").description
    assert (description.input.layout, description.input.dtype, description.input.size_hw) == (
        "NHWC",
        "float32",
        (32, 32),
    )
    assert description.class_count == 10
    assert description.score_kind == "probabilities"
    assert description.class_names is None
    assert description.metadata.origins == {}
