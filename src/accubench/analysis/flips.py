"""From the scores of two models to the rows of a comparison: what the one predicts, what the other, and what changed.

Two models are compared through `MatchedClasses`, never by raw index: ``optimised_class`` and ``annotated_class`` are
outputs of the optimised model, ``parent_class`` is an output of its parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis.blocks import row_blocks
from accubench.analysis.divergence import kl_divergence
from accubench.analysis.matched_classes import MatchedClasses, OutputIds
from accubench.analysis.ranking import predicted_class, rank_of, top_classes
from accubench.analysis.rows import score_columns
from accubench.analysis.scores import Scores, class_scores, probabilities
from accubench.records.comparison import COMPARISON_COLUMNS, Flip
from accubench.records.report import ScoreReading

__all__ = ["COMPARED_COLUMNS", "FLIPS", "TOP_CLASSES", "compare_scores"]

FLIPS: tuple[Flip, ...] = get_args(Flip)
"""Kinds of flips: broken, fixed, moved, changed."""
TOP_CLASSES = 5
"""How many of the highest classes of both models are held against each other; all, where a model has fewer."""

COMPARED_COLUMNS = (
    "optimised_class",
    "parent_class",
    "parent_class_rank",
    "optimised_confidence",
    "optimised_confidence_in_parent_class",
    "parent_confidence",
    "flip",
    "annotated_class",
    "optimised_annotated_rank",
    "parent_annotated_rank",
    "kl_divergence",
    "top_classes_kept",
    "agreed",
)
"""The columns of a comparison's table that follow from scores and annotated classes, in the table's order."""

_OPTIMISED_ALONE = {
    "predicted_class": "optimised_class",
    "predicted_confidence": "optimised_confidence",
    "annotated_class_rank": "optimised_annotated_rank",
}
_PARENT_ALONE = {
    "predicted_class": "parent_class",
    "predicted_confidence": "parent_confidence",
    "annotated_class_rank": "parent_annotated_rank",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """A block of one model's scores, read."""

    scores_nc: Scores
    probabilities_nc: NDArray[np.float64]
    predicted_n: NDArray[np.int32]
    count: int
    """Classes that are scored."""

    @classmethod
    def of(cls, scores_nk: Scores, reading: ScoreReading) -> _Side:
        scores_nc = class_scores(scores_nk, reading)
        count = scores_nc.shape[1] if reading.scored_classes is None else len(reading.scored_classes)
        return cls(scores_nc, probabilities(scores_nk, reading), predicted_class(scores_nc), count)

    def confidence_in(self, class_n: NDArray[np.int32]) -> NDArray[np.float64]:
        """Probability of one class per image; NaN where there is none."""
        return np.where(class_n < 0, np.nan, self.probabilities_nc[np.arange(len(class_n)), class_n])

    def rank_of(self, class_n: NDArray[np.int32]) -> NDArray[np.int32]:
        """As `accubench.analysis.ranking.rank_of`, but a class that is the predicted one has rank 0 without a look."""
        rank_n = np.zeros(len(class_n), dtype=np.int32)
        other = np.flatnonzero(class_n != self.predicted_n)
        rank_n[other] = rank_of(self.scores_nc[other], class_n[other])
        return rank_n


def compare_scores(
    optimised_nk: Scores,
    parent_nk: Scores,
    *,
    optimised_reading: ScoreReading,
    parent_reading: ScoreReading,
    parent_outputs: OutputIds,
    compared_n: NDArray[np.bool_],
    annotated_n: NDArray[np.integer[Any]],
    optimised_evaluated_n: NDArray[np.bool_] | None = None,
    parent_evaluated_n: NDArray[np.bool_] | None = None,
) -> pl.DataFrame:
    """What the scores of two models on the same images say, a row per image.

    An image that only one model was evaluated on has that model's class, confidence and rank of the annotated class,
    and no more. A row's values depend on that row only, however the scores are cut into parts; scores are walked in
    blocks, so that memory beyond the results does not grow with their number.

    Args:
        optimised_nk: Scores of the optimised model as stored, shape (images, its columns).
        parent_nk: Scores of its parent on the same images, shape (images, its columns).
        optimised_reading: How the scores of the optimised model are to be read.
        parent_reading: How those of the parent are.
        parent_outputs: For each class of the optimised model the parent's output that means the same; -1 for none.
        compared_n: Whether both models were evaluated on the image, shape (images,).
        annotated_n: Annotated class as an output of the optimised model, shape (images,); -1 where there is none.
        optimised_evaluated_n: Whether the optimised model was evaluated on the image; None: only on those compared.
        parent_evaluated_n: The same for its parent.

    Returns:
        A table with `COMPARED_COLUMNS` in the types of `COMPARISON_COLUMNS`; null where there is no value, never NaN.
        ``annotated_class`` is there for images that were not compared, too. ``kl_divergence`` is that of
        `kl_divergence`. ``top_classes_kept`` counts among the k highest classes of both models, k being
        `TOP_CLASSES` or the number of scored classes of the model that has fewer.

    Raises:
        ValueError: `parent_outputs` is no matching of these models' classes, or an annotated class is no output.

    >>> reading = ScoreReading(kind="probabilities", reason="graph")
    >>> table = compare_scores(
    ...     np.array([[0.25, 0.75], [0.5, 0.5]]), np.array([[0.0, 0.5, 0.5], [0.0, 0.5, 0.5]]),
    ...     optimised_reading=reading, parent_reading=reading, parent_outputs=[1, 2],
    ...     compared_n=np.array([True, True]), annotated_n=np.array([0, -1]),
    ... )
    >>> table.select("optimised_class", "parent_class", "parent_class_rank", "flip", "agreed").rows()
    [(1, 1, 1, 'broken', False), (0, 1, 0, None, True)]
    """
    parent_count = 2 if parent_reading.sigmoid else parent_nk.shape[1]
    matched = MatchedClasses.of(parent_outputs, parent_count)
    annotated_n = annotated_n.astype(np.int32)
    _check(matched, 2 if optimised_reading.sigmoid else optimised_nk.shape[1], annotated_n)
    columns = _empty_columns(len(compared_n))
    rows = np.flatnonzero(compared_n)
    for block in row_blocks(len(rows), max(optimised_nk.shape[1], parent_nk.shape[1])):
        at = rows[block]
        optimised = _Side.of(optimised_nk[at], optimised_reading)
        parent = _Side.of(parent_nk[at], parent_reading)
        for name, values in _compared(optimised, parent, matched, annotated_n[at]).items():
            columns[name][at] = values
    if optimised_evaluated_n is not None:
        alone = np.flatnonzero(optimised_evaluated_n & ~compared_n)
        found = score_columns(optimised_nk[alone], annotated_n[alone], optimised_reading)
        for theirs, ours in _OPTIMISED_ALONE.items():
            columns[ours][alone] = found[theirs]
    if parent_evaluated_n is not None:
        alone = np.flatnonzero(parent_evaluated_n & ~compared_n)
        found = score_columns(parent_nk[alone], matched.in_parent(annotated_n[alone]), parent_reading)
        for theirs, ours in _PARENT_ALONE.items():
            columns[ours][alone] = found[theirs]
    columns["annotated_class"] = annotated_n
    return _as_table(columns)


