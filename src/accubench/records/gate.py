"""What became of a condition that a script wanted to hold."""

from __future__ import annotations

from accubench.records.base import Record

__all__ = ["GateOutcome"]


class GateOutcome(Record):
    """A condition that a run had to meet, and whether it did."""

    condition: str
    """What was asked, e.g. ``top1.low >= 57.00 %``."""
    measured: str
    """What came out, as text, e.g. ``62.76 %``."""
    value: float | None
    """What came out, as a number; None where no image could be evaluated."""
    passed: bool
