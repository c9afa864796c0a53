"""All projects in one table, children under their parents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel

from accubench.records.any_report import AnyReport, ReportKind
from accubench.records.job import ENDED, Job, JobState
from accubench.records.project import ProjectOverview
from accubench.web.formats import time_text
from accubench.web.job_view import JobView, job_view
from accubench.web.lineage import ComparisonMark, newest_mark
from accubench.web.pages import PageContext, page
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace.lineage import families

__all__ = ["LIVE", "ProjectRow", "live_jobs", "project_row", "router"]

router = APIRouter(tags=["projects"])

LIVE: tuple[JobState, ...] = ("queued", "running", "cancelling")

SortKey = Literal[
    "model",
    "dataset",
    "target",
    "precision",
    "throughput",
    "latency",
    "top1",
    "top_k",
    "difference",
    "status",
    "created",
]
_TITLES: dict[SortKey, str] = {
    "model": "Model",
    "dataset": "Dataset",
    "target": "Target",
    "precision": "Precision",
    "throughput": "Throughput",
    "latency": "Latency",
    "top1": "Top-1",
    "top_k": "Top-k",
    "difference": "To parent",
    "status": "Status",
}
_REPORTS: dict[ReportKind, str] = {"accuracy": "report", "comparison": "comparison", "distance": "tensor distance"}
_UNITS = {"throughput": "images/s", "latency": "ms, median", "top1": "95 % interval", "difference": "top-1, points"}
_NUMERIC = {"throughput", "latency", "top1", "top_k", "difference"}


class ProjectRow(BaseModel):
    """One project in the table."""

    id: str
    model_id: str
    model_name: str
    model_version: int
    dataset_id: str
    dataset_name: str
    dataset_version: int
    annotated: bool
    device: str
    device_name: str
    precision: str
    throughput_fps: float | None
    latency_ms: float | None
    top1: float | None
    top1_low: float | None
    top1_high: float | None
    k: int | None
    """The largest k that the newest report has, beside 1."""
    top_k: float | None
    report_id: str | None
    """The newest report of any kind."""
    report_count: int
    """Reports of all three kinds."""
    parent_project_id: str | None
    """The project of the model that this one's was optimised from."""
    depth: int = 0
    """How many of its ancestors stand above it in the table."""
    mark: ComparisonMark | None
    """The newest comparison with its parent."""
    status: str
    job: JobView | None
    """The work that is queued or running for it."""


class ColumnHead(BaseModel):
    """The head of a column, which sorts by it."""

    title: str
    unit: str
    address: str
    numeric: bool
    sorted: Literal["ascending", "descending", "none"]


class ProjectsPage(PageContext):
    """The table of projects."""

    projects: tuple[ProjectRow, ...]
    columns: tuple[ColumnHead, ...]
    with_difference: bool
    """Whether any of all projects was compared with its parent, so that there is a column for it."""
    q: str
    total: int
    """How many there are without the filter."""
    sort: SortKey
    descending: bool
    has_models: bool
    has_datasets: bool


@page(router, "/projects", "projects.html", ProjectsPage)
def projects(
    workbench: WorkbenchDependency,
    q: Annotated[str, Query(max_length=200, description="Words that a project's texts must all contain.")] = "",
    *,
    sort: SortKey = "created",
    descending: bool | None = None,
) -> ProjectsPage:
    """All projects: model, dataset, target, speed, accuracy and status."""
    workspace = workbench.workspace
    overviews, jobs = workspace.projects(), live_jobs(workbench)
    rows = [project_row(overview, jobs.get(overview.project.id)) for overview in overviews]
    downwards = (sort in {*_NUMERIC, "created"}) if descending is None else descending
    shown = _sorted([row for row in rows if _contains(row, q)], sort, descending=downwards)
    compared = any(row.mark is not None for row in rows)
    return ProjectsPage(
        title="Projects",
        projects=tuple(_families(shown)),
        columns=tuple(_head(key, q, sort, descending=downwards) for key in _TITLES if key != "difference" or compared),
        with_difference=compared,
        q=q,
        total=len(rows),
        sort=sort,
        descending=downwards,
        has_models=bool(rows) or bool(workspace.models()),
        has_datasets=bool(rows) or bool(workspace.datasets()),
    )


