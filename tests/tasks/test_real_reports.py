"""The numbers that must come out on real models and images, right to the image."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from accubench import Workspace

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    with Workspace(tmp_path_factory.mktemp("real")) as opened:
        yield opened


def right_of(report):
    return [top.right for top in report.summary.top_k]


@pytest.fixture(scope="module")
def squeezenets(workspace, real_data):
    folder = real_data / "models" / "squeezenet1.1"
    dataset = real_data / "imagenet-500"
    config = EXAMPLES / "tutorial.yaml"
    caffe = workspace.evaluate(folder / "squeezenet_v1.1.prototxt", dataset, config=config)
    onnx = workspace.evaluate(folder / "squeezenet1.1.onnx", dataset, config=config)
    return caffe, onnx


@pytest.mark.real_data
def test_squeezenet_is_right_on_335_and_431_of_500_from_caffe_and_from_onnx(squeezenets):
    for report in squeezenets:
        assert right_of(report) == [335, 431]
        assert (report.summary.n, report.summary.n_failed) == (500, 0)


@pytest.mark.real_data
def test_caffe_and_onnx_give_the_same_class_on_every_image_and_nearly_the_same_scores(squeezenets):
    caffe, onnx = squeezenets

    assert caffe.images["predicted_class"].to_list() == onnx.images["predicted_class"].to_list()
    np.testing.assert_allclose(caffe.scores(), onnx.scores(), atol=1e-5)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "example", "top1", "top5"),
    [
        ("mobilenet_v2_1.0_224_quant", "mobilenet-v2-quant.yaml", 436, 486),
        ("mobilenet_v1_0.25_128_quant", "mobilenet-v1-quant.yaml", 225, 350),
    ],
)
def test_quantised_mobilenets_are_right_within_two_images_with_and_without_configuration(
    workspace, real_data, name, example, top1, top5
):
    model = real_data / "models" / "coral" / f"{name}.tflite"
    dataset = real_data / "imagenet-500"

    for config in (EXAMPLES / example, None):
        right = right_of(workspace.evaluate(model, dataset, config=config))
        assert right == [pytest.approx(top1, abs=2), pytest.approx(top5, abs=2)]


@pytest.mark.real_data
def test_confidences_of_real_probabilities_sum_to_one_and_names_stand_beside_ids(squeezenets):
    report = squeezenets[0]

    np.testing.assert_allclose(report.scores().sum(axis=1), 1, atol=1e-4)
    tench = report.images.filter(pl.col("image_name") == "n01440764_tench.JPEG")
    assert tench["annotated_name"].item().startswith("tench")
    assert report.record.reading.kind == "probabilities"
