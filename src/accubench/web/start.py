"""The start page: what this is, the ways in, and what there is already."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from accubench.export import interval_text, percent_text
from accubench.records.base import Record
from accubench.records.dataset import Dataset
from accubench.records.job import Job, JobState
from accubench.records.model import Model
from accubench.records.project import ProjectOverview
from accubench.web.formats import bytes_text, count_text, number_text
from accubench.web.job_view import JobView, job_view
from accubench.web.pages import PageContext, page
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, sample_path
from accubench.workspace.lineage import parent_name

__all__ = ["router"]

router = APIRouter()
_ACTIVE: tuple[JobState, ...] = ("running", "cancelling", "queued")
_SHOWN_PROJECTS = 6
_SHOWN_ROWS = 6


class ProjectCard(Record):
    """A project in a few words."""

    address: str
    model: str
    dataset: str
    device: str
    precision: str
    parent: str
    """What its model was optimised from; empty for an original model."""
    accuracy: str | None
    """Top-1 of its newest report."""
    interval: str | None
    throughput: str | None
    state: str
    """What there is of it, or what runs for it."""
    badge: str


class Row(Record):
    """A model or a dataset in a list."""

    address: str
    name: str
    facts: str
    state: str
    badge: str


class StartPage(PageContext):
    """What there is."""

    projects: tuple[ProjectCard, ...]
    """The newest ones."""
    n_projects: int
    models: tuple[Row, ...]
    n_models: int
    datasets: tuple[Row, ...]
    n_datasets: int
    jobs: tuple[JobView, ...]
    """Those that run or wait."""
    empty: bool
    """Whether nothing was brought in yet."""


@page(router, "/", "start.html", StartPage)
def start(workbench: WorkbenchDependency) -> StartPage:
    """Models, datasets and projects with their state, and what runs now."""
    workspace = workbench.workspace
    projects, models, datasets = workspace.projects(), workspace.models(), workspace.datasets()
    names = {model.id: model.name for model in models}
    jobs = workspace.jobs.jobs(states=_ACTIVE)
    return StartPage(
        title="Start",
        projects=tuple(_card(project, jobs, names) for project in projects[:_SHOWN_PROJECTS]),
        n_projects=len(projects),
        models=tuple(_model_row(model, projects) for model in reversed(models[-_SHOWN_ROWS:])),
        n_models=len(models),
        datasets=tuple(_dataset_row(dataset) for dataset in reversed(datasets[-_SHOWN_ROWS:])),
        n_datasets=len(datasets),
        jobs=tuple(job_view(job) for job in reversed(jobs)),
        empty=not (projects or models or datasets or jobs),
    )


@router.post("/sample", response_class=RedirectResponse, status_code=303, summary="Bring in the sample")
def try_sample(workbench: WorkbenchDependency) -> RedirectResponse:
    """Import the model and images that ship with AccuBench, and make their project, where that was not done before."""
    return RedirectResponse(f"/projects/{_sample_project(workbench)}", 303)


def _sample_project(workbench: Workbench) -> str:
    workspace = workbench.workspace
    model = workspace.import_model(sample_path(SAMPLE_MODEL), name="sample")
    dataset = workspace.import_dataset(sample_path(SAMPLE_DATASET), name="drawings")
    for overview in workspace.projects():
        if overview.model.id == model.id and overview.dataset.id == dataset.id:
            return overview.project.id
    job = workspace.background.create_project(model.id, dataset.id)
    assert job.project_id is not None  # it is made at once
    return job.project_id


def _card(overview: ProjectOverview, jobs: list[Job], names: dict[str, str]) -> ProjectCard:
    report, speed = overview.report, overview.speed("throughput")
    top = report.summary.top1 if report is not None else None
    running = next((job for job in jobs if job.project_id == overview.project.id), None)
    state, badge = _project_state(overview, running)
    return ProjectCard(
        address=f"/projects/{overview.project.id}",
        model=overview.model.name,
        dataset=overview.dataset.name,
        device=overview.project.target.device,
        precision=overview.precision,
        parent=parent_name(overview.model, names),
        accuracy=percent_text(top.value) if top else None,
        interval=interval_text(top) if top else None,
        throughput=f"{number_text(speed.throughput_fps, 0)} images/s" if speed else None,
        state=state,
        badge=badge,
    )


def _project_state(overview: ProjectOverview, running: Job | None) -> tuple[str, str]:
    if running is not None:
        shown = job_view(running)
        return f"{shown.kind_name}: {shown.state}", "live"
    n_reports = len(overview.reports) + len(overview.comparisons) + len(overview.distances)
    if n_reports:
        return f"{n_reports} report{'' if n_reports == 1 else 's'}", "good"
    return ("measured", "") if overview.benchmark else ("not measured", "warn")


def _model_row(model: Model, projects: list[ProjectOverview]) -> Row:
    used = sum(overview.model.id == model.id for overview in projects)
    size = sum(file.size_bytes for file in model.files)
    return Row(
        address=f"/models/{model.id}",
        name=model.name,
        facts=f"{model.description.class_count:,} classes, {bytes_text(size)}",
        state=f"{used} project{'' if used == 1 else 's'}",
        badge="good" if used else "",
    )


def _dataset_row(dataset: Dataset) -> Row:
    images = f"{count_text(dataset.n_images)} image{'' if dataset.n_images == 1 else 's'}"
    return Row(
        address=f"/datasets/{dataset.id}",
        name=dataset.name,
        facts=images + (f", {len(dataset.class_ids):,} classes" if dataset.annotated else ""),
        state="annotated" if dataset.annotated else "not annotated",
        badge="good" if dataset.annotated else "",
    )
