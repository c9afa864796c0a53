"""How far a long piece of work is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Progress", "ProgressListener", "ignore_progress", "never_cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One message about a running piece of work."""

    stage: str
    """What is being done, e.g. ``evaluate``."""
    done: int = 0
    total: int | None = None
    rate: float | None = None
    """Items per second, recent."""
    remaining_s: float | None = None
    """Estimated seconds until the end of the stage."""
    right: int | None = None
    """Images right so far (top-1), where annotations are known."""
    judged: int | None = None
    """Images that `right` is counted over."""
    message: str | None = None
    """A sentence for the person who watches."""


ProgressListener = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """Listen to nothing."""


def never_cancelled() -> bool:
    """Let work go on to its end."""
    return False
