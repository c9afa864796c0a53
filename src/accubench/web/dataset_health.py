"""The part of a dataset's page about its health, and the button that checks it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import RedirectResponse

from accubench.export.health_text import equal_names, health_lines, kind_table
from accubench.export.numbers import TIMES
from accubench.records.base import Record
from accubench.records.dataset import Dataset
from accubench.records.dataset_health import DatasetHealth, HistogramBin, ImageProblem, SmallerThanInput
from accubench.records.job import Job, JobState
from accubench.web.import_views import workspace_option
from accubench.web.job_view import JobView, job_view
from accubench.web.workbench import WorkbenchDependency
from accubench.workspace import Workspace

__all__ = ["HealthCard", "HealthView", "health_card", "health_view", "router"]

router = APIRouter()

_BAR_WIDTH = 160.0
_RECENT = 50
"""Jobs among which a failure is looked for; older ones are history."""
_ACTIVE: tuple[JobState, ...] = ("running", "cancelling", "queued")


class Bar(Record):
    """A bar of a histogram."""

    label: str
    n: int
    width: float


class SmallerRow(Record):
    """How many images are smaller than the input of a model."""

    model: str
    address: str
    size: str
    n: int | None


class HealthView(Record):
    """What looking at every image told, ready to be shown."""

    created_at: datetime
    duration_s: float
    lines: tuple[str, ...]
    unreadable: tuple[ImageProblem, ...]
    small: tuple[ImageProblem, ...]
    duplicates: tuple[tuple[str, str], ...]
    """Names of equal images, and what their classes say."""
    kinds: tuple[tuple[str, ...], ...]
    """Titles, then a row for each format; empty where there is nothing to tell."""
    smaller: tuple[SmallerRow, ...]
    """Of each model that has a project on the dataset."""
    shorter_sides: tuple[Bar, ...]
    aspect_ratios: tuple[Bar, ...]


class HealthCard(Record):
    """What the page shows of a dataset's health."""

    health: HealthView | None
    """None where nobody looked at every image of this version yet."""
    job: JobView | None
    """The check that waits or runs."""
    failed_job: JobView | None
    """The newest check, where it failed."""
    command: str
    """The same in a terminal."""


def health_card(workspace: Workspace, dataset: Dataset) -> HealthCard:
    """The outcome of the newest check, and the check that is under way."""
    health = workspace.dataset_health(dataset)
    newest = next(iter(_checks(workspace.jobs.jobs(limit=_RECENT), dataset)), None)
    active = next(iter(_checks(workspace.jobs.jobs(states=_ACTIVE), dataset)), None)
    return HealthCard(
        health=None if health is None else health_view(health, workspace.smaller_than_inputs(health)),
        job=None if active is None else job_view(active),
        failed_job=job_view(newest) if newest is not None and newest.state == "failed" else None,
        command=f"accubench datasets check {shlex.quote(dataset.id)}{workspace_option(workspace)}",
    )


@router.post(
    "/datasets/{dataset_id}/check",
    response_class=RedirectResponse,
    status_code=303,
    summary="Look at every image of a dataset",
)
def check_images(
    workbench: WorkbenchDependency,
    dataset_id: Annotated[str, Path(max_length=64, description="A dataset's id.")],
    *,
    fresh: Annotated[bool, Form(description="Look again even where the outcome is known.")] = False,
) -> RedirectResponse:
    """Check the health of a dataset in the background; where that waits or runs already, it is not queued again."""
    dataset = workbench.workspace.dataset_by_id(dataset_id)
    workbench.workspace.background.check_dataset(dataset.id, fresh=fresh)
    return RedirectResponse(f"/datasets/{dataset.id}#health", 303)


def _checks(jobs: Iterable[Job], dataset: Dataset) -> Iterable[Job]:
    return (job for job in jobs if job.kind == "check_dataset" and job.arguments["dataset_id"] == dataset.id)


def health_view(health: DatasetHealth, smaller: Iterable[SmallerThanInput]) -> HealthView:
    """Sentences, tables, lists and bars.

    Args:
        health: What looking at every image told.
        smaller: How many images are smaller than the inputs of models.
    """
    return HealthView(
        created_at=health.created_at,
        duration_s=health.duration_s,
        lines=health_lines(health),
        unreadable=health.unreadable,
        small=health.small,
        duplicates=tuple(
            (equal_names(group), _classes(group.classes, contradicting=group.contradicts_itself))
            for group in health.duplicates
        ),
        kinds=kind_table(health),
        smaller=tuple(_smaller_row(each) for each in smaller),
        shorter_sides=_bars(health.shorter_sides, "{:g}"),
        aspect_ratios=_bars(health.aspect_ratios, "{:.2f}"),
    )


def _smaller_row(found: SmallerThanInput) -> SmallerRow:
    size = "any size" if found.size_hw is None else f"{found.size_hw[1]} {TIMES} {found.size_hw[0]}"
    return SmallerRow(model=found.model_name, address=f"/models/{found.model_id}", size=size, n=found.n)


def _classes(classes: Sequence[int | None], *, contradicting: bool) -> str:
    named = ", ".join("none" if each is None else str(each) for each in classes)
    return f"contradicting classes: {named}" if contradicting else f"classes {named}"


def _bars(bins: Sequence[HistogramBin], form: str) -> tuple[Bar, ...]:
    largest = max((each.n for each in bins), default=1)
    return tuple(
        Bar(
            label=f"{form.format(each.low)} {'and more' if each.high is None else f'to {form.format(each.high)}'}",
            n=each.n,
            width=round(_BAR_WIDTH * each.n / largest, 1),
        )
        for each in bins
    )
