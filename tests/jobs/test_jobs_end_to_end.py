"""Every kind of job, done by a real worker."""

from __future__ import annotations

import json
import stat

import polars as pl
import pytest
from job_world import SLOW_YAML, ended, finished_rows, make_project, supervised, until

from accubench.errors import JobNotFoundError, UsageError
from accubench.workspace import Workspace


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with Workspace(tmp_path_factory.mktemp("served") / "workspace") as workspace, supervised(workspace):
        yield workspace


def done(workspace, job):
    now = ended(workspace, job)
    assert (now.state, now.outcome and now.outcome.error) == ("succeeded", None), workspace.jobs.log(job.id)
    return now


def test_imports_a_model(served, colour_model):
    job = done(served, served.background.import_model(colour_model, name="colours"))

    assert served.model(job.outcome.result["model_id"]).name == "colours"
    assert job.queue == "import"
    assert job.created_at < job.started_at < job.ended_at
    assert job.attempts == 1


def test_imports_a_dataset_with_options(served, few_images):
    job = done(
        served, served.background.import_dataset(few_images, name="few", annotations=str(few_images / "val.txt"))
    )

    imported = served._store.catalogue.dataset(job.outcome.result["dataset_id"])
    assert (imported.name, imported.n_images) == ("few", 256)


def test_creates_a_project_at_once_and_measures_its_baseline(served, colour_model, few_images):
    model, dataset = served.import_model(colour_model), served.import_dataset(few_images)

    queued = served.background.create_project(model.id, dataset.id)
    project = served._store.catalogue.project_by_id(queued.project_id)
    job = done(served, queued)

    assert (project.model_id, project.dataset_id, job.queue) == (model.id, dataset.id, "CPU")
    (baseline,) = [found for found in served._store.catalogue.benchmarks(model.id) if found.baseline]
    assert job.outcome.result == {"project_id": project.id, "benchmark_id": baseline.id}


def test_measures_speed(served, colour_model, few_images):
    project_id = make_project(served, colour_model, few_images)

    job = done(served, served.background.benchmark(project_id, 0.2))

    (measured,) = [
        found
        for found in served._store.catalogue.benchmarks(served.import_model(colour_model).id)
        if found.id == job.outcome.result["benchmark_id"]
    ]
    assert not measured.baseline


def test_makes_the_report_that_was_announced_with_progress_log_and_all(served, colour_model, few_images):
    project_id = make_project(served, colour_model, few_images)

    queued = served.background.evaluate(project_id)
    job = done(served, queued)

    report = served.report(queued.report_id)
    assert job.outcome.result == {"project_id": project_id, "report_id": queued.report_id}
    assert report.record.summary.n == 256
    assert report.top1.value == 240 / 256
    assert (job.progress.done, job.progress.total) == (256, 256)
    assert (job.progress.right, job.progress.judged) == (240, 256)
    log = served.jobs.log(job.id).splitlines()
    assert log[0].endswith(f"  {job.title}.")
    assert any("evaluate: 256 images to go" in line for line in log)
    assert log[-1].endswith("Done.")
    assert served.jobs.log_path(job.id).read_text().splitlines() == log


def test_a_configuration_decides_how_a_report_is_made(served, colour_model, few_images):
    project_id = make_project(served, colour_model, few_images)
    yaml = (
        "preprocessing:\n- decode: {color: BGR}\n- resize: {size: 8}\n- normalize: {scale: [255, 255, 255]}\n"
        "metrics: {top_k: [1]}\n"
    )

    job = done(served, served.background.evaluate(project_id, configuration_yaml=yaml, fresh=True))

    assert served.report(job.report_id).record.configuration.configuration.decode.color == "BGR"


def test_what_a_task_refuses_is_the_outcome(served, tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x08\x07nothing")

    job = ended(served, served.background.import_model(broken))

    assert job.state == "failed"
    assert "broken.onnx" in job.outcome.error
    assert "Traceback" not in job.outcome.error
    assert "Failed: " in served.jobs.log(job.id)


def test_what_nobody_foresaw_fails_the_job_and_its_traceback_is_in_the_log(served, colour_model, few_images):
    project_id = make_project(served, colour_model, few_images)
    dataset = served.import_dataset(few_images, name="damaged")
    damaged = served._store.catalogue.project_by_id(project_id).model_copy(
        update={"id": "p-damaged", "dataset_id": dataset.id}
    )
    served._store.catalogue.add_project(damaged)
    pl.DataFrame({"something": ["else"]}).write_parquet(served.folder / "datasets" / dataset.id / "manifest.parquet")

    failed = ended(served, served.background.evaluate("p-damaged"))

    assert failed.state == "failed"
    assert failed.outcome.error.startswith("Unexpected ColumnNotFoundError: ")
    assert failed.outcome.error.endswith(" See the log.")
    assert "Traceback" in served.jobs.log(failed.id)


def test_jobs_of_one_queue_run_in_order_and_those_of_others_beside_them(served, colour_model, few_images):
    project_id = make_project(served, colour_model, few_images)
    measured = [served.background.benchmark(project_id, 0.7) for _ in range(3)]
    imported = served.background.import_model(colour_model)

    first, second, third = (done(served, job) for job in measured)
    beside = done(served, imported)

    assert first.ended_at <= second.started_at
    assert second.ended_at <= third.started_at
    assert beside.ended_at < third.started_at


def test_progress_equals_the_rows_on_disk_while_a_report_is_made(served, colour_model, few_images, tmp_path):
    with Workspace(tmp_path / "own") as workspace, supervised(workspace):
        project_id = make_project(workspace, colour_model, few_images)
        job = workspace.background.evaluate(project_id, configuration_yaml=SLOW_YAML)
        seen = set()

        def look():
            before = len(finished_rows(workspace))
            now = workspace.jobs.job(job.id)
            after = len(finished_rows(workspace))
            if before == after and now.progress and now.progress.total:
                seen.add((now.progress.done, after))
            return now.ended

        until(look)

    shown = {done for done, on_disk in seen if done == on_disk}
    assert {64, 128, 192} <= shown
    # Between the writing of a part and the word of it lie some milliseconds.
    assert all(0 <= on_disk - done <= 64 for done, on_disk in seen)


def test_the_database_of_the_queue_belongs_to_its_owner_alone(served, colour_model):
    done(served, served.background.import_model(colour_model))

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in served.folder.glob("jobs.sqlite*")}
    assert set(modes.values()) == {0o600}
    assert "jobs.sqlite-wal" in modes


def test_files_of_a_job_are_whole_json(served, colour_model):
    job = done(served, served.background.import_model(colour_model))
    folder = served.jobs.log_path(job.id).parent

    assert json.loads((folder / "outcome.json").read_text())["result"] == job.outcome.result
    assert sorted(path.name for path in folder.iterdir()) == [
        "attempts.json",
        "log.txt",
        "outcome.json",
        "progress.json",
    ]


def test_a_job_with_wrong_arguments_is_not_queued(served):
    with pytest.raises(UsageError, match="seconds"):
        served.jobs.submit("benchmark", {"project_id": "p", "seconds": -1}, title="Wrong", queue="CPU")
    with pytest.raises(UsageError, match="no kind of job"):
        served.jobs.submit("nonsense", {}, title="Wrong", queue="CPU")


def test_an_unknown_job_is_not_found(served):
    for ask in (served.jobs.job, served.jobs.cancel, served.jobs.log, served.jobs.log_path):
        with pytest.raises(JobNotFoundError, match=r"\.\./nothing"):
            ask("../nothing")
