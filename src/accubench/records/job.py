"""A long piece of work that runs in the background, and survives whoever runs it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from accubench.records.base import Record
from accubench.records.progress import Progress

__all__ = ["ENDED", "Job", "JobKind", "JobOutcome", "JobState"]

JobKind = Literal[
    "import_model",
    "import_dataset",
    "create_project",
    "benchmark",
    "evaluate",
    "quantize",
    "compare",
    "distance",
    "check",
    "check_dataset",
]
JobState = Literal["queued", "running", "cancelling", "succeeded", "failed", "cancelled"]

ENDED: frozenset[JobState] = frozenset({"succeeded", "failed", "cancelled"})
"""States that a job never leaves."""


class JobOutcome(Record):
    """What became of a job."""

    result: dict[str, str] = Field(default_factory=dict)
    """Ids of what was made: ``model_id``, ``dataset_id``, ``project_id``, ``benchmark_id``, ``report_id``,
    ``check_id``."""
    error: str | None = None
    """Why it failed, as one clear paragraph."""


class Job(Record):
    """A run of a task, queued and kept."""

    id: str
    kind: JobKind
    title: str
    """What a person reads, e.g. ``Accuracy report of squeezenet on imagenet-500``."""
    arguments: dict[str, JsonValue]
    """What the task is called with; what each kind takes stands in `accubench.jobs.work`."""
    queue: str
    """Jobs of one queue run one after the other: the device of a target, or ``import``."""
    project_id: str | None = None
    """The project it belongs to, where it is known beforehand."""
    report_id: str | None = None
    """The id that its report has, or will have."""
    state: JobState = "queued"
    attempts: int = 0
    """How often it was begun; more than once where a worker died."""
    progress: Progress | None = None
    """The newest message with counts; read anew whenever the job is."""
    outcome: JobOutcome | None = None
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED
