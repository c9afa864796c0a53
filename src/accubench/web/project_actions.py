"""What can be done with a project."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from accubench.records.job import Job
from accubench.records.project import ProjectOverview
from accubench.web.optimize import why_not_optimized
from accubench.web.report_types import ReportType

__all__ = ["SECONDS_TO_MEASURE", "Action", "project_actions"]

SECONDS_TO_MEASURE = 10


class Action(BaseModel):
    """Something that can be done with the project."""

    title: str
    text: str
    button: str
    address: str
    posts: bool = False
    reason: str = ""
    """Why it cannot be done now; empty where it can."""
    note: str = ""
    choices: tuple[ReportType, ...] = ()
    """Kinds of it to go to at once."""


def project_actions(
    overview: ProjectOverview, live: Iterable[Job], types: tuple[ReportType, ...]
) -> tuple[Action, ...]:
    """Everything that can be done with a project, and what cannot be done with the reason.

    Args:
        overview: The project.
        live: Its jobs that are queued or running.
        types: The types of reports that it can have.
    """
    address = f"/projects/{overview.project.id}"
    measuring = any(job.kind in {"benchmark", "create_project"} for job in live)
    plain = "" if overview.dataset.annotated else (
        f"{overview.dataset.name} is not annotated, so no accuracy can be computed; "
        "predicted classes and confidences are still given."
    )  # fmt: skip
    return (
        Action(
            title="Create Accuracy Report",
            text="How often the model is right and on which images it is wrong; or what an optimisation changed.",
            button="Create Accuracy Report",
            address=f"{address}/reports/new",
            note=plain,
            choices=types,
        ),
        Action(
            title="Measure performance",
            text=(
                f"Throughput and latency of inference alone, {SECONDS_TO_MEASURE} seconds under each performance hint."
            ),
            button="Measure",
            address=f"{address}/benchmark",
            posts=True,
            reason="A measurement is queued or running." if measuring else "",
        ),
        Action(
            title="Optimise to INT8",
            text=(
                "Makes a smaller and faster model with integers of 8 bits, and a project for it. "
                "Then compare it with this one, image by image."
            ),
            button="Optimise to INT8",
            address=f"{address}/optimize",
            reason=why_not_optimized(overview),
        ),
    )
