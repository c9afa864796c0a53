"""Optimising a model to INT8: what is made, from which images, and what is said of it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import onnx
import openvino as ov
import polars as pl
import pytest
from onnx import numpy_helper

from accubench import Workspace
from accubench.configuration import infer_configuration
from accubench.datasets import choose_subset
from accubench.errors import Cancelled, DatasetProblemsError, UsageError
from accubench.preprocessing import Preprocessor
from accubench.tasks.calibration_images import CALIBRATION_FILE, calibration_rows
from accubench.tasks.predict import image_source
from accubench.tasks.prepared_images import InputBatches, PreparedImages
from small_world import CLASSES, write_dataset, write_model

N, CALIBRATED, WRONG = 40, 12, 4
TINY = Path(__file__).parents[1] / "models" / "fixtures" / "tiny_uint8.tflite"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("images") / "colours", N, wrong=WRONG)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    with Workspace(tmp_path_factory.mktemp("workspace")) as opened:
        yield opened


@pytest.fixture(scope="module")
def made(workspace, colour_model, images):
    return workspace.quantize(colour_model, images, subset_size=CALIBRATED)


def dataset_of(model):
    return model.recipe.subset.dataset_id


def names_of(workspace, model):
    return pl.read_csv(workspace.folder / "models" / model.id / CALIBRATION_FILE)["image_name"].to_list()


def test_the_result_is_a_model_with_parent_recipe_and_files(workspace, made, images):
    parent, dataset = workspace.model("colours"), workspace.dataset("colours")

    assert (made.name, made.version) == ("colours-int8", 1)
    assert made.parent_id == parent.id
    assert made.source == "made from colours version 1"
    assert [file.name for file in made.files] == ["colours-int8.xml", "colours-int8.bin", CALIBRATION_FILE]
    assert [file.network for file in made.files] == [True, True, False]
    recipe = made.recipe
    assert (recipe.parent_id, recipe.parent_sha256) == (parent.id, parent.content_sha256)
    assert (recipe.subset.dataset_id, recipe.subset.n, recipe.subset.n_failed) == (dataset.id, CALIBRATED, 0)
    assert recipe.settings.method == "default"
    assert recipe.outcome is None
    assert recipe.quantized_operations > 0
    assert {"nncf", "openvino", "accubench"} <= set(recipe.versions)
    assert workspace.model(made.name) == made


def test_calibration_images_are_those_of_the_rule(workspace, made):
    manifest = workspace.dataset_images(dataset_of(made)).manifest
    expected = manifest["image_name"].gather(choose_subset(manifest, CALIBRATED, stratified=True))

    assert names_of(workspace, made) == expected.to_list()
    assert str(CALIBRATED) in made.recipe.subset.rule


def test_it_tells_model_api_what_it_needs(workspace, made):
    network = ov.Core().read_model(workspace.folder / "models" / made.id / "colours-int8.xml")
    info = {key: network.get_rt_info(["model_info", key]).astype(str) for key in ("labels", "scale_values")}

    assert info == {"labels": " ".join(CLASSES), "scale_values": "255 255 255"}
    assert network.get_rt_info(["model_info", "reverse_input_channels"]).astype(str) == "True"
    assert network.get_rt_info(["model_info", "resize_type"]).astype(str) == "standard"


def test_it_keeps_the_configuration_of_its_calibration(workspace, made):
    resolved = workspace.configuration(made)

    assert resolved.configuration == made.recipe.configuration.configuration
    assert resolved.origins["preprocessing.0.decode.color"] == "the accuracy configuration kept in the model"
    assert made.description.class_names.names == CLASSES


def test_calibration_and_evaluation_prepare_images_alike(workspace, made):
    """Batches for calibration hold the very pixels that evaluation's source of images gives."""
    parent, dataset = workspace.model("colours"), workspace.dataset("colours")
    manifest = workspace.dataset_images(dataset.id).manifest
    configuration = infer_configuration(parent.description).configuration
    source = image_source(Path(dataset.root), manifest, Preprocessor(configuration, parent.description.input))
    batches = InputBatches(PreparedImages(source), [3, 7], parent.description.input)

    assert len(batches) == 2
    for index, row in enumerate((3, 7)):
        np.testing.assert_array_equal(batches[index][0].transpose(1, 2, 0), source(row))


