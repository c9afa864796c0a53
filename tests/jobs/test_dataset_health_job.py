"""A health check as a job: from the queue to the outcome, and cancelled on the way."""

from __future__ import annotations

import os

import pytest
from job_world import children_of, ended, supervised, until
from PIL import Image

from accubench.workspace import Workspace


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with Workspace(tmp_path_factory.mktemp("served") / "workspace") as workspace, supervised(workspace):
        yield workspace


@pytest.fixture(scope="module")
def slow_dataset(served, tmp_path_factory):
    """One file under many names, small on disk and large when it is decoded."""
    folder = tmp_path_factory.mktemp("slow") / "slow"
    folder.mkdir()
    Image.new("RGB", (4000, 4000)).save(folder / "0.png")
    for number in range(1, 400):
        os.link(folder / "0.png", folder / f"{number}.png")
    return served.import_dataset(folder)


def test_a_check_runs_in_the_background_and_stays_with_its_dataset(served, few_images):
    dataset = served.import_dataset(few_images)

    job = ended(served, served.background.check_dataset(dataset.id))

    assert job.outcome is not None
    assert job.progress is not None
    assert (job.state, job.outcome.result) == ("succeeded", {"dataset_id": dataset.id})
    assert (job.progress.stage, job.progress.done, job.progress.total) == ("look", 256, 256)
    health = served.dataset_health(dataset)
    assert health is not None
    assert health.n_images == 256


def test_a_running_check_tells_how_far_it_is_and_is_cancelled(served, slow_dataset):
    job = served.background.check_dataset(slow_dataset.id)
    until(lambda: (told := served.jobs.job(job.id).progress) and told.done)
    assert served.background.check_dataset(slow_dataset.id).id == job.id

    served.jobs.cancel(job.id)

    assert ended(served, job, seconds=5).state == "cancelled"
    assert not children_of(served)
    told = served.jobs.job(job.id).progress
    assert told is not None
    assert 0 < told.done < 400
    assert served.dataset_health(slow_dataset) is None
