"""A model quantised here against its parent: lineage, calibration images, configurations."""

from __future__ import annotations

import pytest

from accubench import Workspace
from accubench.errors import UsageError
from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, sample_path
from small_world import write_dataset, write_model

pytestmark = pytest.mark.slow

SUBSET = 20


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    with Workspace(tmp_path_factory.mktemp("optimised") / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def pair(workspace):
    parent, dataset = workspace.model(sample_path(SAMPLE_MODEL)), workspace.dataset(sample_path(SAMPLE_DATASET))
    return workspace.quantize(parent, dataset, subset_size=SUBSET), parent, dataset


@pytest.fixture(scope="module")
def report(workspace, pair):
    return workspace.compare(*pair, speed_rounds=0)


def test_calibration_images_are_left_out_and_counted(workspace, pair, report):
    summary, n_images = report.summary, pair[2].n_images
    assert summary.n_left_out == SUBSET
    assert summary.n + summary.n_failed == len(report.images) == n_images - SUBSET
    assert report.record.optimised.summary.n == report.record.parent.summary.n == summary.n
    assert report.record.lineage
    assert not {"calibration-images-included", "calibration-images"} & {each.code for each in report.record.findings}
    positions = report.images["position"].to_list()
    assert positions == sorted(positions)
    names = workspace.evaluate(pair[1], pair[2]).images["image_name"]
    assert report.images["image_name"].to_list() == names.gather(positions).to_list()
    left_out = next(row for row in range(n_images) if row not in positions)
    with pytest.raises(UsageError, match="no image"):
        report.image(left_out)
    assert report.image(positions[-1]).row.image_name == names[positions[-1]]


def test_calibration_images_take_part_where_asked_for_with_a_warning(workspace, pair, report):
    included = workspace.compare(*pair, speed_rounds=0, include_calibration=True)
    assert included.summary.n_left_out == 0
    assert len(included.images) == pair[2].n_images
    (finding,) = [each for each in included.record.findings if each.code == "calibration-images-included"]
    assert finding.message.startswith(f"{SUBSET} of the images")
    flips = set(report.flips["image_name"])
    assert flips <= set(included.flips["image_name"])


def test_both_models_are_given_the_configuration_of_the_calibration(pair, report):
    assert report.record.optimised.configuration == pair[0].recipe.configuration == report.record.parent.configuration
    assert "different-preprocessing" not in {each.code for each in report.record.findings}


def test_the_distance_leaves_the_same_images_out(workspace, pair, report):
    distance = workspace.distance(*pair)
    assert distance.images["image_name"].equals(report.images["image_name"])
    assert distance.images["agreed"].equals(report.images["agreed"])
    assert distance.images["kl_divergence"].equals(report.images["kl_divergence"])
    assert [each.predictions_id for each in distance.record.evaluated_models] == [
        each.predictions_id for each in report.record.evaluated_models
    ]


def test_the_project_of_the_optimised_model_knows_its_comparisons_and_its_parent(workspace, pair, report):
    overview = workspace.project(report.record.project_id)
    assert report.id in {each.id for each in overview.comparisons}
    assert overview.model.id == pair[0].id
    parent_project = workspace.project(overview.parent_project_id)
    assert parent_project.model.id == pair[1].id


def test_a_model_that_was_calibrated_on_every_image_cannot_be_compared_on_them(tmp_path):
    with Workspace(tmp_path / "workspace") as workspace:
        parent = workspace.model(write_model(tmp_path / "m.onnx"))
        dataset = workspace.dataset(write_dataset(tmp_path / "d", 6))
        optimised = workspace.quantize(parent, dataset)
        with pytest.raises(UsageError, match="calibrated on every image"):
            workspace.compare(optimised, parent, dataset, speed_rounds=0)
        assert workspace.compare(optimised, parent, dataset, speed_rounds=0, include_calibration=True).summary.n == 6


def test_an_optimised_model_outlives_its_parent(tmp_path):
    with Workspace(tmp_path / "workspace") as workspace:
        parent = workspace.model(write_model(tmp_path / "m.onnx"))
        other = workspace.model(write_model(tmp_path / "other.onnx", gain=7))
        dataset = workspace.dataset(write_dataset(tmp_path / "d", 12))
        optimised = workspace.quantize(parent, dataset, subset_size=4)
        comparison = workspace.compare(optimised, parent, dataset, speed_rounds=0)
        workspace.delete_model(parent.id, with_dependents=True)

        assert workspace.all_reports() == []
        kept = workspace.model_by_id(optimised.id)
        assert kept.recipe.parent_name == "m"
        assert workspace.evaluate(kept, dataset).summary.n == 12
        with_other = workspace.compare(kept, other, dataset, speed_rounds=0)
        assert not with_other.record.lineage
        assert with_other.summary.n_left_out == comparison.summary.n_left_out == 4
        overview = workspace.project(with_other.record.project_id)
        assert overview.parent_project_id is None
