"""Workers, children and servers that die: jobs go on where they were."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from job_world import (
    SLOW_YAML,
    children_of,
    ended,
    finished_rows,
    kill,
    make_project,
    stored_bytes,
    supervised,
    until,
    worker_of,
)

from accubench.workspace import Workspace


def running(workspace, job):
    return until(lambda: workspace.jobs.job(job.id).state == "running" and children_of(workspace))


def the_worker(workspace):
    (pid,) = until(lambda: worker_of(workspace))
    return pid


@pytest.mark.slow
def test_a_killed_worker_starts_again_and_the_job_ends_as_if_nothing_had_happened(
    workspace, project_id, tmp_path, colour_model, few_images
):
    with Workspace(tmp_path / "undisturbed") as undisturbed, supervised(undisturbed):
        job = undisturbed.background.evaluate(
            make_project(undisturbed, colour_model, few_images), configuration_yaml=SLOW_YAML
        )
        assert ended(undisturbed, job).state == "succeeded"
        expected = stored_bytes(undisturbed)

    with supervised(workspace):
        job = workspace.background.evaluate(project_id, configuration_yaml=SLOW_YAML, fresh=True)
        kept: set[int] = set()
        for _ in range(2):
            until(lambda: len(finished_rows(workspace)) > len(kept))  # noqa: B023 - called at once
            (child,), worker = children_of(workspace), the_worker(workspace)
            kill(worker)
            until(lambda: child not in children_of(workspace), seconds=1)  # noqa: B023 - called at once
            kept = finished_rows(workspace)
            assert workspace.jobs.job(job.id).progress.done in {len(kept), len(kept) - 64}
            until(lambda: [pid for pid in worker_of(workspace) if pid != worker], seconds=2)  # noqa: B023
        again = ended(workspace, job)

    assert (again.state, again.attempts) == ("succeeded", 3)
    assert f"{len(kept)} are done already" in workspace.jobs.log(job.id)
    assert stored_bytes(workspace) == expected


def test_a_job_that_kills_its_worker_twice_without_getting_further_is_not_begun_again(workspace, project_id):
    with supervised(workspace):
        job = workspace.background.benchmark(project_id, 60)
        behind = workspace.background.benchmark(project_id, 0.1)
        for attempt in (1, 2):
            until(lambda: workspace.jobs.job(job.id).attempts == attempt and children_of(workspace))  # noqa: B023
            until(lambda: workspace.jobs.log(job.id).count("throughput") == attempt)  # noqa: B023
            kill(the_worker(workspace))
        failed, next_one = ended(workspace, job), ended(workspace, behind)

    assert (failed.state, failed.attempts) == ("failed", 2)
    assert "died 2 times in the stage 'benchmark'" in failed.outcome.error
    assert next_one.state == "succeeded"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGSEGV, "killed by signal 11 (SIGSEGV)"),
        (signal.SIGABRT, "killed by signal 6 (SIGABRT)"),
        (signal.SIGKILL, "killed by signal 9 (perhaps out of memory)"),
    ],
)
def test_a_crash_of_the_child_fails_the_job_with_its_signal_and_the_worker_lives(workspace, project_id, number, words):
    with supervised(workspace):
        job = workspace.background.benchmark(project_id, 60)
        running(workspace, job)
        worker = the_worker(workspace)
        kill(children_of(workspace)[0], number)
        failed = ended(workspace, job)
        after = ended(workspace, workspace.background.benchmark(project_id, 0.1))

        assert (failed.state, failed.attempts) == ("failed", 1)
        assert words in failed.outcome.error
        assert after.state == "succeeded"
        assert worker_of(workspace) == [worker]


def test_a_stopped_worker_gives_its_job_back_and_the_next_one_goes_on(workspace, project_id):
    with supervised(workspace):
        job = workspace.background.evaluate(project_id, configuration_yaml=SLOW_YAML)
        behind = workspace.background.benchmark(project_id, 0.1)
        until(lambda: finished_rows(workspace))
    kept = finished_rows(workspace)

    assert workspace.jobs.job(job.id).state == "queued"
    assert worker_of(workspace) == children_of(workspace) == []

    with supervised(workspace):
        first, second = ended(workspace, job), ended(workspace, behind)
    assert (first.state, second.state) == ("succeeded", "succeeded")
    assert first.ended_at <= second.started_at
    assert f"{len(kept)} are done already" in workspace.jobs.log(job.id)


def test_jobs_queued_without_a_worker_are_done_when_there_is_one(workspace, colour_model):
    job = workspace.background.import_model(colour_model)

    with supervised(workspace):
        assert ended(workspace, job).state == "succeeded"


def test_a_job_left_running_by_nobody_is_taken_up(workspace, project_id):
    job = workspace.background.benchmark(project_id, 0.1)
    left = job.model_copy(update={"state": "running", "attempts": 1, "started_at": job.created_at})
    workspace._store.catalogue.update_job(left, only_if={"queued"})

    with supervised(workspace):
        taken_up = ended(workspace, job)

    assert (taken_up.state, taken_up.attempts) == ("succeeded", 2)


def test_a_job_left_cancelling_by_nobody_is_cancelled(workspace, project_id):
    job = workspace.background.benchmark(project_id, 60)
    left = job.model_copy(update={"state": "cancelling", "attempts": 1, "started_at": job.created_at})
    workspace._store.catalogue.update_job(left, only_if={"queued"})

    with supervised(workspace):
        assert ended(workspace, job).state == "cancelled"


def test_a_worker_ends_with_the_server_that_started_it(workspace, project_id):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom accubench.jobs import supervise\n"
        "with supervise(Path(sys.argv[1])):\n    time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(workspace.folder)]) as server:
        job = workspace.background.benchmark(project_id, 60)
        running(workspace, job)
        server.kill()

    until(lambda: not children_of(workspace) and not worker_of(workspace), seconds=5)
    assert workspace.jobs.job(job.id).state == "queued"


def test_jobs_are_done_although_the_database_of_the_queue_was_lost(workspace, colour_model):
    with supervised(workspace):
        assert ended(workspace, workspace.background.import_model(colour_model)).state == "succeeded"
    for path in workspace.folder.glob("jobs.sqlite*"):
        path.unlink()
    job = workspace.background.import_model(colour_model)

    with supervised(workspace):
        assert ended(workspace, job).state == "succeeded"


def test_jobs_are_done_although_the_database_of_the_queue_was_damaged(workspace, colour_model):
    (workspace.folder / "jobs.sqlite").write_bytes(b"no database at all" * 1000)
    job = workspace.background.import_model(colour_model)

    with supervised(workspace):
        assert ended(workspace, job).state == "succeeded"
    assert (workspace.folder / "jobs.sqlite.damaged").exists()
