"""Top-k accuracy with its interval."""

from __future__ import annotations

from accubench.records.base import Record

__all__ = ["TopK"]


class TopK(Record):
    """How many images have their annotated class among the k highest scores."""

    k: int
    right: int
    n: int
    value: float
    low: float
    """Lower bound of the two-sided 95 % Wilson score interval."""
    high: float
