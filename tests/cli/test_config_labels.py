"""``accubench config labels``: class by class, which output is taken and which one names say."""

from __future__ import annotations

import json

import pytest

from cli_runner import run_accubench
from small_world import metadata_of, write_dataset, write_model


@pytest.fixture
def world(tmp_path):
    folder = write_dataset(tmp_path / "colours", 9)
    (folder / "labels.txt").write_text("red\ngreen\nblue\n")
    return folder, write_model(tmp_path / "model.onnx", metadata=metadata_of("red", "Blue", "green"))


def test_classes_that_names_would_move_are_listed_with_the_option(world, tmp_path):
    folder, model = world

    result = run_accubench("config", "labels", str(model), str(folder), cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    assert "3 classes: 2 by exact name, 1 by spelling; 2 are taken for another output" in result.stdout
    assert "To follow the names, set `annotations: {by: name}`" in result.stdout


def test_json_has_every_class(world, tmp_path):
    folder, model = world

    result = run_accubench("config", "labels", str(model), str(folder), "--json", cwd=tmp_path)

    found = json.loads(result.stdout)
    assert (found["n_classes"], found["n_moved"], found["n_unmatched"]) == (3, 2, 0)
    assert found["option"] == "annotations: {by: name}"
    assert [(each["taken_output"], each["named_output"], each["matched_by"]) for each in found["classes"]] == [
        (0, 0, "exact name"),
        (1, 2, "exact name"),
        (2, 1, "spelling"),
    ]


def test_classes_that_match_no_label_are_told_and_the_reason_is_the_description(tmp_path):
    folder = tmp_path / "folders"
    for number, name in enumerate(("red", "violet")):
        source = write_dataset(tmp_path / f"source {number}", 3)
        (folder / name).mkdir(parents=True)
        next(source.rglob("*.png")).rename(folder / name / "1.png")

    model = write_model(tmp_path / "model.onnx")

    result = run_accubench("config", "labels", model, folder, "--json", cwd=tmp_path)

    found = json.loads(result.stdout)
    assert found["description"].startswith("1 of the dataset's classes match none of the model's labels")
    assert [(each["dataset_name"], each["named_output"]) for each in found["classes"]] == [("red", 0), ("violet", None)]


def test_a_dataset_without_annotations_is_refused(world, tmp_path):
    folder, model = world
    (tmp_path / "plain").mkdir()
    next(folder.rglob("*.png")).rename(tmp_path / "plain" / "1.png")

    result = run_accubench("config", "labels", model, tmp_path / "plain", cwd=tmp_path)

    assert result.returncode == 2
    assert "is not annotated" in result.stderr
