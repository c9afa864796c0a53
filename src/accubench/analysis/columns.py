"""Columns of class ids and ranks in the two forms they come in: polars with nulls, numpy with -1."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["IntegerColumn", "integers", "judged_pairs"]

IntegerColumn = pl.Series | NDArray[np.integer[Any]]
"""Class ids or ranks; *no value* is null in a polars column and -1 in an array."""


def integers(column: IntegerColumn) -> NDArray[np.int64]:
    """A column as int64 array of shape (n,), with -1 where there is no value.

    >>> integers(pl.Series([3, None, 0])).tolist()
    [3, -1, 0]
    """
    if isinstance(column, pl.Series):
        return column.cast(pl.Int64).fill_null(-1).to_numpy()
    return column.astype(np.int64)


def judged_pairs(predicted: IntegerColumn, annotated: IntegerColumn) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Predicted and annotated classes of the rows that have both, each as int64 array of shape (judged,).

    >>> predicted, annotated = judged_pairs(pl.Series([3, None, 0]), pl.Series([3, 1, None]))
    >>> predicted.tolist(), annotated.tolist()
    ([3], [3])
    """
    predicted_n, annotated_n = integers(predicted), integers(annotated)
    judged = (predicted_n >= 0) & (annotated_n >= 0)
    return predicted_n[judged], annotated_n[judged]
