"""Pages of jobs: what runs, what waits, what became of the rest."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, RedirectResponse, StreamingResponse

from accubench.errors import JobNotFoundError
from accubench.records.job import ENDED, Job, JobState
from accubench.web.events import job_events
from accubench.web.job_view import CANCELLABLE, JobLink, JobView, job_view
from accubench.web.pages import PageContext, page
from accubench.web.workbench import Workbench, WorkbenchDependency

if TYPE_CHECKING:
    from accubench.jobs import Jobs

__all__ = ["router"]

router = APIRouter()
_PER_PAGE = 50
_MOST_FOLLOWED = 200
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "The stream"}
}
_SHOWN_LOG_CHARACTERS = 60_000
_ACTIVE: tuple[JobState, ...] = ("running", "cancelling", "queued")
StateFilter = Literal["active", "succeeded", "failed", "cancelled"]
_FILTERS: dict[StateFilter, tuple[JobState, ...]] = {
    "active": _ACTIVE,
    "succeeded": ("succeeded",),
    "failed": ("failed",),
    "cancelled": ("cancelled",),
}


class JobsTab(JobLink):
    """A choice of which jobs to list."""

    current: bool


class JobsPage(PageContext):
    """All jobs, newest first."""

    jobs: tuple[JobView, ...]
    tabs: tuple[JobsTab, ...]
    n_active: int
    """Jobs that run or wait."""
    older: str | None
    """Address of the next page, where there is one."""
    newer: str | None
    state: StateFilter | None


class JobPage(PageContext):
    """One job."""

    job: Job
    shown: JobView
    log: str
    """The end of its log."""
    log_shortened: bool
    queue: str


@page(router, "/jobs", "jobs.html", JobsPage)
def list_jobs(
    workbench: WorkbenchDependency,
    state: Annotated[StateFilter | None, Query(description="Only jobs in this state.")] = None,
    page: Annotated[int, Query(ge=1, le=10_000, description="Pages of 50 jobs.")] = 1,
) -> JobsPage:
    """All jobs, newest first."""
    jobs = workbench.workspace.jobs
    found = jobs.jobs(states=None if state is None else _FILTERS[state], limit=page * _PER_PAGE + 1)
    shown = found[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    return JobsPage(
        title="Jobs",
        jobs=tuple(job_view(job) for job in shown),
        tabs=tuple(_tabs(state)),
        n_active=len(jobs.jobs(states=_ACTIVE)),
        older=_address(state, page + 1) if len(found) > page * _PER_PAGE else None,
        newer=_address(state, page - 1) if page > 1 else None,
        state=state,
    )


@router.get(
    "/jobs/events",  # before the page of a job, which would take it for an id
    response_class=StreamingResponse,
    responses=_STREAM,
    summary="The news of several jobs as server-sent events",
)
def stream_jobs(
    workbench: WorkbenchDependency,
    ids: Annotated[
        list[str],
        Query(alias="id", min_length=1, max_length=_MOST_FOLLOWED, description="Whose news; may be repeated."),
    ],
) -> StreamingResponse:
    """Events `progress`, each with one job's record as JSON; unknown jobs have no news."""
    return _stream(workbench, lambda: _known(workbench.workspace.jobs, ids))


@page(router, "/jobs/{job_id}", "job.html", JobPage)
def show_job(workbench: WorkbenchDependency, job_id: str) -> JobPage:
    """One job: its progress, its log, and what it made."""
    job = workbench.workspace.jobs.job(job_id)
    log = workbench.workspace.jobs.log(job_id)
    return JobPage(
        title=job.title,
        job=job,
        shown=job_view(job),
        log=log[-_SHOWN_LOG_CHARACTERS:],
        log_shortened=len(log) > _SHOWN_LOG_CHARACTERS,
        queue=job.queue,
    )


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses=_STREAM,
    summary="A job's news as server-sent events",
)
def stream_job(workbench: WorkbenchDependency, job_id: str) -> StreamingResponse:
    """Events `progress`, each with the job's record as JSON; the stream ends with the job."""
    jobs = workbench.workspace.jobs
    jobs.job(job_id)  # an unknown one is an error, not an empty stream
    return _stream(workbench, lambda: _known(jobs, [job_id]))


@router.get("/jobs/{job_id}/log.txt", response_class=PlainTextResponse, summary="A job's log")
def show_log(workbench: WorkbenchDependency, job_id: str) -> PlainTextResponse:
    """All that a job wrote."""
    workbench.workspace.jobs.job(job_id)
    return PlainTextResponse(workbench.workspace.jobs.log(job_id))


@router.post("/jobs/{job_id}/cancel", response_class=RedirectResponse, status_code=303, summary="Cancel a job")
def cancel_job(workbench: WorkbenchDependency, job_id: str) -> RedirectResponse:
    """A waiting job is cancelled at once, a running one as soon as its process has ended; others stay as they are."""
    jobs = workbench.workspace.jobs
    if jobs.job(job_id).state in CANCELLABLE:
        jobs.cancel(job_id)
    return RedirectResponse(f"/jobs/{job_id}", 303)


@router.post("/jobs/{job_id}/again", response_class=RedirectResponse, status_code=303, summary="Run a job again")
def run_again(workbench: WorkbenchDependency, job_id: str) -> RedirectResponse:
    """Queue the same work once more; what the first run finished is not computed again."""
    return RedirectResponse(f"/jobs/{_repeat(workbench, job_id).id}", 303)


def _stream(workbench: Workbench, read: Callable[[], list[Job]]) -> StreamingResponse:
    return StreamingResponse(
        job_events(read, workbench.closing),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},  # proxies that collect answers are asked not to
    )


def _known(jobs: Jobs, ids: list[str]) -> list[Job]:
    found: list[Job] = []
    for job_id in ids:
        with suppress(JobNotFoundError):
            found.append(jobs.job(job_id))
    return found


def _repeat(workbench: Workbench, job_id: str) -> Job:
    jobs = workbench.workspace.jobs
    job = jobs.job(job_id)
    if job.state not in ENDED:
        return job
    return jobs.submit(
        job.kind,
        job.arguments,
        title=job.title,
        queue=job.queue,
        project_id=job.project_id,
        report_id=job.report_id,
    )


def _tabs(state: StateFilter | None) -> list[JobsTab]:
    names: list[tuple[StateFilter | None, str]] = [
        (None, "All"),
        ("active", "Running and waiting"),
        ("succeeded", "Succeeded"),
        ("failed", "Failed"),
        ("cancelled", "Cancelled"),
    ]
    return [JobsTab(name=name, address=_address(key, 1), current=key == state) for key, name in names]


def _address(state: StateFilter | None, page: int) -> str:
    parts = [f"state={state}"] if state else []
    parts += [f"page={page}"] if page > 1 else []
    return "/jobs" + (f"?{'&'.join(parts)}" if parts else "")
