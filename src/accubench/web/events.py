"""Server-sent events: a job's news as they come."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable

from fastapi.concurrency import run_in_threadpool

from accubench.errors import JobNotFoundError
from accubench.records.job import Job
from accubench.web.job_view import job_view

__all__ = ["job_document", "job_events"]

_PERIOD_S = 0.25
_HEARTBEAT_S = 15.0


def job_document(job: Job) -> dict[str, object]:
    """A job's record with, under ``shown``, the texts that pages show of it."""
    return {**job.model_dump(mode="json"), "shown": job_view(job).model_dump(mode="json")}


async def job_events(
    read: Callable[[], Job],
    closing: threading.Event,
    *,
    period_s: float = _PERIOD_S,
    heartbeat_s: float = _HEARTBEAT_S,
) -> AsyncIterator[str]:
    """The events of one job: its state now, then each change, until it ended.

    Args:
        read: Gives the job anew.
        closing: Set when the server ends; the stream then ends too, and browsers come back to the next server.
        period_s: Seconds between two looks.
        heartbeat_s: Seconds of silence after which a comment is sent, so that a broken connection is noticed.
    """
    yield "retry: 1000\n\n"
    sent: Job | None = None
    silent_s = 0.0
    while not closing.is_set():
        try:
            job = await run_in_threadpool(read)
        except JobNotFoundError:
            return
        if job != sent:
            sent, silent_s = job, 0.0
            yield f"event: progress\ndata: {json.dumps(job_document(job))}\n\n"
        if job.ended:
            return
        await asyncio.sleep(period_s)
        silent_s += period_s
        if silent_s >= heartbeat_s:
            silent_s = 0.0
            yield ": still here\n\n"