def test_images_beyond_the_memory_set_aside_are_prepared_again():
    calls = []

    def prepare(row):
        calls.append(row)
        return np.full((2, 2, 3), row, np.uint8)

    prepared = PreparedImages(prepare, limit_bytes=12)
    assert [int(prepared(row)[0, 0, 0]) for row in (1, 2, 1, 2)] == [1, 2, 1, 2]
    assert calls == [1, 2, 2]


def test_calibration_images_are_found_again_whatever_the_order(workspace, made):
    store, manifest = workspace._store, workspace.dataset_images(dataset_of(made)).manifest
    shuffled = manifest.sample(fraction=1, shuffle=True, seed=5)
    found = calibration_rows(store, made, shuffled)

    assert set(shuffled["image_name"].filter(pl.Series(found))) == set(names_of(workspace, made))
    assert not calibration_rows(store, workspace.model("colours"), manifest).any()


def test_an_image_of_another_size_is_another_image(workspace, made):
    manifest = workspace.dataset_images(dataset_of(made)).manifest
    grown = manifest.with_columns(pl.col("size_bytes") + 1)

    assert not calibration_rows(workspace._store, made, grown).any()


def test_an_evaluation_on_calibration_images_is_warned_of(workspace, made, images):
    record = workspace.evaluate(made, images).record
    (finding,) = [finding for finding in record.findings if finding.code == "calibration-images"]

    assert finding.message.startswith(f"{CALIBRATED} of {N} images were used to calibrate this model")
    assert f"over {N - CALIBRATED} images" in finding.message


def test_the_same_request_gives_the_known_model_and_another_one_the_next_version(workspace, made, colour_model, images):
    again = workspace.quantize(colour_model, images, subset_size=CALIBRATED)
    other = workspace.quantize(colour_model, images, subset_size=CALIBRATED - 1)

    assert again == made
    assert (other.name, other.version) == (made.name, 2)


def test_the_same_content_made_for_another_goal_tells_of_that_goal(tmp_path, colour_model, images):
    with Workspace(tmp_path) as workspace:
        easy, hard, again = (
            workspace.quantize(colour_model, images, subset_size=CALIBRATED, max_drop=max_drop)
            for max_drop in (0.9, 0.0, 0.0)
        )

    assert easy.content_sha256 == hard.content_sha256
    assert [model.recipe.outcome.goal.max_drop for model in (easy, hard)] == [0.9, 0.0]
    assert again == hard


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_leaves_the_name_open(workspace, made, colour_model, images, name):
    assert workspace.quantize(colour_model, images, subset_size=CALIBRATED, name=name) == made


def test_a_goal_is_reached_on_images_that_were_not_calibrated_on(tmp_path, colour_model, images):
    with Workspace(tmp_path) as workspace:
        outcome = workspace.quantize(colour_model, images, subset_size=CALIBRATED, max_drop=0.01).recipe.outcome

    assert outcome.reached
    assert outcome.n_validation == outcome.parent_top1.n == N - CALIBRATED
    assert outcome.chosen == 0
    assert outcome.candidates[0].top1 == outcome.parent_top1
    assert outcome.candidates[0].drop == 0


def test_candidates_are_judged_as_an_evaluation_judges(tmp_path, images):
    with Workspace(tmp_path / "workspace") as workspace:
        parent = workspace.model(write_fragile_model(tmp_path / "fragile.onnx"))
        made = workspace.quantize(parent, images, max_drop=0.01, subset_size=6, ignored_layers=["pool"])
        rest = pl.Series(~calibration_rows(workspace._store, made, workspace.dataset_images(dataset_of(made)).manifest))
        tables = [workspace.evaluate(model, images).images.filter(rest) for model in (parent, made)]

    outcome = made.recipe.outcome
    judged = [outcome.parent_top1.right, outcome.candidates[outcome.chosen].top1.right]
    assert judged == [(table["annotated_class_rank"] == 0).sum() for table in tables]
    assert judged[0] != judged[1]


