"""Cancel frees the cores within two seconds, in every stage."""

from __future__ import annotations

import os
import signal
import time

import pytest
from job_world import SLOW_YAML, children_of, ended, finished_rows, make_project, supervised, until

from accubench.workspace import Workspace


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with Workspace(tmp_path_factory.mktemp("served") / "workspace") as workspace, supervised(workspace):
        yield workspace


@pytest.fixture
def served_project(served, colour_model, few_images):
    return make_project(served, colour_model, few_images)


def cancel_and_measure(workspace, job):
    """Seconds until no process of the job is left, and the job then."""
    asked = time.monotonic()
    assert workspace.jobs.cancel(job.id).state in {"cancelling", "cancelled"}
    until(lambda: not children_of(workspace))
    return time.monotonic() - asked, ended(workspace, job, seconds=5)


def test_a_queued_job_is_cancelled_at_once_and_never_runs(served, served_project):
    running = served.background.benchmark(served_project, 2)
    waiting = served.background.benchmark(served_project, 2)
    until(lambda: served.jobs.job(running.id).state == "running")

    assert served.jobs.cancel(waiting.id).state == "cancelled"

    assert ended(served, running).state == "succeeded"
    behind = ended(served, served.background.benchmark(served_project, 0.1))
    assert behind.state == "succeeded"
    cancelled = served.jobs.job(waiting.id)
    assert (cancelled.state, cancelled.attempts, cancelled.started_at) == ("cancelled", 0, None)


def test_a_running_evaluation_frees_the_cores_within_two_seconds_and_keeps_finished_parts(served, served_project):
    job = served.background.evaluate(served_project, configuration_yaml=SLOW_YAML)
    until(lambda: finished_rows(served))
    seconds, cancelled = cancel_and_measure(served, job)

    assert seconds < 2
    assert cancelled.state == "cancelled"
    kept = finished_rows(served)
    assert 64 <= len(kept) < 256

    again = ended(served, served.background.evaluate(served_project, configuration_yaml=SLOW_YAML))
    assert again.state == "succeeded"
    assert f"{len(kept)} are done already" in served.jobs.log(again.id)


@pytest.mark.parametrize("pause_s", [0.0, 0.1, 0.4, 0.8])
def test_a_job_that_has_just_begun_frees_the_cores_within_two_seconds(served, served_project, pause_s):
    job = served.background.benchmark(served_project, 60)
    until(lambda: children_of(served))
    time.sleep(pause_s)

    seconds, cancelled = cancel_and_measure(served, job)

    assert seconds < 2
    assert cancelled.state == "cancelled"


def test_a_child_that_does_not_listen_is_killed_within_two_seconds(served, served_project):
    job = served.background.benchmark(served_project, 60)
    (child,) = until(lambda: children_of(served))
    until(lambda: served.jobs.job(job.id).progress)
    os.kill(child, signal.SIGSTOP)  # like native code that runs on: no handler of Python is called

    seconds, cancelled = cancel_and_measure(served, job)

    assert 1 < seconds < 2
    assert cancelled.state == "cancelled"


def test_cancelling_what_has_ended_changes_nothing(served, colour_model):
    job = ended(served, served.background.import_model(colour_model))

    assert served.jobs.cancel(job.id) == job


def test_without_a_worker_a_running_job_is_cancelled_at_once(workspace, project_id):
    job = workspace.background.benchmark(project_id, 1)
    left = job.model_copy(update={"state": "running", "attempts": 1})
    workspace._store.catalogue.update_job(left, only_if={"queued"})

    assert workspace.jobs.cancel(job.id).state == "cancelled"
