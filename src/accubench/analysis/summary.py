"""The numbers above a report's table, computed from the table and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from accubench.analysis.accuracy import top_k_table
from accubench.analysis.calibration import calibration
from accubench.analysis.per_class import macro_averages, per_class_table
from accubench.records.report import AccuracySummary

__all__ = ["summarize"]


def summarize(table: pl.DataFrame, *, top_k: Sequence[int], class_count: int, calibration_bins: int) -> AccuracySummary:
    """The summary of report 1.

    Failed images count in `n_images` and `n_failed` and nowhere else; numbers that need annotations are taken over the
    evaluated images that are annotated. Without a single such image `top_k` is empty, and `macro` and `calibration` are
    None.

    Args:
        table: A report's table with the columns of `REPORT_COLUMNS` (names of classes and images are not needed).
        top_k: The k asked for; none exceeds `class_count` in the result.
        class_count: Number of classes the model gives scores for.
        calibration_bins: Number of equal-mass bins.

    >>> table = pl.DataFrame({
    ...     "status": ["evaluated", "evaluated", "failed"],
    ...     "predicted_class": [0, 1, None],
    ...     "annotated_class": [0, 0, 0],
    ...     "annotated_class_rank": [0, 1, None],
    ...     "predicted_confidence": [0.75, 1.0, None],
    ...     "annotated_confidence": [0.75, 0.0, None],
    ...     "tied": [False, False, None],
    ...     "squared_error": [0.125, 2.0, None],
    ... })
    >>> summary = summarize(table, top_k=(1, 5), class_count=2, calibration_bins=15)
    >>> summary.n, summary.n_failed, [(top.k, top.value) for top in summary.top_k]
    (2, 1, [(1, 0.5), (2, 1.0)])
    """
    evaluated = table.filter(pl.col("status") == "evaluated")
    judged = evaluated.filter(pl.col("annotated_class_rank").is_not_null())
    confidence_n = evaluated["predicted_confidence"].to_numpy()
    summary = AccuracySummary(
        n_images=len(table),
        n=len(evaluated),
        n_failed=len(table) - len(evaluated),
        n_ties=int(evaluated["tied"].sum()),
        mean_confidence=float(confidence_n.mean()) if len(evaluated) else None,
    )
    if len(judged) == 0:
        return summary
    return summary.model_copy(
        update={
            "top_k": top_k_table(judged["annotated_class_rank"], top_k, class_count),
            "macro": macro_averages(per_class_table(judged["predicted_class"], judged["annotated_class"])),
            "calibration": calibration(judged, calibration_bins),
        }
    )
