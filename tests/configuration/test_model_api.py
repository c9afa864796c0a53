"""What is written for OpenVINO's Model API says the same as the configuration, or nothing."""

import numpy as np
import pytest

from accubench.configuration import model_api_info
from accubench.models.model_info import model_info_facts
from accubench.records.accuracy_configuration import AccuracyConfiguration
from accubench.records.class_names import ClassNames

RESIZE = {"resize": {"size": 8}}


def entries(*steps, color="RGB", names=None):
    configuration = AccuracyConfiguration.model_validate({"preprocessing": [{"decode": {"color": color}}, *steps]})
    return model_api_info(configuration, names, layout="NCHW")


def read_back(*steps, **options):
    return model_info_facts(entries(*steps, **options), origin="model_info")


@pytest.mark.parametrize("color", ["RGB", "BGR"])
def test_colours_mean_and_scale_are_read_back(color):
    normalize = {"normalize": {"mean": [123.675, 116.28, 103.53], "scale": [58.395, 57.12, 57.375]}}
    facts, layout = read_back(RESIZE, normalize, color=color)

    assert facts.metadata.color == color
    assert facts.metadata.mean == (123.675, 116.28, 103.53)
    assert facts.metadata.scale == (58.395, 57.12, 57.375)
    assert layout == "NCHW"


def test_several_normalize_steps_are_written_as_one():
    steps = [{"normalize": {"mean": 100.0, "scale": 2.0}}, {"normalize": {"mean": [1, 2, 3], "scale": [4, 5, 6]}}]
    metadata = read_back(RESIZE, *steps)[0].metadata
    pixels = np.array([10.0, 20.0, 30.0])

    one_by_one = ((pixels - 100) / 2 - [1, 2, 3]) / [4, 5, 6]
    np.testing.assert_allclose((pixels - metadata.mean) / metadata.scale, one_by_one)


@pytest.mark.parametrize(
    ("steps", "mode"),
    [
        ([RESIZE], "stretch"),
        ([{"resize": {"size": 8, "mode": "letterbox", "fill": 114}}], "letterbox"),
        ([{"resize": {"size": 8, "mode": "shorter_side"}}, {"crop": {"size": 8}}], "shorter_side"),
    ],
)
def test_a_geometry_that_model_api_knows_is_read_back(steps, mode):
    assert read_back(*steps)[0].metadata.resize_mode == mode


@pytest.mark.parametrize(
    "steps",
    [
        [{"resize": {"size": 256}}, {"crop": {"size": 227}}],
        [{"resize": {"size": 256, "mode": "shorter_side"}}, {"crop": {"size": 224}}],
        [{"crop": {"fraction": 0.875}}, RESIZE],
    ],
)
def test_a_geometry_that_model_api_does_not_know_is_not_written(steps):
    assert "resize_type" not in entries(*steps)
    assert "interpolation_type" not in entries(*steps)


def test_the_padding_and_the_interpolation_are_named():
    written = entries({"resize": {"size": 8, "mode": "letterbox", "fill": 114, "interpolation": "bicubic"}})

    assert (written["pad_value"], written["interpolation_type"]) == ("114", "CUBIC")


def test_labels_with_blanks_come_back():
    names = ClassNames(names=("tench, Tinca tinca", "goldfish"), origin="labels.txt")

    assert read_back(RESIZE, names=names)[0].class_names.names == names.names


def test_grey_images_have_no_order_of_colours():
    assert "reverse_input_channels" not in entries(RESIZE, color="gray")
    assert entries(RESIZE, color="gray")["mean_values"] == "0"
