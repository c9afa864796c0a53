"""One way of executing a model held against another on the same images, and whether the difference matters.

The rule: a change of the predicted classes matters

- on annotated images, where the whole 95 % interval of the difference of accuracies lies below zero: accuracy was lost;
- without regard to annotations, where the lower Clopper-Pearson bound of the share of images with another class lies
  above five in a hundred, unless the interval of the difference says that not more than one point can have been lost.

Single images that change their class are no reason for a warning: two correct ways of rounding decide near ties
differently.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis.distances import distance_scores
from accubench.analysis.flips import compare_scores
from accubench.analysis.intervals import wilson
from accubench.analysis.paired import PairedCounts, clopper_pearson
from accubench.analysis.scores import Scores
from accubench.analysis.verdicts import difference_of
from accubench.records.comparison import FlipCounts, Share
from accubench.records.numerics_check import StepChange
from accubench.records.report import ScoreReading
from accubench.records.tensor_distance import DISTANCE_MEASURES

__all__ = ["ACCEPTED_DISAGREEMENT", "ACCEPTED_LOSS", "change_between", "compare_steps", "matters"]

ACCEPTED_DISAGREEMENT = 0.05
"""Share of images that may be shown to have another class without a warning.

A quantised network that is unsure of many images changes its class on so many of them under another correct rounding:
MobileNet v1 0.25 does on 4.6 % of 500 between LiteRT and OpenVINO, at no cost in accuracy.
"""
ACCEPTED_LOSS = 0.01
"""Where a greater loss of accuracy is excluded, no number of other classes is a reason for a warning."""


def compare_steps(
    after_nk: Scores, before_nk: Scores, annotated_n: NDArray[Any], reading: ScoreReading
) -> pl.DataFrame:
    """What two ways of executing one model say on the same images, a row per image.

    Args:
        after_nk: Scores of the later step as stored, finite, shape (images, columns).
        before_nk: Scores of the earlier step.
        annotated_n: Annotated class as an output of the model, shape (images,); -1 where there is none.
        reading: How the scores of both are read.

    Returns:
        ``before_class``, ``after_class``, ``before_rank`` and ``after_rank`` of the annotated class (null where there
        is none), ``flip``, and the four distances.
    """
    classes = range(2 if reading.sigmoid else after_nk.shape[1])
    everywhere = np.ones(len(after_nk), np.bool_)
    compared = compare_scores(
        after_nk,
        before_nk,
        optimised_reading=reading,
        parent_reading=reading,
        parent_outputs=classes,
        compared_n=everywhere,
        annotated_n=annotated_n,
    )
    distances = distance_scores(
        after_nk,
        before_nk,
        optimised_reading=reading,
        parent_reading=reading,
        quantizations=(reading.quantization, reading.quantization),
        parent_outputs=classes,
        compared_n=everywhere,
    )
    return compared.select(
        pl.col("parent_class").alias("before_class"),
        pl.col("optimised_class").alias("after_class"),
        pl.col("parent_annotated_rank").alias("before_rank"),
        pl.col("optimised_annotated_rank").alias("after_rank"),
        "flip",
    ).hstack(distances.select(DISTANCE_MEASURES))


def change_between(table: pl.DataFrame) -> StepChange:
    """The numbers of a table of `compare_steps` with at least one image."""
    n = len(table)
    flips = FlipCounts.model_validate(dict(table["flip"].drop_nulls().value_counts().rows()))
    low, high = wilson(n - flips.total, n)
    disagreement = clopper_pearson(flips.total, n)
    annotated = table.filter(pl.col("after_rank").is_not_null())
    return StepChange(
        agreement=Share(count=n - flips.total, n=n, value=1 - flips.total / n, low=low, high=high),
        disagreement_low=disagreement[0],
        disagreement_high=disagreement[1],
        flips=flips,
        difference=difference_of(_outcomes(annotated)) if len(annotated) else None,
        mean_mse=_mean(table["mse"]) or 0.0,
        mean_cosine_distance=_mean(table["cosine_distance"]),
        mean_kl_divergence=_mean(table["kl_divergence"]) or 0.0,
        max_abs_difference=float(table["max_abs_difference"].to_numpy().max()),
    )


def matters(change: StepChange) -> bool:
    """Whether a change is a reason for a warning, by the rule above."""
    difference = change.difference
    if difference is not None and difference.high is not None and difference.high < 0:
        return True
    harmless = difference is not None and difference.low is not None and difference.low > -ACCEPTED_LOSS
    return change.disagreement_low > ACCEPTED_DISAGREEMENT and not harmless


def _outcomes(annotated: pl.DataFrame) -> PairedCounts:
    before, after = annotated["before_rank"] == 0, annotated["after_rank"] == 0
    return PairedCounts(
        both_right=int((before & after).sum()),
        broken=int((before & ~after).sum()),
        fixed=int((~before & after).sum()),
        both_wrong=int((~before & ~after).sum()),
    )


def _mean(column: pl.Series) -> float | None:
    values_n = column.drop_nulls().to_numpy()
    return float(values_n.mean()) if len(values_n) else None
