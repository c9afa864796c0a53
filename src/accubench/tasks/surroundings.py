"""What every task is given besides its request: where to keep things, the time, and who listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from accubench.errors import Cancelled
from accubench.records.ids import IdKind, new_id
from accubench.records.progress import Progress, ProgressListener, ignore_progress, never_cancelled
from accubench.storage import Store

__all__ = ["Surroundings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The world as a task sees it; tests hand in one of their own."""

    store: Store
    now: Callable[[], datetime]
    """The time, with its zone."""
    clock: Callable[[], float]
    """Monotonic seconds."""
    entropy: Callable[[int], bytes]
    """That many random bytes."""
    progress: ProgressListener = ignore_progress
    cancelled: Callable[[], bool] = never_cancelled
    """Whether the user asked to stop."""
    made_id: Callable[[str], None] = lambda _: None
    """Told every fresh id."""

    def new_id(self, kind: IdKind) -> str:
        """A fresh id."""
        made = new_id(kind, self.now(), self.entropy(3))
        self.made_id(made)
        return made

    def say(self, stage: str, message: str) -> None:
        """Tell whoever listens one sentence."""
        self.progress(Progress(stage=stage, message=message))

    def tell(self, stage: str, done: int, total: int | None) -> None:
        """Tell whoever listens how far a stage is."""
        self.progress(Progress(stage=stage, done=done, total=total))

    def about(self, what: str) -> Surroundings:
        """The same surroundings for a part of the work, whose stages are called after it.

        Where a task does the same twice, for one model and then for another, the stages must differ: who counts how
        far a job got would take the second beginning for a step back.

        Args:
            what: A word behind the name of every stage, such as ``parent``.
        """

        def named(progress: Progress) -> None:
            self.progress(replace(progress, stage=f"{progress.stage} {what}"))

        return replace(self, progress=named)

    def without_counts(self) -> Surroundings:
        """The same surroundings for work beside the main work, whose counts are to stay the last that were told."""

        def worded(progress: Progress) -> None:
            if progress.message is not None:
                self.progress(Progress(stage=progress.stage, message=progress.message))

        return replace(self, progress=worded)

    def waiting_for(self, what: str) -> Callable[[], None]:
        """What to do while another process holds the lock on `what`: say so once, and stop when asked to."""
        said = False

        def wait() -> None:
            nonlocal said
            if self.cancelled():
                raise Cancelled
            if not said:
                self.say("wait", f"Another process is using {what}; waiting until it is done.")
                said = True

        return wait
