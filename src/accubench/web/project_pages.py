"""One project: what was measured (Analyze), what can be done (Perform), what it is made of (Details)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from accubench.errors import ReportNotFoundError
from accubench.export import configuration_values
from accubench.records.benchmark import Benchmark
from accubench.records.job import Job, JobKind, JobState
from accubench.records.report import Report
from accubench.web.check_view import CheckView, check_view
from accubench.web.job_view import JobView, job_view
from accubench.web.lineage import Relative, children_of, parent_of
from accubench.web.pages import PageContext, page
from accubench.web.project_actions import SECONDS_TO_MEASURE, Action, project_actions
from accubench.web.project_details import Fact, commands, dataset_facts, model_facts, project_facts
from accubench.web.project_history import ReportRow, report_rows
from accubench.web.projects import LIVE, ProjectRow, project_row
from accubench.web.report_types import report_types
from accubench.web.workbench import Workbench, WorkbenchDependency

__all__ = ["ProjectPage", "router"]

router = APIRouter(tags=["projects"])

_VIEWS: dict[JobKind, tuple[str, ...]] = {
    "evaluate": ("accuracy",),
    "compare": ("accuracy",),
    "distance": ("accuracy",),
    "check": ("accuracy",),
    "quantize": ("accuracy", "performance"),
}
"""Where the progress of a job is shown, by its kind; under performance by default."""


class SpeedRow(BaseModel):
    """One measurement of speed."""

    id: str
    created_at: datetime
    baseline: bool
    throughput_fps: float | None
    throughput_streams: int | None
    latency_median_ms: float | None
    latency_p90_ms: float | None
    latency_p99_ms: float | None
    precision: str
    seconds: float


class ProjectPage(PageContext):
    """A project with everything that its tabs show."""

    project: ProjectRow
    tab: Literal["analyze", "perform", "details"]
    view: Literal["performance", "accuracy"]
    known: bool
    """Whether someone asked for this project as a new one."""
    parent: Relative | None
    """What the model was optimised from."""
    children: tuple[Relative, ...]
    """Projects of models that were optimised from this one's."""
    jobs: tuple[JobView, ...]
    """What is queued or running, oldest first."""
    shown_jobs: tuple[str, ...]
    """Ids of those whose progress this view shows."""
    report_in_making: dict[str, str | None]
    """By job the id that its accuracy report will have."""
    interim_reports: tuple[str, ...]
    """Ids of reports that are being made and can be read already."""
    failed_job: JobView | None
    """The newest work, where it failed."""
    optimized_job: JobView | None
    """The newest work, where it optimised the model with success."""
    speeds: tuple[SpeedRow, ...]
    reports: tuple[ReportRow, ...]
    """Of all three kinds, newest first."""
    newest_accuracy: ReportRow | None
    newest_comparison: ReportRow | None
    newest_check: CheckView | None
    checking: bool
    """Whether a check is queued or running."""
    actions: tuple[Action, ...]
    model_facts: tuple[Fact, ...]
    dataset_facts: tuple[Fact, ...]
    project_facts: tuple[Fact, ...]
    configuration: tuple[Fact, ...]
    """Of the newest report: path, value, origin."""
    command: str
    python: str


@page(router, "/projects/{project_id}", "project.html", ProjectPage)
def project(
    workbench: WorkbenchDependency,
    project_id: str,
    *,
    tab: Literal["analyze", "perform", "details"] = "analyze",
    view: Literal["performance", "accuracy"] | None = None,
    known: Annotated[bool, Query(description="Say that the project was there before.")] = False,
) -> ProjectPage:
    """One project: measurements, reports, actions and facts."""
    workspace = workbench.workspace
    overview = workspace.project(project_id)
    parent = parent_of(workspace, overview)
    jobs = workspace.jobs.jobs(project_id=project_id, limit=50)
    live = [job for job in reversed(jobs) if job.state in LIVE]
    running = next((job for job in live if job.state != "queued"), next(iter(live), None))
    rows = report_rows(overview)
    reporting = any(_VIEWS.get(job.kind) == ("accuracy",) for job in live)
    chosen = view or ("accuracy" if rows or reporting else "performance")
    part = (chosen if tab == "analyze" else tab).capitalize()
    return ProjectPage(
        title=f"{part}: {overview.model.name} × {overview.dataset.name}",  # noqa: RUF001 - a multiplication sign
        project=project_row(overview, running),
        tab=tab,
        view=chosen,
        known=known,
        parent=parent,
        children=children_of(workspace, overview),
        jobs=tuple(job_view(job) for job in live),
        shown_jobs=tuple(job.id for job in live if chosen in _VIEWS.get(job.kind, ("performance",))),
        report_in_making={job.id: job.report_id for job in live if job.kind == "evaluate"},
        interim_reports=tuple(_interim(workbench, live)),
        failed_job=_newest_ended(jobs, "failed"),
        optimized_job=_newest_ended(jobs, "succeeded", "quantize"),
        speeds=tuple(_speed_row(benchmark) for benchmark in overview.benchmarks),
        reports=rows,
        newest_accuracy=next((row for row in rows if row.kind == "accuracy"), None),
        newest_comparison=next((row for row in rows if row.kind == "comparison"), None),
        newest_check=next((check_view(check) for check in reversed(workspace.checks(project_id))), None),
        checking=any(job.kind == "check" for job in live),
        actions=project_actions(overview, live, report_types(workspace, overview)),
        model_facts=model_facts(overview),
        dataset_facts=dataset_facts(overview),
        project_facts=project_facts(overview),
        configuration=_configuration(overview.report),
        **commands(overview, "" if parent is None or parent.kind == "gone" else parent.name),
    )


def _interim(workbench: Workbench, live: Iterable[Job]) -> Iterable[str]:
    """Reports in the making that have rows already."""
    for job in live:
        if job.report_id is None or job.kind != "evaluate" or job.state == "queued":
            continue
        try:
            workbench.workspace.report(job.report_id)
        except ReportNotFoundError:
            continue
        yield job.report_id


def _newest_ended(jobs: list[Job], state: JobState, kind: JobKind | None = None) -> JobView | None:
    """The newest job, if that is its state and kind."""
    newest = next(iter(jobs), None)
    return None if newest is None or newest.state != state or kind not in {newest.kind, None} else job_view(newest)


def _speed_row(benchmark: Benchmark) -> SpeedRow:
    runs = {run.hint: run for run in benchmark.runs}
    throughput, latency = runs.get("throughput"), runs.get("latency")
    return SpeedRow(
        id=benchmark.id,
        created_at=benchmark.created_at,
        baseline=benchmark.baseline,
        throughput_fps=None if throughput is None else throughput.throughput_fps,
        throughput_streams=None if throughput is None else throughput.streams,
        latency_median_ms=None if latency is None else latency.latency_median_ms,
        latency_p90_ms=None if latency is None else latency.latency_p90_ms,
        latency_p99_ms=None if latency is None else latency.latency_p99_ms,
        precision=", ".join(dict.fromkeys(run.execution_precision for run in benchmark.runs)),
        seconds=sum(run.duration_s for run in benchmark.runs),
    )


def _configuration(report: Report | None) -> tuple[Fact, ...]:
    if report is None:
        return ()
    return tuple(
        Fact(label=f"{value.section} {value.name}", value=value.value, detail=value.origin)
        for value in configuration_values(report)
    )


# --- what changes something -------------------------------------------------------------------------


@router.post("/projects/{project_id}/benchmark", response_class=RedirectResponse, status_code=303)
def measure(
    workbench: WorkbenchDependency,
    project_id: str,
    seconds: Annotated[float, Form(gt=0, le=3600)] = SECONDS_TO_MEASURE,
) -> Response:
    """Measure throughput and latency in the background."""
    workbench.workspace.background.benchmark(project_id, seconds)
    return RedirectResponse(f"/projects/{project_id}?tab=analyze&view=performance", status_code=303)