def live_jobs(workbench: Workbench) -> dict[str, Job]:
    """By project the job that is running for it, else the one that waits longest."""
    found: dict[str, Job] = {}
    for job in workbench.workspace.jobs.jobs(states=LIVE):
        if job.project_id is None or job.state in ENDED:
            continue
        if job.project_id not in found or found[job.project_id].state == "queued":
            found[job.project_id] = job
    return found


def project_row(overview: ProjectOverview, job: Job | None) -> ProjectRow:
    """A project with its texts and numbers."""
    throughput, latency = overview.speed("throughput"), overview.speed("latency")
    report = overview.report
    reports: list[AnyReport] = [*overview.reports, *overview.comparisons, *overview.distances]
    newest = max(reports, key=lambda each: each.created_at, default=None)
    top1 = None if report is None else report.summary.top1
    others = [] if report is None else [top for top in report.summary.top_k if top.k != 1]
    last = max(others, key=lambda top: top.k, default=None)
    return ProjectRow(
        id=overview.project.id,
        model_id=overview.model.id,
        model_name=overview.model.name,
        model_version=overview.model.version,
        dataset_id=overview.dataset.id,
        dataset_name=overview.dataset.name,
        dataset_version=overview.dataset.version,
        annotated=overview.dataset.annotated,
        device=overview.project.target.device,
        device_name=overview.project.target.device_name,
        precision=overview.precision,
        throughput_fps=None if throughput is None else throughput.throughput_fps,
        latency_ms=None if latency is None else latency.latency_median_ms,
        top1=None if top1 is None else top1.value,
        top1_low=None if top1 is None else top1.low,
        top1_high=None if top1 is None else top1.high,
        k=None if last is None else last.k,
        top_k=None if last is None else last.value,
        report_id=None if newest is None else newest.id,
        report_count=len(reports),
        parent_project_id=overview.parent_project_id,
        mark=newest_mark(overview),
        status=_status(newest, job),
        job=None if job is None else job_view(job),
    )


def _status(newest: AnyReport | None, job: Job | None) -> str:
    if job is not None:
        return f"{job_view(job).kind_name} {job.state}"
    if newest is None:
        return "no report yet"
    return f"{_REPORTS[newest.kind]} of {time_text(newest.created_at)}"


_KEYS: dict[str, Callable[[ProjectRow], Any]] = {
    "model": lambda row: (row.model_name.casefold(), row.model_version),
    "dataset": lambda row: (row.dataset_name.casefold(), row.dataset_version),
    "target": lambda row: (row.device, row.device_name),
    "precision": lambda row: row.precision,
    "throughput": lambda row: row.throughput_fps,
    "latency": lambda row: row.latency_ms,
    "top1": lambda row: row.top1,
    "top_k": lambda row: row.top_k,
    "difference": lambda row: None if row.mark is None else row.mark.difference,
    "status": lambda row: row.status,
    "created": lambda row: row.id,
}


def _sorted(rows: Sequence[ProjectRow], sort: SortKey, *, descending: bool) -> list[ProjectRow]:
    """The rows in order; those without a value come last either way."""
    key = _KEYS[sort]
    known = sorted((row for row in rows if key(row) is not None), key=key, reverse=descending)
    return [*known, *(row for row in rows if key(row) is None)]


def _families(rows: Sequence[ProjectRow]) -> list[ProjectRow]:
    """Every project with its children after it, else in the order given."""
    found = families(rows, id_of=lambda row: row.id, parent_of=lambda row: row.parent_project_id)
    return [row.model_copy(update={"depth": depth}) for row, depth in found]


def _contains(row: ProjectRow, q: str) -> bool:
    text = f"{row.model_name} {row.dataset_name} {row.device} {row.device_name} {row.precision} {row.status}"
    return all(word in text.casefold() for word in q.casefold().split())


def _head(key: SortKey, q: str, sort: SortKey, *, descending: bool) -> ColumnHead:
    """A first click sorts numbers from the top and words from A; another one turns that round."""
    turned = (not descending) if key == sort else key in _NUMERIC
    query = {"q": q, "sort": key, "descending": str(turned).lower()}
    return ColumnHead(
        title=_TITLES[key],
        unit=_UNITS.get(key, ""),
        address=f"/projects?{urlencode({name: value for name, value in query.items() if value})}",
        numeric=key in _NUMERIC,
        sorted="none" if key != sort else "descending" if descending else "ascending",
    )