def test_at_most_half_of_a_dataset_is_calibrated_on_where_the_other_is_validated_on(tmp_path, colour_model, images):
    with Workspace(tmp_path) as workspace:
        recipe = workspace.quantize(colour_model, images, max_drop=0.01).recipe

    assert (recipe.settings.subset_size, recipe.subset.n, recipe.outcome.n_validation) == (300, N // 2, N // 2)


def test_images_of_another_validation_dataset_that_were_calibrated_on_are_left_out(tmp_path, colour_model, images):
    larger = write_dataset(tmp_path / "larger", N + 10, wrong=WRONG)
    with Workspace(tmp_path / "workspace") as workspace:
        recipe = workspace.quantize(colour_model, images, validation=larger, subset_size=CALIBRATED, max_drop=0.01)
        outcome = recipe.recipe.outcome

    assert outcome.n_validation == N + 10 - CALIBRATED
    assert outcome.validation_dataset_id != recipe.recipe.subset.dataset_id


def write_fragile_model(path):
    """The classifier with weights that differ by less than a step of INT8, so that it predicts nothing any more."""
    model = onnx.load(write_model(path))
    (weights,) = model.graph.initializer
    weights.CopyFrom(
        numpy_helper.from_array(np.full((3, 3), 100, np.float32) + np.eye(3, dtype=np.float32) / 4, "weights")
    )
    onnx.save(model, path)
    return path


def test_a_goal_out_of_reach_gives_the_best_candidate_and_says_so(tmp_path, images):
    with Workspace(tmp_path / "workspace") as workspace:
        model = write_fragile_model(tmp_path / "fragile.onnx")
        made = workspace.quantize(model, images, max_drop=0.01, subset_size=6, ignored_layers=["pool"])

    outcome = made.recipe.outcome
    assert outcome.parent_top1.value > 0.8
    assert not outcome.reached
    assert not any(candidate.reached for candidate in outcome.candidates)
    best = max(candidate.top1.right for candidate in outcome.candidates)
    assert outcome.candidates[outcome.chosen].top1.right == best < outcome.parent_top1.right
    assert outcome.candidates[0].drop == pytest.approx(outcome.parent_top1.value - outcome.candidates[0].top1.value)


def test_a_reachable_goal_is_reached_by_giving_layers_back(tmp_path, images):
    with Workspace(tmp_path / "workspace") as workspace:
        made = workspace.quantize(write_fragile_model(tmp_path / "fragile.onnx"), images, max_drop=0.01, subset_size=6)

    outcome = made.recipe.outcome
    assert outcome.reached
    assert outcome.chosen == len(outcome.candidates) - 1 > 0
    assert outcome.candidates[outcome.chosen].layers_in_floating_point == ("logits",)
    assert outcome.candidates[0].top1.right < outcome.parent_top1.right


def broken_copy(images, folder, names):
    shutil.copytree(images, folder)
    for name in names:
        (folder / name).write_bytes((folder / name).read_bytes()[:40])
    return folder


def test_unreadable_images_are_replaced_by_the_next_and_counted(tmp_path, workspace, made, colour_model, images):
    unreadable = names_of(workspace, made)[:3]
    folder = broken_copy(images, tmp_path / "some", unreadable)
    with Workspace(tmp_path / "workspace") as other:
        again = other.quantize(colour_model, folder, subset_size=CALIBRATED)
        manifest = other.dataset_images(dataset_of(again)).manifest
        broken = [row for row, name in enumerate(manifest["image_name"]) if name in unreadable]
        expected = choose_subset(manifest, CALIBRATED, stratified=True, without=broken)

        assert names_of(other, again) == manifest["image_name"].gather(expected).to_list()
    assert (again.recipe.subset.n, again.recipe.subset.n_failed) == (CALIBRATED, 3)


def test_unreadable_validation_images_are_left_out_and_counted(tmp_path, workspace, made, colour_model, images):
    used = set(names_of(workspace, made))
    unreadable = [path.name for path in sorted(images.glob("*.png")) if path.name not in used][:2]
    folder = broken_copy(images, tmp_path / "some", unreadable)
    with Workspace(tmp_path / "workspace") as other:
        outcome = other.quantize(colour_model, folder, subset_size=CALIBRATED, max_drop=0.01).recipe.outcome

    assert (outcome.n_validation, outcome.n_failed) == (N - CALIBRATED - 2, 2)


def test_without_any_readable_image_all_problems_are_said(tmp_path, colour_model, images):
    folder = broken_copy(images, tmp_path / "none", [path.name for path in images.glob("*.png")])
    with Workspace(tmp_path / "workspace") as workspace, pytest.raises(DatasetProblemsError, match="No image") as error:
        workspace.quantize(colour_model, folder, subset_size=CALIBRATED)

    assert len(error.value.findings) == N


def test_without_annotations_images_are_chosen_by_name_alone(tmp_path, colour_model, images):
    folder = tmp_path / "open"
    shutil.copytree(images, folder, ignore=shutil.ignore_patterns("val.txt"))
    with Workspace(tmp_path / "workspace") as workspace:
        model = workspace.quantize(colour_model, folder, subset_size=5)
        with pytest.raises(UsageError, match="not annotated"):
            workspace.quantize(colour_model, folder, max_drop=0.01)

    assert model.recipe.subset.rule == "The 5 readable images whose names have the lowest SHA-256."


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_drop": 1.0}, "a share"),
        ({"max_drop": -0.1}, "a share"),
        ({"subset_size": 0}, "At least one image"),
        ({"validation": "colours"}, "goes with a goal"),
        ({"preset": "fast"}, "performance or mixed"),
        ({"max_drop": 0.1, "drop_type": "odd"}, "absolute or relative"),
        ({"name": "colours"}, "another model called 'colours'"),
        ({"name": "two\nlines"}, "no control characters"),
        ({"name": "long" * 26}, "at most 100 letters"),
        ({"ignored_layers": ["conv9"]}, "no layer 'conv9'"),
    ],
)
def test_what_is_impossible_is_refused(workspace, made, options, said):
    with pytest.raises(UsageError, match=said):
        workspace.quantize("colours", "colours", **options)


