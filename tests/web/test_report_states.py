"""A report before, while and after it is made: waiting, interim, stopped, never begun."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from accubench import Workspace
from accubench.records.job import Job, JobOutcome
from accubench.storage import PartFolder, Store
from accubench.web import ServerSettings, Workbench, create_app
from accubench.workspace import AccuracyReport

TOKEN = "t" * 32
REPORT = "r-000000000-0000"
VIEWS = ("images", "images&layout=grid", "classes", "confusion", "calibration", "failed", "details", "history")


@pytest.fixture
def complete(tmp_path: Path, colour_model: Path, colour_dataset: Path) -> AccuracyReport:
    """A finished report of 150 images in parts of 64; the interim one of the tests is on the same predictions."""
    with Workspace(tmp_path / "workspace") as workspace:
        return workspace.evaluate(colour_model, colour_dataset)


@pytest.fixture
def parts(complete: AccuracyReport, tmp_path: Path) -> PartFolder:
    return PartFolder(tmp_path / "workspace" / "predictions" / complete.record.predictions_id)


@pytest.fixture
def client(tmp_path: Path, complete: AccuracyReport) -> Iterator[TestClient]:
    assert complete.summary.n == 150
    with Workspace(tmp_path / "workspace") as workspace:
        app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token=TOKEN)))
        yield TestClient(app, base_url="http://127.0.0.1:8000", headers={"Authorization": f"Bearer {TOKEN}"})


def keep_job(folder: Path, project_id: str, **changes: object) -> None:
    """Keep the record of an evaluation's job, as a worker that runs it would."""
    now = datetime.now(UTC)
    job = Job(
        id="j-000000000-0000",
        kind="evaluate",
        title="Accuracy report of colours",
        arguments={"project_id": project_id, "report_id": REPORT, "configuration_yaml": None, "precision": "f32"},
        queue="CPU",
        project_id=project_id,
        report_id=REPORT,
        state="running",
        created_at=now,
        started_at=now,
    )
    store = Store(folder)
    store.catalogue.add_job(job.model_copy(update=changes))
    store.close()


def test_an_interim_report_is_readable_and_says_how_far_it_is(
    client: TestClient, complete: AccuracyReport, parts: PartFolder, tmp_path: Path
) -> None:
    unfinished = parts.path(1).rename(tmp_path / "not finished yet")
    keep_job(tmp_path / "workspace", complete.record.project_id)
    page = client.get(f"/reports/{REPORT}").text
    assert "Interim: 86 of 150 images" in page
    assert 'data-job="j-000000000-0000"' in page
    for view in VIEWS:
        assert client.get(f"/reports/{REPORT}?view={view}").status_code == 200, view
    walk = client.get(f"/reports/{REPORT}/images/63.json").json()["place"]
    assert walk["next"] == f"/reports/{REPORT}/images/128"
    assert client.get(f"/reports/{REPORT}/images/100").status_code == 404
    unfinished.rename(parts.path(1))
    assert "Interim: 150 of 150 images" in client.get(f"/reports/{REPORT}").text


def test_counts_of_an_interim_report_are_those_of_its_images(
    client: TestClient, complete: AccuracyReport, parts: PartFolder, tmp_path: Path
) -> None:
    parts.path(0).rename(tmp_path / "not finished yet")
    keep_job(tmp_path / "workspace", complete.record.project_id)
    wrong = complete.erroneous.filter(complete.erroneous["image_name"] >= "image_00064.png")
    found = client.get(f"/reports/{REPORT}.json").json()
    assert found["views"]["images"]["pager"]["count"] == 86
    assert found["views"]["images"]["erroneous"]["top1_count"] == len(wrong)
    csv = client.post(f"/reports/{REPORT}/selection.csv", data={"position": "70"}).text
    assert "image_00070.png" in csv


def test_a_stopped_report_says_so_and_keeps_its_images(
    client: TestClient, complete: AccuracyReport, parts: PartFolder, tmp_path: Path
) -> None:
    parts.path(1).rename(tmp_path / "never finished")
    keep_job(tmp_path / "workspace", complete.record.project_id, state="cancelled", ended_at=datetime.now(UTC))
    page = client.get(f"/reports/{REPORT}").text
    assert "Stopped: 86 of 150 images" in page


def test_a_report_that_waits_for_its_turn_has_a_page(
    client: TestClient, complete: AccuracyReport, parts: PartFolder, tmp_path: Path
) -> None:
    for number in range(3):
        parts.path(number).unlink()
    keep_job(tmp_path / "workspace", complete.record.project_id, state="queued", started_at=None)
    answer = client.get(f"/reports/{REPORT}")
    assert answer.status_code == 200
    assert "appears here as soon as the first images are evaluated" in answer.text
    assert client.get(f"/reports/{REPORT}.json").json()["head"] is None
    assert client.get(f"/reports/{REPORT}/data.csv").status_code == 404


def test_a_report_that_never_began_says_why(
    client: TestClient, complete: AccuracyReport, parts: PartFolder, tmp_path: Path
) -> None:
    for number in range(3):
        parts.path(number).unlink()
    keep_job(
        tmp_path / "workspace",
        complete.record.project_id,
        state="failed",
        ended_at=datetime.now(UTC),
        outcome=JobOutcome(error="The device <CPU> is on strike."),
    )
    page = client.get(f"/reports/{REPORT}").text
    assert "The device &lt;CPU&gt; is on strike." in page
    assert "/jobs/j-000000000-0000" in page
