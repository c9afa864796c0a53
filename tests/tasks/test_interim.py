"""Reports of evaluations that are not finished: the finished images and no others, at the same places."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from accubench.errors import ReportNotFoundError, UsageError
from accubench.records.job import Job
from accubench.records.progress import Progress
from accubench.storage import Part, PartFolder, Store
from accubench.tasks.evaluate import Evaluation, evaluate
from accubench.tasks.evaluation_request import requested_evaluation
from accubench.tasks.surroundings import Surroundings
from accubench.workspace import AccuracyReport, Workspace

REPORT = "r-000000000-0000"


def keep_job(folder: Path, project_id: str, **changes: object) -> Job:
    """Keep the record of an evaluation's job, as a worker that runs it would."""
    job = Job(
        id="j-000000000-0000",
        kind="evaluate",
        title="Accuracy report",
        arguments={"project_id": project_id, "report_id": REPORT, "configuration_yaml": None, "precision": "f32"},
        queue="CPU",
        project_id=project_id,
        report_id=REPORT,
        state="running",
        created_at=datetime.now(UTC),
        started_at=datetime.now(UTC),
    ).model_copy(update=changes)
    store = Store(folder)
    store.catalogue.add_job(job)
    store.close()
    return job


@pytest.fixture
def complete(tmp_path: Path, colour_model: Path, colour_dataset: Path) -> AccuracyReport:
    """A finished report of 150 images in parts of 64."""
    return Workspace(tmp_path / "workspace").evaluate(colour_model, colour_dataset)


@pytest.fixture
def parts(complete: AccuracyReport, tmp_path: Path) -> PartFolder:
    return PartFolder(tmp_path / "workspace" / "predictions" / complete.record.predictions_id)


def test_an_interim_report_has_the_finished_images_at_their_places(
    tmp_path: Path, complete: AccuracyReport, parts: PartFolder
) -> None:
    parts.path(1).rename(tmp_path / "not finished yet")
    keep_job(tmp_path / "workspace", complete.record.project_id)

    with Workspace(tmp_path / "workspace") as workspace:
        interim = workspace.report(REPORT)

        rows = [*range(64), *range(128, 150)]
        assert (interim.interim, interim.stopped, interim.n_expected) == (True, False, 150)
        assert_frame_equal(interim.images, complete.images[rows])
        assert interim.positions().tolist() == rows
        assert interim.positions(["image_name=image_00130.png"]).tolist() == [130]
        assert interim.image(130) == complete.image(130)
        assert interim.summary.n == 86
        assert interim.top1 is not None
        assert (interim.top1.right, interim.top1.n) == (71, 86)


def test_the_same_object_is_given_until_another_part_is_finished(
    tmp_path: Path, complete: AccuracyReport, parts: PartFolder
) -> None:
    unfinished = parts.path(1).rename(tmp_path / "not finished yet")
    keep_job(tmp_path / "workspace", complete.record.project_id)

    with Workspace(tmp_path / "workspace") as workspace:
        before = workspace.report(REPORT)
        assert workspace.report(REPORT) is before
        unfinished.rename(parts.path(1))
        after = workspace.report(REPORT)

        assert (len(before.images), len(after.images)) == (86, 150)
        assert after.summary == complete.summary
        assert after.record.reading == complete.record.reading


