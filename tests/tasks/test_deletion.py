"""Deleting: what goes, what stays, what stands in the way, and what a killed process leaves."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accubench.errors import (
    DatasetNotFoundError,
    DatasetProblemsError,
    InUseError,
    ModelNotFoundError,
    ProjectNotFoundError,
    ReportNotFoundError,
)
from accubench.records.job import Job
from accubench.workspace import Workspace
from small_world import write_dataset, write_model


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


def folders(workspace: Workspace, kind: str) -> set[str]:
    place = workspace.folder / kind
    return {path.name for path in place.iterdir()} if place.is_dir() else set()


def evaluated(workspace: Workspace, place: Path, model: str = "m", dataset: str = "d"):
    model_path, folder = place / f"{model}.onnx", place / dataset
    if not model_path.exists():
        write_model(model_path, gain=20 if model == "m" else 7)
    if not folder.exists():
        write_dataset(folder, 6)
    return workspace.evaluate(model_path, folder)


def test_a_model_that_nothing_depends_on_goes_with_its_folder(workspace, tmp_path):
    model = workspace.import_model(write_model(tmp_path / "m.onnx"))
    assert workspace.dependents("model", model.id).n_bytes > 100
    workspace.delete_model(model.id)
    assert workspace.models() == []
    assert folders(workspace, "models") == set()
    assert (tmp_path / "m.onnx").is_file()
    with pytest.raises(ModelNotFoundError):
        workspace.delete_model(model.id)


def test_a_name_is_no_id_so_that_nothing_else_is_deleted(workspace, tmp_path):
    workspace.import_model(write_model(tmp_path / "m.onnx"))
    with pytest.raises(ModelNotFoundError):
        workspace.delete_model("m")


def test_what_depends_on_a_model_is_named_and_only_goes_when_meant(workspace, tmp_path):
    report = evaluated(workspace, tmp_path)
    other = evaluated(workspace, tmp_path, model="other")
    model_id = report.record.model_id
    with pytest.raises(InUseError, match=r"1 project \(m on d, CPU.*1 report \(m on d"):
        workspace.delete_model(model_id)
    assert len(workspace.reports()) == 2
    went = workspace.delete_model(model_id, with_dependents=True)
    assert [each.id for each in went.reports] == [report.id]
    assert [each.id for each in workspace.reports()] == [other.id]
    assert folders(workspace, "reports") == {other.id}
    assert folders(workspace, "predictions") == {other.record.predictions_id}
    assert [model.name for model in workspace.models()] == ["other"]
    assert len(workspace.datasets()) == 1
    assert len(other.images) == 6


def test_predictions_that_another_report_uses_stay(workspace, tmp_path):
    first, second = evaluated(workspace, tmp_path), evaluated(workspace, tmp_path)
    assert first.record.predictions_id == second.record.predictions_id
    assert workspace.delete_report(first.id).predictions == ()
    assert second.scores().shape == (6, 3)
    assert workspace.delete_report(second.id).predictions == (second.record.predictions_id,)
    assert folders(workspace, "predictions") == folders(workspace, "reports") == set()
    with pytest.raises(ReportNotFoundError):
        workspace.delete_report(second.id)


def test_a_dataset_goes_but_never_the_images_of_its_owner(workspace, tmp_path):
    report = evaluated(workspace, tmp_path)
    found = workspace.dependents("dataset", report.record.dataset_id)
    assert not found.uploaded
    assert found.any
    workspace.delete_dataset(report.record.dataset_id, with_dependents=True)
    assert workspace.datasets() == workspace.reports() == []
    assert folders(workspace, "datasets") == set()
    assert len(list((tmp_path / "d").glob("*.png"))) == 6
    with pytest.raises(DatasetNotFoundError):
        workspace.delete_dataset(report.record.dataset_id)


def test_a_project_goes_with_its_reports_and_leaves_model_and_dataset(workspace, tmp_path):
    report = evaluated(workspace, tmp_path)
    project_id = report.record.project_id
    with pytest.raises(InUseError, match="1 report"):
        workspace.delete_project(project_id)
    workspace.delete_project(project_id, with_dependents=True)
    assert workspace.reports() == []
    assert len(workspace.models()) == len(workspace.datasets()) == 1
    with pytest.raises(ProjectNotFoundError):
        workspace.delete_project(project_id)
    assert evaluated(workspace, tmp_path).record.project_id != project_id


@pytest.mark.parametrize("state", ["queued", "running", "cancelling", "succeeded"])
def test_only_a_job_that_has_not_ended_stands_in_the_way(workspace, tmp_path, state):
    model = workspace.import_model(write_model(tmp_path / "m.onnx"))
    job = Job(
        id="j-1",
        kind="create_project",
        title="Baseline of m",
        arguments={"model_id": model.id},
        queue="CPU",
        state=state,
        created_at=datetime.now(UTC),
    )
    workspace._store.catalogue.add_job(job)
    if state == "succeeded":
        workspace.delete_model(model.id)
        assert workspace.models() == []
    else:
        with pytest.raises(InUseError, match="'Baseline of m' \\(j-1\\)"):
            workspace.delete_model(model.id, with_dependents=True)
        assert workspace.models() == [model]


def test_predictions_that_another_process_makes_stand_in_the_way(workspace, tmp_path):
    report = evaluated(workspace, tmp_path)
    key = workspace._store.catalogue.predictions_by_id(report.record.predictions_id).key
    with workspace._store.lock(f"predictions {key}", waiting=lambda: None), pytest.raises(InUseError, match="Another"):
        workspace.delete_report(report.id)
    assert [each.id for each in workspace.reports()] == [report.id]


@pytest.mark.parametrize("dies_at", ["delete", "rmtree"])
def test_a_process_that_dies_while_deleting_leaves_nothing_in_the_end(workspace, tmp_path, monkeypatch, dies_at):
    report = evaluated(workspace, tmp_path)
    calls: list[object] = []

    def die(*arguments: object, **_: object) -> None:
        calls.append(arguments)
        if len(calls) == 3 or dies_at == "rmtree":
            raise SystemExit(9)
        original(*arguments)

    owner, name = (workspace._store.catalogue, "delete") if dies_at == "delete" else (shutil, "rmtree")
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, die)
    with pytest.raises(SystemExit):
        workspace.delete_model(report.record.model_id, with_dependents=True)
    monkeypatch.undo()
    assert folders(workspace, "reports") == {report.id}, "not yet"
    workspace.tidy()
    assert (
        folders(workspace, "reports") == folders(workspace, "predictions") == folders(workspace, "deletions") == set()
    )
    remaining = {project.model_id for project in workspace._store.catalogue.projects()}
    assert remaining <= {model.id for model in workspace.models()}
    assert folders(workspace, "models") == {model.id for model in workspace.models()}


def test_an_unpacked_archive_is_imported_once_and_goes_with_its_dataset(workspace, tmp_path):
    write_dataset(tmp_path / "d", 6)
    archive = Path(shutil.make_archive(str(tmp_path / "colours"), "gztar", tmp_path, "d"))
    dataset = workspace.import_dataset(archive)
    assert (dataset.name, dataset.n_images, dataset.archive) == ("colours", 6, str(archive))
    assert workspace.import_dataset(archive) == dataset
    assert workspace.dataset("colours") == dataset
    assert workspace.dependents("dataset", dataset.id).uploaded
    workspace.delete_dataset(dataset.id)
    assert folders(workspace, "unpacked") == set()
    assert archive.is_file()


def test_an_archive_that_is_no_dataset_leaves_nothing(workspace, tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "val.txt").write_text("missing.jpg 0\n")
    archive = shutil.make_archive(str(tmp_path / "text"), "zip", tmp_path, "text")
    with pytest.raises(DatasetProblemsError, match="missing"):
        workspace.import_dataset(archive)
    assert folders(workspace, "unpacked") == set()


def test_an_archive_may_not_name_images_of_this_machine(workspace, tmp_path):
    write_dataset(tmp_path / "private", 2)
    inside = tmp_path / "d"
    inside.mkdir()
    (inside / "images.csv").write_text(f"path,label\n{tmp_path}/private/image_00000.png,0\n")
    archive = shutil.make_archive(str(tmp_path / "d"), "zip", tmp_path, "d")
    with pytest.raises(DatasetProblemsError, match=r"images\.csv:2"):
        workspace.import_dataset(archive)
    assert workspace.datasets() == []


def test_uploads_stay_as_long_as_somebody_needs_them(workspace, tmp_path):
    images = workspace.uploads / "images"
    write_dataset(images, 3)
    dataset = workspace.import_dataset(images, name="uploaded")
    for name in ("idle", "wanted", "new.unfinished"):
        (workspace.uploads / name).mkdir()
    broken = workspace.uploads / "old.unfinished"
    broken.mkdir()
    os.utime(broken, (0, 0))
    arguments = {"path": str(workspace.uploads / "wanted" / "m.onnx")}
    job = Job(
        id="j-1", kind="import_model", title="t", arguments=arguments, queue="import", created_at=datetime.now(UTC)
    )
    workspace._store.catalogue.add_job(job)
    workspace.tidy()
    assert folders(workspace, "uploads") == {"images", "wanted", "new.unfinished"}
    workspace.delete_dataset(dataset.id)
    assert folders(workspace, "uploads") == {"wanted", "new.unfinished"}


def test_a_model_uploaded_twice_is_one_model_and_a_changed_one_its_next_version(workspace):
    first = workspace.import_model(write_model(workspace.uploads / "1" / "m.onnx"))
    again = workspace.import_model(write_model(workspace.uploads / "2" / "m.onnx"))
    changed = workspace.import_model(write_model(workspace.uploads / "3" / "m.onnx", gain=3))
    assert again == first
    assert (changed.name, changed.version) == ("m", 2)
