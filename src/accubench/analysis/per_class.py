"""Precision, recall and F1 of every class, and their averages."""

from __future__ import annotations

import numpy as np
import polars as pl

from accubench.analysis.columns import IntegerColumn, judged_pairs
from accubench.analysis.intervals import wilson
from accubench.records.report import MacroAverages

__all__ = ["PER_CLASS_COLUMNS", "macro_averages", "per_class_table"]

PER_CLASS_COLUMNS: dict[str, str] = {
    "class_id": "Class as an output of the model.",
    "support": "Images annotated with the class.",
    "predicted": "Images predicted as the class.",
    "right": "Images both annotated with and predicted as the class.",
    "precision": "right / predicted; null where the class was never predicted.",
    "recall": "right / support; null where no image is annotated with the class.",
    "f1": "2 right / (support + predicted), the harmonic mean of precision and recall.",
    "recall_low": "Lower bound of the recall's 95 % Wilson interval; null where recall is.",
    "recall_high": "Upper bound of the same interval.",
}
"""Columns of the per-class table (Int32, Int64 three times, Float64 five times), in this order."""


def per_class_table(predicted: IntegerColumn, annotated: IntegerColumn) -> pl.DataFrame:
    """One row for every class that is annotated or predicted on some image, by ascending id.

    A share whose denominator is 0 is undefined and therefore null, not 0: a class that was never predicted has no
    precision.

    Args:
        predicted: Predicted class per image.
        annotated: Annotated class per image; rows that lack either (null or -1) do not count.

    Returns:
        A table with `PER_CLASS_COLUMNS`.

    >>> table = per_class_table(np.array([0, 0, 1, 0]), np.array([0, 1, 1, 2]))
    >>> table.select("class_id", "support", "precision", "recall", "f1").rows()
    [(0, 1, 0.3333333333333333, 1.0, 0.5), (1, 2, 1.0, 0.5, 0.6666666666666666), (2, 1, None, 0.0, 0.0)]
    """
    predicted_n, annotated_n = judged_pairs(predicted, annotated)
    class_ids, positions = np.unique(np.concatenate([predicted_n, annotated_n]), return_inverse=True)
    predicted_position, annotated_position = np.split(positions, 2)
    right = annotated_position[predicted_n == annotated_n]
    counts = {
        "support": np.bincount(annotated_position, minlength=len(class_ids)),
        "predicted": np.bincount(predicted_position, minlength=len(class_ids)),
        "right": np.bincount(right, minlength=len(class_ids)),
    }
    table = pl.DataFrame({"class_id": class_ids.astype(np.int32), **counts})
    return _with_shares(table).select(*PER_CLASS_COLUMNS)


def _with_shares(counts: pl.DataFrame) -> pl.DataFrame:
    support, predicted, right = pl.col("support"), pl.col("predicted"), pl.col("right")
    bounds = [
        wilson(row["right"], row["support"]) if row["support"] else (None, None) for row in counts.iter_rows(named=True)
    ]
    return counts.with_columns(
        pl.when(predicted > 0).then(right / predicted).alias("precision"),
        pl.when(support > 0).then(right / support).alias("recall"),
        (2 * right / (support + predicted)).alias("f1"),
        pl.Series("recall_low", [low for low, _ in bounds], dtype=pl.Float64),
        pl.Series("recall_high", [high for _, high in bounds], dtype=pl.Float64),
    )


def macro_averages(table: pl.DataFrame) -> MacroAverages:
    """Unweighted means of precision, recall and F1 over the classes that occur in the annotations.

    An undefined precision counts as 0, as with scikit-learn's ``zero_division=0``: a class that is annotated but never
    predicted is one the model cannot do. Classes that are only predicted have no recall and are left out.

    Args:
        table: As `per_class_table` makes it.

    Returns:
        The means; all 0 with ``classes=0`` where nothing is annotated.

    >>> macro_averages(per_class_table(np.array([0, 0, 1, 0]), np.array([0, 1, 1, 2])))
    MacroAverages(precision=0.4444444444444444, recall=0.5, f1=0.38888888888888884, classes=3)
    """
    annotated = table.filter(pl.col("support") > 0)

    def mean(column: str) -> float:
        return float(annotated[column].fill_null(0.0).to_numpy().mean()) if len(annotated) else 0.0

    return MacroAverages(precision=mean("precision"), recall=mean("recall"), f1=mean("f1"), classes=len(annotated))
