"""A job as pages and events show it: every text made here, once, from the job's record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from accubench.analysis import wilson
from accubench.export import percent_text
from accubench.records.base import Record
from accubench.records.job import ENDED, Job, JobKind, JobState
from accubench.records.progress import Progress
from accubench.web.formats import count_text, duration_text, number_text

__all__ = ["CANCELLABLE", "JobLink", "JobStage", "JobView", "job_view"]

CANCELLABLE: frozenset[JobState] = frozenset({"queued", "running"})
_KINDS: dict[JobKind, str] = {
    "import_model": "Model import",
    "import_dataset": "Dataset import",
    "create_project": "Baseline inference",
    "benchmark": "Speed measurement",
    "evaluate": "Accuracy report",
    "quantize": "INT8 optimisation",
    "compare": "Comparison",
    "distance": "Tensor distance",
    "check": "Numerics check",
    "check_dataset": "Health check",
}
_BADGES: dict[JobState, str] = {
    "queued": "",
    "running": "live",
    "cancelling": "warn",
    "succeeded": "good",
    "failed": "bad",
    "cancelled": "",
}
_STAGES: dict[JobKind, tuple[str, ...]] = {"evaluate": ("load", "evaluate", "report")}
_STAGE_NAMES = {"load": "Load the model", "evaluate": "Infer the images", "report": "Compute the report"}
_DOING = {
    "load": "Loading the model.",
    "evaluate": "Inferring the images.",
    "evaluate parent": "Inferring the images with the parent model.",
    "report": "Computing the report.",
    "benchmark": "Measuring.",
    "check": "Checking the numbers.",
    "look": "Looking at the images.",
    "unpack": "Unpacking the archive.",
    "reading calibration images": "Reading the calibration images.",
    "calibrating": "Calibrating.",
    "correcting biases": "Correcting biases.",
    "ranking layers": "Ranking layers by how much they hurt.",
    "trying candidates": "Trying candidates.",
    "validating": "Validating.",
    "speed": "Measuring both models in turns.",
}
_COUNTED = {"check": "steps", "speed": "turns", "correcting biases": "layers", "ranking layers": "layers"}
"""What a stage counts; images by default."""
_MESSAGES: dict[JobState, str] = {
    "queued": "Waiting for its turn.",
    "running": "Starting.",
    "cancelling": "Stopping.",
    "succeeded": "Done.",
    "failed": "It failed.",
    "cancelled": "Cancelled; what was finished is kept.",
}
_MADE = (
    ("check_id", "/checks/{}", "Open the check"),
    ("report_id", "/reports/{}", "Open the report"),
    ("project_id", "/projects/{}", "Open the project"),
    ("model_id", "/models/{}", "Open the model"),
    ("dataset_id", "/datasets/{}", "Open the dataset"),
)


class JobLink(Record):
    """Something that a job made, or belongs to."""

    name: str
    address: str


class JobStage(Record):
    """One of the parts that a job's work has."""

    key: str
    name: str
    state: str
    """``done``, ``current`` or ``ahead``."""


class JobView(Record):
    """What a page shows of a job."""

    id: str
    address: str
    title: str
    kind: JobKind
    kind_name: str
    """Such as ``Accuracy report``."""
    state: JobState
    badge: str
    """Style of the state's badge; empty for a plain one."""
    ended: bool
    cancellable: bool
    repeatable: bool
    """Whether it ended without success, so that running it again makes sense."""
    message: str
    """What it does now, or what became of it."""
    stages: tuple[JobStage, ...] = ()
    done: int = 0
    total: int | None = None
    """How much there is to do; None where it cannot be counted."""
    count: str = ""
    """Such as ``120 of 500 images``."""
    rate: str = ""
    remaining: str = ""
    accuracy: str = ""
    """The running top-1, where annotations are known."""
    error: str = ""
    made: tuple[JobLink, ...] = ()
    """Where to find what it made; empty until it succeeded."""
    created_at: datetime
    took: str = ""
    """How long it has been running, or ran."""
    attempts: int = 0


def job_view(job: Job, now: datetime | None = None) -> JobView:
    """A job with the texts that pages show.

    Args:
        job: The job, with its newest progress.
        now: When it is looked at; the present by default.
    """
    active = job.state in {"running", "cancelling"}
    progress = job.progress if active else None
    return JobView(
        id=job.id,
        address=f"/jobs/{job.id}",
        title=job.title,
        kind=job.kind,
        kind_name=_KINDS[job.kind],
        state=job.state,
        badge=_BADGES[job.state],
        ended=job.state in ENDED,
        cancellable=job.state in CANCELLABLE,
        repeatable=job.state in {"failed", "cancelled"},
        message=_message(job),
        stages=_stages(job),
        **_counted(progress),
        error=(job.outcome.error or "") if job.outcome is not None and job.state == "failed" else "",
        made=_made(job),
        created_at=job.created_at,
        took=_took(job, now or datetime.now(UTC)),
        attempts=job.attempts,
    )


def _message(job: Job) -> str:
    if job.state == "running" and job.progress is not None:
        return job.progress.message or _DOING.get(job.progress.stage, "Working.")
    return _MESSAGES[job.state]


def _counted(progress: Progress | None) -> dict[str, Any]:
    if progress is None or progress.total is None:
        return {}
    counted = _COUNTED.get(progress.stage, "images")
    return {
        "done": progress.done,
        "total": progress.total,
        "count": f"{progress.done} %"
        if progress.stage == "unpack"
        else f"{count_text(progress.done)} of {count_text(progress.total)} {counted}",
        "rate": f"{number_text(progress.rate, 0)} {counted}/s" if progress.rate else "",
        "remaining": f"{duration_text(round(progress.remaining_s))} left" if progress.remaining_s is not None else "",
        "accuracy": _running_accuracy(progress.right or 0, progress.judged) if progress.judged else "",
    }


def _running_accuracy(right: int, judged: int) -> str:
    """Top-1 accuracy so far with its 95 % Wilson interval, which narrows as images come in."""
    low, high = wilson(right, judged)
    interval = f"95 % interval {100 * low:.1f} to {100 * high:.1f} %"
    return f"{percent_text(right / judged, decimals=1)} right so far, {interval} ({right:,} of {judged:,})"


def _stages(job: Job) -> tuple[JobStage, ...]:
    keys = _STAGES.get(job.kind, ())
    if job.state == "succeeded":
        reached = len(keys)
    elif job.progress is not None and job.progress.stage in keys:
        reached = keys.index(job.progress.stage)
    else:
        reached = -1 if job.state == "queued" else 0
    return tuple(
        JobStage(
            key=key,
            name=_STAGE_NAMES[key],
            state="done" if place < reached else "current" if place == reached else "ahead",
        )
        for place, key in enumerate(keys)
    )


def _made(job: Job) -> tuple[JobLink, ...]:
    if job.state != "succeeded" or job.outcome is None:
        return ()
    result = job.outcome.result
    return tuple(JobLink(name=name, address=place.format(result[key])) for key, place, name in _MADE if key in result)


def _took(job: Job, now: datetime) -> str:
    if job.started_at is None:
        return ""
    return duration_text(max(0.0, ((job.ended_at or now) - job.started_at).total_seconds()))
