"""Strategies for tables of reports: few values, so that ties, equal classes and nulls are common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from hypothesis import strategies as st

from accubench.records.report import REPORT_COLUMNS

__all__ = ["CONFIDENCES", "NAMES", "report_tables"]

NAMES = ("great white shark, white shark", "Tench", "tench", "=1+1", "naïve ß", None, 'say "hi", twice')
CONFIDENCES = (0.0, 0.05, 0.1, 0.15, 1 / 3, 0.5, 0.95, 1.0, 1e-9)
_FOLDERS = ("train/", "", "Straße/", "a b/")


@st.composite
def report_tables(draw: st.DrawFn, *, tags: Sequence[str] = (), most: int = 12) -> pl.DataFrame:
    """A table with the columns of `REPORT_COLUMNS`, and ``tags`` where some are given."""
    rows = [draw(_rows(number, tags)) for number in range(draw(st.integers(1, most)))]
    schema = {name: getattr(pl, dtype) for name, (dtype, _, _) in REPORT_COLUMNS.items()}
    return pl.DataFrame(rows, schema=schema | ({"tags": pl.String} if tags else {}), orient="row")


@st.composite
def _rows(draw: st.DrawFn, number: int, tags: Sequence[str]) -> tuple[Any, ...]:
    name = f"{draw(st.sampled_from(_FOLDERS))}Image_{number:03d}.png"
    annotated = draw(st.none() | st.integers(0, len(NAMES) - 1))
    failed = draw(st.integers(0, 5)) == 0
    predicted = None if failed else draw(st.integers(0, len(NAMES) - 1))
    judged = not failed and annotated is not None
    rank = (0 if predicted == annotated else draw(st.sampled_from((1, 2, 4, 5, 9, 10, 99, 100)))) if judged else None
    row: tuple[Any, ...] = (
        name,
        predicted,
        None if predicted is None else NAMES[predicted],
        annotated,
        None if annotated is None else NAMES[annotated],
        rank,
        None if failed else draw(st.sampled_from(CONFIDENCES)),
        draw(st.sampled_from(CONFIDENCES)) if judged else None,
        annotated,
        "failed" if failed else "evaluated",
        "JPEG is truncated, twice" if failed else None,
        None if failed else draw(st.booleans()),
        draw(st.sampled_from(CONFIDENCES)) if judged else None,
    )
    if not tags:
        return row
    given = draw(st.sets(st.sampled_from(tuple(tags))))
    return (*row, ", ".join(sorted(given)) or None)
