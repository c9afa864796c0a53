"""The health card of a dataset's page: the button, the check under way, and what it told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from accubench.jobs.work import do_work
from accubench.records.job import JobOutcome
from small_world import write_dataset, write_model


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("images") / "colours", 12)


@pytest.fixture
def dataset(workbench, images):
    return workbench.workspace.import_dataset(images)


def press(client, dataset, **fields):
    answer = client.post(f"/datasets/{dataset.id}/check", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/datasets/{dataset.id}#health")
    return answer


def card(client, dataset):
    return client.get(f"/datasets/{dataset.id}.json").json()["health_card"]


def work(workbench, job, **changes):
    """What a worker does with a job, or what is said to have become of it."""
    if not changes:
        made = do_work(workbench.workspace._surroundings(), job)
        changes = {"state": "succeeded", "outcome": JobOutcome(result=made)}
    workbench.workspace._store.catalogue.update_job(job.model_copy(update=changes), only_if={"queued"})


def test_without_health_the_card_offers_to_look(client, dataset):
    page = client.get(f"/datasets/{dataset.id}").text

    assert "Nobody has looked at the images yet" in page
    assert f'action="/datasets/{dataset.id}/check"' in page
    assert f"accubench datasets check {dataset.id}" in page
    assert card(client, dataset) == {**card(client, dataset), "health": None, "job": None, "failed_job": None}


def test_the_button_queues_a_check_that_the_page_follows_until_it_shows_the_outcome(client, workbench, dataset):
    workbench.workspace.evaluate(
        workbench.workspace.import_model(write_model(workbench.workspace.folder / "m.onnx")), dataset
    )
    press(client, dataset)

    (job,) = workbench.workspace.jobs.jobs()
    assert (job.kind, job.arguments, job.queue) == ("check_dataset", {"dataset_id": dataset.id, "fresh": False}, "CPU")
    waiting = client.get(f"/datasets/{dataset.id}").text
    assert f'data-job="{job.id}"' in waiting
    assert f'action="/jobs/{job.id}/cancel"' in waiting
    assert "/check" not in waiting.replace("datasets check", "")
    assert "Health check of colours" in client.get("/jobs").text

    work(workbench, job)

    page = client.get(f"/datasets/{dataset.id}").text
    assert "Every image can be decoded." in page
    assert "Check again" in page
    assert "data-job=" not in page
    shown = card(client, dataset)["health"]
    assert sum(bar["n"] for bar in shown["shorter_sides"]) == 12
    assert [(row["model"], row["n"]) for row in shown["smaller"]] == [("m", 0)]
    assert f'href="/datasets/{dataset.id}"' in client.get(f"/jobs/{job.id}").text


def test_pressing_twice_is_one_check(client, workbench, dataset):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: press(client, dataset), range(4)))
    assert len(workbench.workspace.jobs.jobs()) == 1

    other = workbench.workspace.import_dataset(write_dataset(workbench.workspace.folder / "other", 3))
    press(client, other)
    assert len(workbench.workspace.jobs.jobs()) == 2


def test_checking_again_looks_again_and_once(client, workbench, dataset):
    first = workbench.workspace.check_dataset(dataset)
    press(client, dataset, fresh="true")
    (job,) = workbench.workspace.jobs.jobs()

    do_work(workbench.workspace._surroundings(), job)
    second = workbench.workspace.dataset_health(dataset)
    do_work(workbench.workspace._surroundings(), job)  # its worker died before it could say that it was done

    assert first.created_at < second.created_at
    assert workbench.workspace.dataset_health(dataset) == second


def test_a_check_that_failed_says_why_until_one_succeeds(client, workbench, dataset):
    press(client, dataset)
    (job,) = workbench.workspace.jobs.jobs()
    failure = {
        "state": "failed",
        "outcome": JobOutcome(error="The disk <b>is</b> full."),
        "ended_at": datetime.now(UTC),
    }
    work(workbench, job, **failure)

    page = client.get(f"/datasets/{dataset.id}").text
    assert "The disk &lt;b&gt;is&lt;/b&gt; full." in page
    assert "Check the images" in page

    press(client, dataset)
    work(workbench, workbench.workspace.jobs.jobs()[0])
    assert "disk" not in client.get(f"/datasets/{dataset.id}").text


def test_a_cancelled_check_leaves_the_card_as_it_was(client, workbench, dataset):
    press(client, dataset)
    (job,) = workbench.workspace.jobs.jobs()
    client.post(f"/jobs/{job.id}/cancel")

    assert "Check the images" in client.get(f"/datasets/{dataset.id}").text
    press(client, dataset)
    assert [each.state for each in workbench.workspace.jobs.jobs()] == ["queued", "cancelled"]


def test_a_dataset_is_not_deleted_under_its_check(client, dataset):
    press(client, dataset)
    refused = client.post(f"/datasets/{dataset.id}/delete")
    assert refused.status_code == 409
    assert "Health check of colours" in refused.text


def test_an_unknown_dataset_is_a_clear_404(client, workbench):
    assert client.post("/datasets/d-000000000-0000/check").status_code == 404
    assert workbench.workspace.jobs.jobs() == []
