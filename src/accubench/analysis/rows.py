"""From a block of scores to the rows of a report's table: the query that every report is made by."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis.blocks import row_blocks
from accubench.analysis.calibration import squared_error
from accubench.analysis.ranking import predicted_class, rank_of, tied
from accubench.analysis.scores import Scores, class_scores, probabilities
from accubench.records.report import REPORT_COLUMNS, ScoreReading

__all__ = ["SCORE_COLUMNS", "score_columns", "score_table"]

SCORE_COLUMNS = (
    "predicted_class",
    "annotated_class_rank",
    "predicted_confidence",
    "annotated_confidence",
    "tied",
    "squared_error",
)
"""The columns of a report's table that follow from scores and annotated classes, in the table's order."""


def score_columns(scores_nk: Scores, annotated_n: NDArray[np.int32], reading: ScoreReading) -> dict[str, NDArray[Any]]:
    """What the scores of evaluated images say, one array of shape (images,) per name of `SCORE_COLUMNS`.

    The scores are walked in blocks of rows, so that memory beyond the results does not grow with their number. A row's
    values depend on that row only: they are the same, to the last bit, however the scores are cut into parts.

    Args:
        scores_nk: Finite scores as stored, shape (images, columns).
        annotated_n: Annotated class as an output of the model, shape (images,); -1 where there is none.
        reading: How the scores are to be read.

    Returns:
        ``predicted_class`` and ``annotated_class_rank`` as int32, the two confidences and ``squared_error`` as float64,
        ``tied`` as bool. Where there is no annotated class, the rank is -1, and confidence and error are NaN.

    Raises:
        ValueError: An annotated class is no output of the model.

    >>> reading = ScoreReading(kind="probabilities", reason="graph")
    >>> columns = score_columns(np.array([[0.25, 0.75], [0.5, 0.5]]), np.array([0, -1], np.int32), reading)
    >>> {name: values.tolist() for name, values in columns.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'predicted_class': [1, 0], 'annotated_class_rank': [1, -1], 'predicted_confidence': [0.75, 0.5],
     'annotated_confidence': [0.25, nan], 'tied': [False, True], 'squared_error': [1.125, nan]}
    """
    columns = _empty_columns(len(scores_nk))
    for block in row_blocks(*scores_nk.shape):
        for name, values in _block_columns(scores_nk[block], annotated_n[block], reading).items():
            columns[name][block] = values
    return columns


def _empty_columns(rows: int) -> dict[str, NDArray[Any]]:
    dtypes = {"Int32": np.int32, "Float64": np.float64, "Boolean": np.bool_}
    return {name: np.empty(rows, dtype=dtypes[REPORT_COLUMNS[name][0]]) for name in SCORE_COLUMNS}


def _block_columns(scores_nk: Scores, annotated_n: NDArray[np.int32], reading: ScoreReading) -> dict[str, NDArray[Any]]:
    scores_nc = class_scores(scores_nk, reading)
    rank_n = rank_of(scores_nc, annotated_n)
    predicted_n = predicted_class(scores_nc)
    probabilities_nc = probabilities(scores_nk, reading)
    images = np.arange(len(scores_nk))
    return {
        "predicted_class": predicted_n,
        "annotated_class_rank": rank_n,
        "predicted_confidence": probabilities_nc[images, predicted_n],
        "annotated_confidence": np.where(annotated_n < 0, np.nan, probabilities_nc[images, annotated_n]),
        "tied": tied(scores_nc),
        "squared_error": squared_error(probabilities_nc, annotated_n),
    }


def score_table(
    scores_nk: Scores, annotated_n: NDArray[np.int32], reading: ScoreReading, *, evaluated_n: NDArray[np.bool_]
) -> pl.DataFrame:
    """The columns of `score_columns` as a polars table that also has the rows of failed images, empty.

    Args:
        scores_nk: Scores as stored, shape (images, columns); those of failed images are not looked at.
        annotated_n: Annotated class as an output of the model, shape (images,); -1 where there is none.
        reading: How the scores are to be read.
        evaluated_n: Whether the image was evaluated, shape (images,).

    Returns:
        A table of the types of `REPORT_COLUMNS`, a row per image; null where there is no value, never NaN.

    >>> reading = ScoreReading(kind="probabilities", reason="graph")
    >>> scores, evaluated = np.array([[0.0, 0.0], [0.5, 0.5]]), np.array([False, True])
    >>> score_table(scores, np.array([1, 1], np.int32), reading, evaluated_n=evaluated).rows()
    [(None, None, None, None, None, None), (0, 1, 0.5, 0.5, True, 0.5)]
    """
    evaluated_rows = np.flatnonzero(evaluated_n)
    columns = score_columns(scores_nk[evaluated_rows], annotated_n[evaluated_rows], reading)
    found = pl.DataFrame(columns).with_columns(
        pl.col("annotated_class_rank").replace(-1, None),
        pl.col("annotated_confidence", "squared_error").fill_nan(None),
    )
    # Taking a row by a null position gives a row of nulls.
    position = pl.Series(np.where(evaluated_n, np.cumsum(evaluated_n) - 1, -1)).replace(-1, None)
    return found.select(pl.all().gather(position))
