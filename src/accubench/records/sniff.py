"""What a module that reads one format or layout says of a path that it is shown."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Sniff"]


@dataclass(frozen=True, slots=True)
class Sniff:
    """Whether a path is of a format or a layout, judged by its content, and why."""

    fits: bool
    reason: str
    """Part of a sentence, e.g. ``there is no annotation file``."""
    near: bool = False
    """Whether something of it is there, so that the reason why it does not fit is worth telling."""
