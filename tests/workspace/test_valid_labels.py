"""Scoring annotated classes only: a question to stored scores that every view of a report follows."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from accubench.errors import UsageError
from accubench.export import checked_images
from accubench.workspace import Workspace, check_gates, parse_gate
from small_world import write_dataset, write_model

CONFIGURATION = {"preprocessing": [{"decode": {}}, {"resize": {"size": 8, "interpolation": "area"}}]}
VALID = {**CONFIGURATION, "annotations": {"valid_labels": True}}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A workspace, a model that says blue where an image is rather red, and images annotated red and green only."""
    folder = tmp_path_factory.mktemp("valid labels")
    model = write_model(folder / "model.onnx", weights_ck=np.array([[1, 0, 2], [0, 1, 0], [0, 0, 1]]) / 255)
    images = folder / "two"
    images.mkdir()
    lines = []
    for number in range(20):
        colour = (200, number, 0) if number % 2 else (number, 200, 0)
        Image.new("RGB", (8, 8), colour).save(images / f"{number:02}.png")
        lines.append(f"{number:02}.png {0 if number % 2 else 1}")
    (images / "val.txt").write_text("\n".join(lines) + "\n")
    with Workspace(folder / "workspace") as opened:
        yield opened, opened.model(model), opened.dataset(images)


def test_classes_that_do_not_occur_are_never_predicted_and_nothing_is_inferred_again(world):
    workspace, model, dataset = world
    over_all = workspace.evaluate(model, dataset, config=CONFIGURATION)

    report = workspace.evaluate(model, dataset, config=CONFIGURATION, valid_labels=True)

    assert over_all.top1 is not None
    assert report.top1 is not None
    assert (over_all.top1.right, report.top1.right) == (10, 20)
    assert report.record.reused_predictions
    assert report.record.predictions_id == over_all.record.predictions_id
    assert report.record.reading.scored_classes == (0, 1)
    assert report.record.configuration.configuration.annotations.valid_labels


def test_the_configuration_says_it_as_well_as_the_argument(world):
    workspace, model, dataset = world
    by_argument = workspace.evaluate(model, dataset, config=CONFIGURATION, valid_labels=True)

    by_file = workspace.evaluate(model, dataset, config=VALID)

    assert by_file.images.equals(by_argument.images)
    assert by_file.record.summary == by_argument.record.summary


def test_k_never_exceeds_the_number_of_annotated_classes(world):
    workspace, model, dataset = world
    report = workspace.evaluate(model, dataset, config=VALID)

    assert [top.k for top in report.summary.top_k] == [1, 2]
    assert report.top_k(3).k == 2
    with pytest.raises(UsageError, match="scored over 2 classes"):
        check_gates(report, [parse_gate("top3=0.5")])


def test_visualize_and_the_confusion_matrix_show_annotated_classes_only(world):
    workspace, model, dataset = world
    report = workspace.evaluate(model, dataset, config=VALID)

    top = report.image(1).top
    row = report.images.row(1, named=True)

    assert [each.class_id for each in top] == [0, 1]
    assert top[0].confidence == row["predicted_confidence"]
    assert sum(each.confidence for each in top) == pytest.approx(1)
    assert report.confusion()[:, 2].sum() == 0


def test_every_text_says_over_which_classes(world, tmp_path):
    workspace, model, dataset = world
    report = workspace.evaluate(model, dataset, config=VALID)
    said = "Scored over the 2 annotated classes of 3 outputs."

    assert said in report.markdown()
    assert said in report.export(tmp_path / "report.html").read_text(encoding="utf-8")
    written = json.loads(report.export(tmp_path / "report.json").read_text(encoding="utf-8"))
    assert "valid_labels" in json.dumps(written)
    assert said not in workspace.evaluate(model, dataset, config=CONFIGURATION).markdown()


def test_a_comparison_scores_both_models_so_or_neither(world):
    workspace, model, dataset = world

    both = workspace.compare(model, model, dataset, config=CONFIGURATION, valid_labels=True, speed_rounds=0)

    assert {each.reading.scored_classes for each in both.record.evaluated_models} == {(0, 1)}
    assert both.images["optimised_class"].max() == 1
    assert both.images["top_classes_kept"].unique().to_list() == [2]
    assert "Scored over the 2 annotated classes of 3 outputs." in both.markdown()
    with pytest.raises(UsageError, match="Set it in both, or in none"):
        workspace.compare(model, model, dataset, config=VALID, parent_config=CONFIGURATION, speed_rounds=0)


def test_a_check_lets_every_step_choose_among_annotated_classes_and_says_so(world):
    workspace, model, dataset = world

    over_all = workspace.check(model, dataset, config=CONFIGURATION)
    restricted = workspace.check(model, dataset, config=CONFIGURATION, valid_labels=True)

    assert [step.top1.right for step in over_all.steps] == [10, 10]
    assert [step.top1.right for step in restricted.steps] == [20, 20]
    assert (over_all.scored_classes, restricted.scored_classes) == (None, 2)
    assert checked_images(restricted) == "All images of the dataset. Scored over the 2 annotated classes alone."
    assert checked_images(over_all) == "All images of the dataset."


def test_a_distance_follows_in_its_classes_and_measures_the_whole_output(world):
    workspace, model, dataset = world
    other = workspace.model(model.name)

    over_all = workspace.distance(model, other, dataset, config=CONFIGURATION)
    restricted = workspace.distance(model, other, dataset, config=VALID)

    assert restricted.record.outputs[0].columns == over_all.record.outputs[0].columns == 3
    for measure in ("mse", "cosine_distance", "max_abs_difference"):
        assert restricted.images[measure].to_list() == over_all.images[measure].to_list()


def test_without_annotations_it_is_refused_before_anything_is_inferred(world, tmp_path):
    workspace, model, _ = world
    Image.new("RGB", (8, 8)).save(tmp_path / "one.png")

    with pytest.raises(UsageError, match="is not annotated"):
        workspace.evaluate(model, tmp_path, config=VALID)


def test_a_part_of_a_dataset_keeps_the_valid_labels_of_the_whole(tmp_path):
    with Workspace(tmp_path / "workspace") as workspace:
        part = workspace.dataset(write_dataset(tmp_path / "colours", 30), limit=1)

        report = workspace.evaluate(write_model(tmp_path / "model.onnx"), part, valid_labels=True)

    assert len(part.class_ids) == 1
    assert report.record.reading.scored_classes == (0, 1, 2)
