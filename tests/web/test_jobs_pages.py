"""Jobs: the list, one job, its log, its events, cancelling and running again."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from accubench.records.job import Job, JobOutcome
from accubench.records.progress import Progress
from accubench.web import Workbench
from accubench.web.events import job_events
from accubench.web.job_view import job_view

BEGUN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def a_job(**changes: Any) -> Job:
    return Job(
        **{
            "id": "j-1",
            "kind": "evaluate",
            "title": "Accuracy report of squeezenet on imagenet-500",
            "arguments": {},
            "queue": "CPU",
            "created_at": BEGUN,
            **changes,
        }
    )


@pytest.fixture
def queued(workbench: Workbench) -> Job:
    """A job that waits; no worker runs here."""
    return workbench.workspace.background.import_model("/models/x.onnx", name="<b>model</b>")


def events(jobs: list[Job], closing: threading.Event | None = None) -> list[dict[str, Any]]:
    """What a stream sends that reads these jobs one after the other, the last for ever."""
    left = list(jobs)

    async def listen() -> list[str]:
        read = lambda: [left.pop(0) if len(left) > 1 else left[0]]  # noqa: E731
        return [text async for text in job_events(read, closing or threading.Event(), period_s=0.001)]

    sent = asyncio.run(listen())
    return [json.loads(text.split("data: ")[1]) for text in sent if text.startswith("event: progress\n")]


# --- pages ----------------------------------------------------------------------------------------


def test_without_jobs_the_page_says_what_would_be_here(client: TestClient) -> None:
    assert "Nothing has run yet" in client.get("/jobs").text


def test_jobs_are_listed_newest_first(client: TestClient, workbench: Workbench, queued: Job) -> None:
    newer = workbench.workspace.background.import_model(workbench.settings.roots[0] / "newer.onnx")

    shown = client.get("/jobs.json").json()

    assert [job["id"] for job in shown["jobs"]] == [newer.id, queued.id]
    assert shown["n_active"] == 2
    assert [job["id"] for job in client.get("/jobs.json?state=active").json()["jobs"]] == [newer.id, queued.id]
    assert client.get("/jobs.json?state=failed").json()["jobs"] == []
    assert "No such jobs" in client.get("/jobs?state=failed").text


def test_a_long_list_is_paged(client: TestClient, workbench: Workbench) -> None:
    made = [workbench.workspace.background.import_model("/x.onnx", name=str(n)).id for n in range(52)]

    first, second = client.get("/jobs.json").json(), client.get("/jobs.json?page=2").json()

    assert [job["id"] for job in first["jobs"] + second["jobs"]] == made[::-1]
    assert (first["newer"], first["older"]) == (None, "/jobs?page=2")
    assert (second["newer"], second["older"]) == ("/jobs", None)


def test_a_job_is_shown_with_its_title_as_text(client: TestClient, queued: Job) -> None:
    page = client.get(f"/jobs/{queued.id}").text

    assert "&lt;b&gt;model&lt;/b&gt;" in page
    assert "<b>model" not in page
    assert f'data-job="{queued.id}"' in page
    assert client.get(f"/jobs/{queued.id}.json").json()["job"]["state"] == "queued"


def test_an_unknown_job_is_a_page_that_says_so(client: TestClient) -> None:
    for address in ("/jobs/j-0", "/jobs/j-0/log.txt", "/jobs/j-0/events"):
        assert client.get(address).status_code == 404
    for address in ("/jobs/j-0/cancel", "/jobs/j-0/again"):
        assert client.post(address).status_code == 404
    assert "There is no such job" in client.get("/jobs/j-0").text


def test_the_log_is_shown_as_text(client: TestClient, workbench: Workbench, queued: Job) -> None:
    path = workbench.workspace.jobs.log_path(queued.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("<script>alert(1)</script> ünü\n", encoding="utf-8")

    assert "&lt;script&gt;alert(1)" in client.get(f"/jobs/{queued.id}").text
    raw = client.get(f"/jobs/{queued.id}/log.txt")
    assert raw.text == "<script>alert(1)</script> ünü\n"
    assert raw.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_waiting_job_is_cancelled_at_once_and_can_run_again(
    client: TestClient, workbench: Workbench, queued: Job
) -> None:
    answer = client.post(f"/jobs/{queued.id}/cancel")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/jobs/{queued.id}")
    assert workbench.workspace.jobs.job(queued.id).state == "cancelled"
    assert "Run again" in client.get(f"/jobs/{queued.id}").text

    again = client.post(f"/jobs/{queued.id}/again")
    (newest, _) = workbench.workspace.jobs.jobs()
    assert again.headers["location"] == f"/jobs/{newest.id}"
    assert (newest.state, newest.arguments, newest.title) == ("queued", queued.arguments, queued.title)


def test_cancelling_what_ended_changes_nothing(client: TestClient, workbench: Workbench, queued: Job) -> None:
    client.post(f"/jobs/{queued.id}/cancel")
    before = workbench.workspace.jobs.job(queued.id)

    assert client.post(f"/jobs/{queued.id}/cancel").status_code == 303
    assert workbench.workspace.jobs.job(queued.id) == before


def test_what_still_waits_is_not_run_a_second_time(client: TestClient, workbench: Workbench, queued: Job) -> None:
    assert client.post(f"/jobs/{queued.id}/again").headers["location"] == f"/jobs/{queued.id}"
    assert len(workbench.workspace.jobs.jobs()) == 1


# --- texts ----------------------------------------------------------------------------------------


def test_a_running_evaluation_is_told_in_numbers() -> None:
    progress = Progress(
        stage="evaluate", done=1200, total=50_000, rate=431.7, remaining_s=113.04, right=800, judged=1199
    )
    shown = job_view(a_job(state="running", progress=progress, started_at=BEGUN), now=BEGUN + timedelta(seconds=75))

    assert shown.count == "1,200 of 50,000 images"
    assert shown.rate == "432 images/s"
    assert shown.remaining == "1 min 53 s left"
    assert shown.accuracy == "66.7 % right so far, 95 % interval 64.0 to 69.3 % (800 of 1,199)"
    assert shown.took == "1 min 15 s"
    assert [stage.state for stage in shown.stages] == ["done", "current", "ahead"]
    assert (shown.cancellable, shown.repeatable, shown.ended) == (True, False, False)


def test_what_a_job_made_is_linked_when_it_succeeded() -> None:
    outcome = JobOutcome(result={"project_id": "p-1", "report_id": "r-1"})
    shown = job_view(a_job(state="succeeded", outcome=outcome, started_at=BEGUN, ended_at=BEGUN + timedelta(hours=2)))

    assert [(link.name, link.address) for link in shown.made] == [
        ("Open the report", "/reports/r-1"),
        ("Open the project", "/projects/p-1"),
    ]
    assert shown.took == "2 h 0 min"
    assert {stage.state for stage in shown.stages} == {"done"}


def test_why_a_job_failed_is_told() -> None:
    shown = job_view(a_job(state="failed", outcome=JobOutcome(error="The disk is full.")))

    assert (shown.error, shown.badge, shown.repeatable) == ("The disk is full.", "bad", True)


@pytest.mark.parametrize("state", ["queued", "succeeded", "failed", "cancelled"])
def test_old_progress_is_not_shown_of_what_does_not_run(state: str) -> None:
    shown = job_view(a_job(state=state, progress=Progress(stage="evaluate", done=1, total=2)))
    assert (shown.count, shown.total) == ("", None)


# --- events ---------------------------------------------------------------------------------------


def test_each_change_is_sent_once_until_the_job_ended() -> None:
    halfway = Progress(stage="evaluate", done=1, total=2)
    running = a_job(state="running", progress=halfway)
    jobs = [a_job(), a_job(), running, running, running, a_job(state="succeeded")]

    sent = events(jobs)

    assert [job["state"] for job in sent] == ["queued", "running", "succeeded"]
    assert sent[1]["progress"]["done"] == 1
    assert sent[1]["shown"]["count"] == "1 of 2 images"


def test_a_stream_ends_when_the_server_does() -> None:
    closing = threading.Event()
    closing.set()
    assert events([a_job(state="running")], closing) == []


def test_silence_is_broken_by_a_heartbeat() -> None:
    async def listen() -> list[str]:
        heard: list[str] = []
        stream = job_events(lambda: [a_job()], threading.Event(), period_s=0.001, heartbeat_s=0.003)
        async for text in stream:
            heard.append(text)
            if len(heard) == 4:
                await stream.aclose()  # type: ignore[attr-defined]
                break
        return heard

    retry, state, *beats = asyncio.run(listen())
    assert retry == "retry: 1000\n\n"
    assert state.startswith("event: progress\n")
    assert beats == [": still here\n\n"] * 2


def test_the_events_of_a_job_arrive_over_http(client: TestClient, workbench: Workbench, queued: Job) -> None:
    threading.Timer(1.5, workbench.workspace.jobs.cancel, [queued.id]).start()

    with client.stream("GET", f"/jobs/{queued.id}/events") as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        lines = list(answer.iter_lines())

    states = [json.loads(line.removeprefix("data: "))["state"] for line in lines if line.startswith("data: ")]
    assert states == ["queued", "cancelled"]


def test_one_stream_tells_the_news_of_several_jobs(client: TestClient, workbench: Workbench) -> None:
    first, second = (workbench.workspace.background.import_model("/x.onnx", name=name) for name in "ab")
    workbench.workspace.jobs.cancel(first.id)
    threading.Timer(1.5, workbench.workspace.jobs.cancel, [second.id]).start()

    answer = client.get("/jobs/events", params={"id": [first.id, "j-0", second.id]})

    told = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert [(job["id"], job["state"]) for job in told] == [
        (first.id, "cancelled"),
        (second.id, "queued"),
        (second.id, "cancelled"),
    ]
    assert client.get("/jobs/events").status_code == 422
