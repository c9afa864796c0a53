"""A drawn report and its table."""

from __future__ import annotations

import polars as pl
import pytest
from drawn_reports import make_report, make_table

from accubench.records.report import Report


@pytest.fixture
def table() -> pl.DataFrame:
    """60 images of 12 classes, the last two failed."""
    return make_table()


@pytest.fixture
def report(table: pl.DataFrame) -> Report:
    """The report of `table`."""
    return make_report(table)
