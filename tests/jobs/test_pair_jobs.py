"""Quantisation, comparison and tensor distance as jobs: done once, whatever happens in between."""

from __future__ import annotations

import pytest
from job_world import SLOW_YAML, children_of, ended, finished_rows, kill, make_project, supervised, until, worker_of

from accubench.errors import ConfigurationError, InUseError, ModelNotFoundError, ProjectNotFoundError, UsageError
from accubench.records.quantization import QuantizationSettings
from accubench.workspace import Workspace
from small_world import write_model


@pytest.fixture
def other_model(workspace, tmp_path):
    return workspace.import_model(write_model(tmp_path / "other.onnx", gain=3)).id


@pytest.mark.slow
def test_a_child_project_is_made_compared_and_measured(workspace, project_id, colour_model):
    parent_id = workspace.project(project_id).model.id
    with supervised(workspace):
        settings = QuantizationSettings(subset_size=64)
        quantised = ended(workspace, workspace.background.quantize(project_id, settings=settings, name="small"))
        assert quantised.state == "succeeded", workspace.jobs.log(quantised.id)
        made = quantised.outcome.result
        child = workspace.project(made["project_id"])
        compare = workspace.background.compare(child.project.id, parent_id, speed_rounds=1)
        distance = workspace.background.distance(child.project.id, parent_id)
        compared, measured = ended(workspace, compare), ended(workspace, distance)

    assert (child.model.id, child.model.name, child.parent_project_id) == (made["model_id"], "small", project_id)
    assert child.dataset.id == workspace.project(project_id).dataset.id
    assert child.benchmark.id == made["benchmark_id"]
    for job, report in (
        (compared, workspace.comparison(compare.report_id)),
        (measured, workspace.tensor_distance(distance.report_id)),
    ):
        assert job.outcome.result == {"project_id": child.project.id, "report_id": report.id}
        assert report.record.lineage
        assert len(report.images) == 256 - 64
    assert compared.title == "Comparison of small with colours on few"
    assert measured.title == "Tensor distance of small to colours on few"
    assert quantised.title == "Quantisation of colours to INT8"
    assert workspace.comparison("latest").record.speed is not None
    overview = workspace.project(child.project.id)
    assert [each.id for each in overview.comparisons] == [compare.report_id]
    assert [each.id for each in overview.distances] == [distance.report_id]


@pytest.mark.slow
def test_a_comparison_killed_again_and_again_ends_as_if_nothing_had_happened(
    workspace, project_id, other_model, tmp_path, colour_model, few_images
):
    options = {"configuration_yaml": SLOW_YAML, "speed_rounds": 0, "fresh": True}
    with Workspace(tmp_path / "undisturbed") as undisturbed:
        make_project(undisturbed, colour_model, few_images)
        expected = undisturbed.compare(
            undisturbed.model("colours"), tmp_path / "other.onnx", undisturbed.dataset("few"), speed_rounds=0
        ).images

    with supervised(workspace):
        job = workspace.background.compare(project_id, other_model, **options)
        kept = 0
        for _ in range(3):  # in the first model, in between, and in the second one
            until(lambda: count_parts(workspace) > kept)  # noqa: B023 - called at once
            (worker,) = until(lambda: worker_of(workspace))
            child = children_of(workspace)
            kill(worker)
            until(lambda: not set(child) & set(children_of(workspace)), seconds=2)  # noqa: B023
            kept = count_parts(workspace)
        again = ended(workspace, job, seconds=120)

    assert (again.state, again.attempts) == ("succeeded", 4), workspace.jobs.log(job.id)
    assert [each.id for each in workspace.all_reports()] == [job.report_id]
    report = workspace.comparison(job.report_id)
    assert len({each.predictions_id for each in report.record.evaluated_models}) == 2
    assert len(list(workspace.folder.glob("predictions/*"))) == 2
    assert finished_rows(workspace) == set(range(256))
    assert report.images["flip"].equals(expected["flip"])
    assert report.images["optimised_class"].equals(expected["optimised_class"])


def count_parts(workspace):
    return len(list(workspace.folder.glob("predictions/*/part-*.parquet")))


def test_what_a_queued_comparison_needs_cannot_be_deleted(workspace, project_id, other_model):
    overview = workspace.project(project_id)
    job = workspace.background.compare(project_id, other_model)
    for kind, record_id in (
        ("model", other_model),
        ("model", overview.model.id),
        ("dataset", overview.dataset.id),
        ("project", project_id),
    ):
        assert job.id in {each.id for each in workspace.dependents(kind, record_id).jobs}
    with pytest.raises(InUseError, match="Comparison of colours with other"):
        workspace.delete_model(other_model, with_dependents=True)
    workspace.jobs.cancel(job.id)
    workspace.delete_model(other_model)


def test_calibration_and_validation_datasets_of_a_queued_quantisation_cannot_be_deleted(
    workspace, project_id, colour_dataset
):
    dataset = workspace.import_dataset(colour_dataset)
    for option in ("dataset_id", "validation_dataset_id"):
        job = workspace.background.quantize(project_id, **{option: dataset.id})
        with pytest.raises(InUseError, match="Quantisation of colours to INT8"):
            workspace.delete_dataset(dataset.id)
        workspace.jobs.cancel(job.id)


def test_what_cannot_be_done_is_not_queued(workspace, project_id, other_model):
    background = workspace.background
    with pytest.raises(ModelNotFoundError):
        background.compare(project_id, "m-none")
    with pytest.raises(ProjectNotFoundError):
        background.distance("p-none", other_model)
    with pytest.raises(ProjectNotFoundError):
        background.quantize("p-none")
    with pytest.raises(UsageError, match="margin"):
        background.compare(project_id, other_model, margin=0)
    for submit in (
        lambda: background.compare(project_id, other_model, configuration_yaml="preprocessing: 3"),
        lambda: background.distance(project_id, other_model, configuration_yaml="preprocessing: 3"),
        lambda: background.quantize(project_id, configuration_yaml="preprocessing: 3"),
    ):
        with pytest.raises(ConfigurationError):
            submit()
    assert workspace.jobs.jobs() == []