def _check(matched: MatchedClasses, optimised_count: int, annotated_n: NDArray[np.int32]) -> None:
    if matched.optimised_count != optimised_count:
        raise ValueError(f"{matched.optimised_count} outputs are matched, the optimised model has {optimised_count}")
    if len(annotated_n) and not -1 <= int(annotated_n.min()) <= int(annotated_n.max()) < optimised_count:
        raise ValueError(
            f"annotated classes run from {annotated_n.min()} to {annotated_n.max()}, "
            f"outputs of the optimised model from 0 to {optimised_count - 1}"
        )


def _compared(
    optimised: _Side, parent: _Side, matched: MatchedClasses, annotated_n: NDArray[np.int32]
) -> dict[str, NDArray[Any]]:
    parent_class_n = matched.in_optimised(parent.predicted_n)
    agreed_n = optimised.predicted_n == parent_class_n
    parent_right_n = (annotated_n >= 0) & (parent_class_n == annotated_n)
    optimised_right_n = optimised.predicted_n == annotated_n
    kinds = [agreed_n, annotated_n < 0, parent_right_n, optimised_right_n]
    codes = [-1, FLIPS.index("changed"), FLIPS.index("broken"), FLIPS.index("fixed")]
    return {
        "optimised_class": optimised.predicted_n,
        "parent_class": parent.predicted_n,
        "parent_class_rank": optimised.rank_of(parent_class_n),
        "optimised_confidence": optimised.confidence_in(optimised.predicted_n),
        "optimised_confidence_in_parent_class": optimised.confidence_in(parent_class_n),
        "parent_confidence": parent.confidence_in(parent.predicted_n),
        "flip": np.select(kinds, codes, FLIPS.index("moved")),
        "optimised_annotated_rank": optimised.rank_of(annotated_n),
        "parent_annotated_rank": parent.rank_of(matched.in_parent(annotated_n)),
        "kl_divergence": kl_divergence(optimised.probabilities_nc, parent.probabilities_nc, matched),
        "top_classes_kept": _kept(optimised, parent, matched),
        "agreed": agreed_n,
    }


def _kept(optimised: _Side, parent: _Side, matched: MatchedClasses) -> NDArray[np.intp]:
    """How many of the k highest classes both models have in common, shape (images,)."""
    k = min(TOP_CLASSES, optimised.count, parent.count)
    optimised_top = matched.in_parent(top_classes(optimised.scores_nc, k))
    parent_top = top_classes(parent.scores_nc, k)
    return np.count_nonzero(optimised_top[:, :, np.newaxis] == parent_top[:, np.newaxis, :], axis=(1, 2))


def _empty_columns(rows: int) -> dict[str, NDArray[Any]]:
    """Arrays that say *nothing here* in every row: NaN, or -1 in integers, codes and truth values."""
    floats = {name for name in COMPARED_COLUMNS if COMPARISON_COLUMNS[name][0] == "Float64"}
    return {
        name: np.full(rows, np.nan) if name in floats else np.full(rows, -1, dtype=np.int32)
        for name in COMPARED_COLUMNS
    }


def _as_table(columns: dict[str, NDArray[Any]]) -> pl.DataFrame:
    kinds: dict[int, str | None] = {-1: None, **dict(enumerate(FLIPS))}
    answers: dict[int, bool | None] = {-1: None, 0: False, 1: True}
    return (
        pl.DataFrame(columns)
        .with_columns(
            pl.col("flip").replace_strict(kinds, return_dtype=pl.String),
            pl.col("agreed").replace_strict(answers, return_dtype=pl.Boolean),
        )
        .with_columns(pl.col(pl.Float64).fill_nan(None), pl.col(pl.Int32).replace(-1, None))
    )
