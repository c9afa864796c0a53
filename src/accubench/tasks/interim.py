"""The report of a running evaluation, over the images that are finished so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.records.report import Report

__all__ = ["Interim"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interim:
    """What a running evaluation has found so far."""

    record: Report
    """As of the complete report, with the summary of the finished images."""
    table: pl.DataFrame
    """One row per finished image in dataset order, with the columns of `REPORT_COLUMNS`."""
    positions: NDArray[np.int64]
    """For each of them its row in the dataset."""
    n_expected: int
    """Images of the whole dataset."""
    stopped: bool
    """Whether the job ended without finishing."""