def test_a_quantised_model_is_refused(workspace, made, images):
    for model in (made, TINY):
        with pytest.raises(UsageError, match="quantised already"):
            workspace.quantize(model, images)


@pytest.mark.parametrize("stage", ["reading calibration images", "calibrating", "validating"])
def test_cancelling_leaves_nothing_behind_within_two_seconds(tmp_path, colour_model, images, stage):
    asked = []

    def listen(progress):
        if progress.stage == stage and not asked:
            asked.append(time.monotonic())

    with Workspace(tmp_path, progress=listen, cancelled=lambda: bool(asked)) as workspace:
        with pytest.raises(Cancelled):
            workspace.quantize(colour_model, images, subset_size=CALIBRATED, max_drop=0.0)
        assert time.monotonic() - asked[0] < 2

        (parent,) = workspace.models()
        assert [path.name for path in (tmp_path / "models").iterdir()] == [parent.id]
        assert not list(tmp_path.glob("cache/scratch-*"))


def test_a_model_with_an_open_input_size_gets_the_size_it_was_calibrated_with(tmp_path, images):
    with Workspace(tmp_path / "workspace") as workspace:
        made = workspace.quantize(write_model(tmp_path / "open.onnx"), images, subset_size=4)

    assert made.description.input.shape == (1, 3, 8, 8)
