"""A poor accuracy that another way of matching classes explains: named with its evidence, never applied."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
import pytest

from accubench.records.report import LabelMapping
from accubench.tasks.label_evidence import OtherMapping, better_mapping
from accubench.workspace import Workspace
from small_world import metadata_of, write_dataset, write_model

IDENTITY = LabelMapping(kind="identity", description="", outputs={each: each for each in range(10)})
NEXT = OtherMapping("annotations: {offset: 1}", {each: each + 1 for each in range(10)})


def table(predicted, classes):
    return pl.DataFrame(
        {
            "image_name": [f"{number}.png" for number in range(len(predicted))],
            "predicted_class": pl.Series(predicted, dtype=pl.Int32),
            "dataset_class": pl.Series(classes, dtype=pl.Int64),
            "status": ["evaluated"] * len(predicted),
        }
    )


def test_ids_that_are_one_off_are_found_with_what_they_would_give_on_the_other_half():
    classes = np.arange(200) % 10

    found = better_mapping(table(classes + 1, classes), IDENTITY, iter([NEXT]))

    assert found is not None
    assert found.startswith("With `annotations: {offset: 1}` top-1 would be 100.00% [")
    assert found.endswith("it was not applied.")


def test_another_way_that_is_no_better_than_chance_is_not_suggested():
    random = np.random.default_rng(0)

    assert better_mapping(table(random.integers(0, 10, 400), np.arange(400) % 10), IDENTITY, iter([NEXT])) is None


def test_a_way_that_fits_only_the_half_on_which_it_was_chosen_is_not_suggested():
    random = np.random.default_rng(0)
    classes = np.arange(300)
    predicted = random.permutation(300)
    names = table(predicted, classes)["image_name"]
    chosen_on = np.array([hashlib.sha256(b"half: " + name.encode()).digest()[0] < 128 for name in names])
    learned = np.where(chosen_on, predicted, random.permutation(300))
    fitted = OtherMapping("learned", dict(zip(classes.tolist(), learned.tolist(), strict=True)))

    assert better_mapping(table(predicted, classes), IDENTITY, iter([fitted])) is None


def test_few_images_say_nothing():
    assert better_mapping(table([1, 2, 3], [0, 1, 2]), IDENTITY, iter([NEXT])) is None


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


def suggestions(report):
    return [finding.message for finding in report.record.findings if finding.code == "mapping-found"]


def test_names_in_another_order_are_suggested_in_the_report_and_following_it_makes_the_model_right(workspace, tmp_path):
    folder = write_dataset(tmp_path / "colours", 90)
    (folder / "labels.txt").write_text("red\ngreen\nblue\n")
    shifted = np.roll(np.eye(3) * 20, 1, axis=1)
    labels = metadata_of("blue", "red", "green")
    model = workspace.model(write_model(tmp_path / "model.onnx", metadata=labels, weights_ck=shifted))
    wrong = workspace.evaluate(model, folder)

    (said,) = suggestions(wrong)
    configuration = wrong.record.configuration.configuration
    annotations = configuration.annotations.model_copy(update={"by": "name"})
    right = workspace.evaluate(model, folder, config=configuration.model_copy(update={"annotations": annotations}))

    assert "annotations: {by: name}" in said
    assert wrong.top1 is not None
    assert right.top1 is not None
    assert (wrong.top1.right, right.top1.right) == (0, 90)
    assert right.record.reused_predictions
    assert suggestions(right) == []


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize(("offset", "wanted"), [(0, "annotations: {offset: 1}"), (1, None)])
def test_a_background_class_that_was_overlooked_is_found_on_real_images(workspace, real_data, offset, wanted):
    model = workspace.model(real_data / "models/coral/mobilenet_v1_0.25_128_quant.tflite")
    inferred = workspace.configuration(model).configuration
    annotations = inferred.annotations.model_copy(update={"offset": offset})
    configuration = inferred.model_copy(update={"annotations": annotations})

    report = workspace.evaluate(model, workspace.dataset(real_data / "imagenet-500", limit=200), config=configuration)

    assert [wanted in said for said in suggestions(report)] == ([True] if wanted else [])
