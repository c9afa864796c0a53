"""Server-sent events: the news of jobs as they come."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable

from fastapi.concurrency import run_in_threadpool

from accubench.records.job import Job
from accubench.web.job_view import job_view

__all__ = ["job_document", "job_events"]

_PERIOD_S = 0.25
_HEARTBEAT_S = 15.0


def job_document(job: Job) -> dict[str, object]:
    """A job's record with, under ``shown``, the texts that pages show of it."""
    return {**job.model_dump(mode="json"), "shown": job_view(job).model_dump(mode="json")}


async def job_events(
    read: Callable[[], Iterable[Job]],
    closing: threading.Event,
    *,
    period_s: float = _PERIOD_S,
    heartbeat_s: float = _HEARTBEAT_S,
) -> AsyncIterator[str]:
    """The events of some jobs: the state of each now, then each change, until all have ended.

    Args:
        read: Gives the jobs anew.
        closing: Set when the server ends; the stream then ends too, and browsers come back to the next server.
        period_s: Seconds between two looks.
        heartbeat_s: Seconds of silence after which a comment is sent, so that a broken connection is noticed.
    """
    yield "retry: 1000\n\n"
    sent: dict[str, Job] = {}
    silent_s = 0.0
    while not closing.is_set():
        jobs = list(await run_in_threadpool(read))
        for job in jobs:
            if sent.get(job.id) != job:
                sent[job.id], silent_s = job, 0.0
                yield f"event: progress\ndata: {json.dumps(job_document(job))}\n\n"
        if all(job.ended for job in jobs):
            return
        await asyncio.sleep(period_s)
        silent_s += period_s
        if silent_s >= heartbeat_s:
            silent_s = 0.0
            yield ": still here\n\n"