def test_finished_parts_are_read_once(
    tmp_path: Path, complete: AccuracyReport, parts: PartFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished = parts.path(1).rename(tmp_path / "not finished yet")
    keep_job(tmp_path / "workspace", complete.record.project_id)
    read: list[int] = []
    really_read = PartFolder.read

    def noted(self: PartFolder, number: int) -> Part:
        read.append(number)
        return really_read(self, number)

    monkeypatch.setattr(PartFolder, "read", noted)
    with Workspace(tmp_path / "workspace") as workspace:
        workspace.report(REPORT)
        unfinished.rename(parts.path(1))
        workspace.report(REPORT)

    assert sorted(read) == [0, 1, 2]


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_what_a_stopped_job_finished_stays_and_is_marked(
    tmp_path: Path, complete: AccuracyReport, parts: PartFolder, state: str
) -> None:
    parts.path(2).unlink()
    keep_job(tmp_path / "workspace", complete.record.project_id, state=state, ended_at=datetime.now(UTC))

    with Workspace(tmp_path / "workspace") as workspace:
        stopped = workspace.report(REPORT)

        assert (stopped.interim, stopped.stopped, stopped.summary.n_images) == (True, True, 128)


def test_an_image_that_is_not_finished_is_not_in_the_report(
    tmp_path: Path, complete: AccuracyReport, parts: PartFolder
) -> None:
    parts.path(1).unlink()
    keep_job(tmp_path / "workspace", complete.record.project_id)

    with Workspace(tmp_path / "workspace") as workspace:
        interim = workspace.report(REPORT)
        for position in (64, 127, 150, -1, 2**70):
            with pytest.raises(UsageError, match=f"no image {position} "):
                interim.image(position)


def test_a_report_of_which_nothing_is_finished_is_not_found(
    tmp_path: Path, complete: AccuracyReport, parts: PartFolder
) -> None:
    for number in parts.finished():
        parts.path(number).unlink()
    keep_job(tmp_path / "workspace", complete.record.project_id)

    with Workspace(tmp_path / "workspace") as workspace, pytest.raises(ReportNotFoundError):
        workspace.report(REPORT)


def test_a_fresh_run_does_not_show_scores_that_were_there_before(tmp_path: Path, complete: AccuracyReport) -> None:
    arguments = {"project_id": complete.record.project_id, "report_id": REPORT, "fresh": True}
    keep_job(tmp_path / "workspace", complete.record.project_id, arguments=arguments)

    with Workspace(tmp_path / "workspace") as workspace, pytest.raises(ReportNotFoundError):
        workspace.report(REPORT)


def test_a_fresh_run_shows_scores_begun_since_it_was_asked_for(tmp_path: Path, complete: AccuracyReport) -> None:
    arguments = {"project_id": complete.record.project_id, "report_id": REPORT, "fresh": True}
    asked = complete.record.created_at - timedelta(hours=1)
    keep_job(tmp_path / "workspace", complete.record.project_id, arguments=arguments, created_at=asked)

    with Workspace(tmp_path / "workspace") as workspace:
        assert workspace.report(REPORT).summary == complete.summary


def test_a_deleted_report_does_not_come_back_as_an_interim_one(tmp_path: Path, complete: AccuracyReport) -> None:
    keep_job(tmp_path / "workspace", complete.record.project_id, state="succeeded")

    with Workspace(tmp_path / "workspace") as workspace, pytest.raises(ReportNotFoundError):
        workspace.report(REPORT)


def test_a_job_whose_configuration_is_wrong_has_no_interim_report(tmp_path: Path, complete: AccuracyReport) -> None:
    arguments = {"project_id": complete.record.project_id, "report_id": REPORT, "configuration_yaml": "no: steps"}
    keep_job(tmp_path / "workspace", complete.record.project_id, arguments=arguments, state="failed")

    with Workspace(tmp_path / "workspace") as workspace, pytest.raises(ReportNotFoundError):
        workspace.report(REPORT)


def test_an_evaluation_asked_for_anew_continues_its_own_earlier_attempt(
    tmp_path: Path, complete: AccuracyReport
) -> None:
    with Workspace(tmp_path / "workspace") as workspace:
        model, dataset = workspace.models()[0], workspace.datasets()[0]
    store = Store(tmp_path / "workspace")
    surroundings = Surroundings(store=store, now=lambda: datetime.now(UTC), clock=time.perf_counter, entropy=os.urandom)

    asked = complete.record.created_at - timedelta(hours=1)
    again = evaluate(surroundings, Evaluation(model=model, dataset=dataset, fresh=True, asked_at=asked))
    anew = evaluate(surroundings, Evaluation(model=model, dataset=dataset, fresh=True, asked_at=datetime.now(UTC)))
    store.close()

    assert again.predictions_id == complete.record.predictions_id
    assert anew.predictions_id != complete.record.predictions_id


def test_while_an_evaluation_runs_its_interim_report_has_the_rows_on_disk(
    tmp_path: Path, complete: AccuracyReport
) -> None:
    folder = tmp_path / "workspace"
    arguments = {"project_id": complete.record.project_id, "report_id": REPORT, "fresh": True}
    job = keep_job(folder, complete.record.project_id, arguments=arguments)
    store = Store(folder)
    seen: list[int] = []

    def rows_on_disk() -> int:
        predictions = store.catalogue.predictions_of()[-1]
        finished = store.parts(predictions).finished()
        return sum(min(150 - 64 * number, 64) for number in finished)

    def look(progress: Progress) -> None:
        if not progress.done:
            return
        before = rows_on_disk()
        with Workspace(folder) as workspace:
            found = workspace.report(REPORT).summary.n_images
        assert before <= found <= rows_on_disk()
        seen.append(found)

    surroundings = Surroundings(
        store=store, now=lambda: datetime.now(UTC), clock=time.perf_counter, entropy=os.urandom, progress=look
    )
    evaluate(surroundings, requested_evaluation(store, job))
    store.close()

    assert seen
    with Workspace(folder) as workspace:
        report = workspace.report(REPORT)
        assert (report.interim, report.summary) == (False, complete.summary)
