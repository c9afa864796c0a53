"""The distance of a model's outputs from its parent's, on models that can be checked by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from accubench import Workspace
from accubench.errors import UsageError
from accubench.records.tensor_distance import DISTANCE_COLUMNS
from small_world import pixels_of, write_dataset, write_model

OURS = np.eye(3) * 18 + np.array([[0, 2, 0], [0, 0, 1], [0, 0, 0]])
N = 40


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    parent = write_model(folder / "parent.onnx", features=True)
    optimised = write_model(folder / "optimised.onnx", weights_ck=OURS, features=True)
    return optimised, parent, write_dataset(folder / "images", N)


def logits(weights_ck):
    means = np.array([pixels_of(row) for row in range(N)], float) / 255
    return means @ weights_ck


def test_distances_of_class_scores_are_those_of_the_arithmetic(workspace, world):
    report = workspace.distance(*world)

    ours, theirs = logits(OURS), logits(np.eye(3) * 20)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    p, q = (np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in (theirs, ours))
    images = report.images
    np.testing.assert_allclose(images["mse"], np.square(ours - theirs).mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(images["max_abs_difference"], np.abs(ours - theirs).max(axis=1), rtol=1e-4)
    np.testing.assert_allclose(images["cosine_distance"], 1 - (ours * theirs).sum(axis=1) / lengths, atol=1e-6)
    np.testing.assert_allclose(images["kl_divergence"], (p * np.log(p / q)).sum(axis=1), rtol=1e-3, atol=1e-7)
    assert images["agreed"].to_list() == (ours.argmax(axis=1) == theirs.argmax(axis=1)).tolist()
    assert (report.summary.output, report.summary.columns, report.summary.is_scores) == ("logits", 3, True)
    worst = report.worst(3)
    assert worst["image_name"][0] == report.summary.distributions[0].worst_image
    assert worst["mse"].to_list() == sorted(images["mse"], reverse=True)[:3]


def test_further_outputs_that_both_models_have_are_measured_too(workspace, world):
    report = workspace.distance(*world)

    assert [(each.output, each.is_scores, each.columns) for each in report.record.outputs] == [
        ("logits", True, 3),
        ("features", False, 48),
    ]
    assert report.table.schema == {name: getattr(pl, kind) for name, (kind, _, _) in DISTANCE_COLUMNS.items()}
    features = report.output_table("features")
    assert features["image_name"].equals(report.images["image_name"])
    assert report.record.outputs[1].equal == N
    assert set(features["mse"]) == {0.0}
    assert features["kl_divergence"].null_count() == features["agreed"].null_count() == N
    assert [row.output for row in report.image(3).rows] == ["logits", "features"]
    assert len(report.record.other_predictions) == 2
    with pytest.raises(UsageError, match="outputs are logits, features"):
        report.output_table("nothing")
    with pytest.raises(UsageError, match="no distance 'length'"):
        report.worst(measure="length")


def test_outputs_that_only_one_model_has_are_named(workspace, world, tmp_path):
    optimised, _, dataset = world
    bare = write_model(tmp_path / "bare.onnx")
    report = workspace.distance(optimised, bare, dataset)
    assert len(report.record.outputs) == 1
    (finding,) = [each for each in report.record.findings if each.code == "outputs-not-measured"]
    assert "'features'" in finding.message


def test_nothing_is_inferred_twice_and_everything_goes_with_the_report(workspace, world):
    compared = workspace.compare(*world, speed_rounds=0)
    first, second = workspace.distance(*world), workspace.distance(*world)

    assert [each.predictions_id for each in first.record.evaluated_models] == [
        each.predictions_id for each in compared.record.evaluated_models
    ]
    assert first.record.other_predictions == second.record.other_predictions
    assert first.table.equals(second.table)
    workspace.delete_report(first.id)
    folder = workspace.folder / "predictions"
    assert all((folder / each).is_dir() for each in second.record.other_predictions)
    workspace.delete_report(second.id)
    assert not any((folder / each).exists() for each in second.record.other_predictions)
    assert {each.name for each in folder.iterdir()} == {
        each.predictions_id for each in compared.record.evaluated_models
    }


def test_a_model_is_at_no_distance_from_itself(workspace, world):
    _, parent, dataset = world
    report = workspace.distance(parent, parent, dataset)
    assert [each.equal for each in report.record.outputs] == [N, N]
    assert report.images["kl_divergence"].max() == 0
