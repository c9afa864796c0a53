"""How far confidences can be taken at their word: reliability, expected calibration error, Brier score, NLL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis.intervals import wilson
from accubench.records.report import Calibration, ReliabilityBin

__all__ = [
    "LEAST_PROBABILITY",
    "calibration",
    "expected_calibration_error",
    "negative_log_likelihood",
    "reliability",
    "squared_error",
]

LEAST_PROBABILITY = 1e-12
"""Probabilities below this are taken as this in the logarithm, so that one exact 0 does not make the mean infinite."""

FloatColumn = pl.Series | NDArray[np.floating[Any]]
BooleanColumn = pl.Series | NDArray[np.bool_]


def reliability(confidence: FloatColumn, right: BooleanColumn, bins: int) -> tuple[ReliabilityBin, ...]:
    """Images grouped by confidence into bins of equal mass, each with its mean confidence and its accuracy.

    The borders are the quantiles i / bins of the confidences (inverted distribution function), and a bin holds the
    confidences above its lower border up to and including its upper one. So bins differ by at most one image where all
    confidences differ; images of equal confidence are never split between two bins, whatever their order; and where so
    many are equal that a bin would be empty, there are fewer bins.
    Source of equal mass: K. Nguyen and B. O'Connor, Posterior calibration and exploratory analysis for natural language
    processing models, EMNLP 2015; why it is less biased than equal width: R. Roelofs et al., Mitigating bias in
    calibration error estimation, AISTATS 2022.

    Args:
        confidence: Confidence in the predicted class per image, without missing values.
        right: Whether the predicted class is the annotated one, per image.
        bins: Number of bins asked for, at least 1.

    Returns:
        Bins by ascending confidence; `low` and `high` are the least and greatest confidence that occur in the bin.

    >>> bins = reliability(np.array([0.9, 0.5, 0.6, 0.9, 0.9]), np.array([True, False, True, True, False]), 2)
    >>> [(bin_.low, bin_.high, bin_.n, bin_.accuracy) for bin_ in bins]
    [(0.5, 0.9, 5, 0.6)]
    >>> bins = reliability(np.array([0.9, 0.5, 0.6, 0.8]), np.array([True, False, True, True]), 2)
    >>> [(bin_.low, bin_.high, bin_.n, bin_.accuracy) for bin_ in bins]
    [(0.5, 0.6, 2, 0.5), (0.8, 0.9, 2, 1.0)]
    """
    confidence_n, right_n = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.bool_)
    order = np.argsort(confidence_n)  # the order among equals does not matter: they end in one bin
    confidence_n, right_n = confidence_n[order], right_n[order]
    n = len(confidence_n)
    quantile_positions = -(-np.arange(1, bins + 1) * n // bins) - 1
    ends = np.unique(np.searchsorted(confidence_n, confidence_n[quantile_positions], side="right")) if n else ()
    starts = [0, *ends][:-1]
    return tuple(
        _bin(confidence_n[start:end], right_n[start:end])
        for start, end in zip(starts, ends, strict=True)
        if end > start
    )


def _bin(confidence_n: NDArray[np.float64], right_n: NDArray[np.bool_]) -> ReliabilityBin:
    n, right = len(right_n), int(np.count_nonzero(right_n))
    accuracy_low, accuracy_high = wilson(right, n)
    return ReliabilityBin(
        low=float(confidence_n[0]),
        high=float(confidence_n[-1]),
        n=n,
        right=right,
        mean_confidence=float(confidence_n.mean()),
        accuracy=right / n,
        accuracy_low=accuracy_low,
        accuracy_high=accuracy_high,
    )


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """The mean over images of the distance between their bin's accuracy and mean confidence (ECE).

    Source: M. P. Naeini, G. F. Cooper and M. Hauskrecht, Obtaining well calibrated probabilities using Bayesian
    binning, AAAI 2015.

    Args:
        bins: As `reliability` makes them.

    Returns:
        A number from 0 (perfect) to 1; 0 without images.

    >>> expected_calibration_error(reliability(np.array([0.5, 0.5, 1.0, 1.0]), np.array([True, False, True, False]), 2))
    0.25
    """
    n = sum(bin_.n for bin_ in bins)
    return sum(bin_.n * abs(bin_.accuracy - bin_.mean_confidence) for bin_ in bins) / n if n else 0.0


def squared_error(probabilities_nc: NDArray[np.float64], annotated_n: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Sum over classes of (probability - annotated) squared; annotated is 1 for the annotated class, else 0.

    Its mean over images is the Brier score in its original form, from 0 (sure and right) to 2 (sure and wrong).
    Source: G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950),
    1-3.

    Args:
        probabilities_nc: Probability of every class, shape (images, classes).
        annotated_n: Annotated class per image, shape (images,); -1 where there is none.

    Returns:
        float64 of shape (images,); NaN where there is no annotated class.

    >>> squared_error(np.array([[0.75, 0.25], [0.0, 1.0], [0.5, 0.5]]), np.array([0, 0, -1])).tolist()
    [0.125, 2.0, nan]
    """
    residual_nc = probabilities_nc.astype(np.float64)
    residual_nc[np.arange(len(residual_nc)), annotated_n] -= 1.0
    error_n = np.einsum("nc,nc->n", residual_nc, residual_nc)
    error_n[annotated_n < 0] = np.nan
    return error_n


def negative_log_likelihood(annotated_confidence: FloatColumn) -> tuple[float, int]:
    """The mean of -ln(p), p the probability of the annotated class, and how many p were below 1e-12 and taken as that.

    Args:
        annotated_confidence: Confidence in the annotated class per image, without missing values.

    Returns:
        Mean in nats (0 without images) and number of clipped images.

    >>> nll, clipped = negative_log_likelihood(np.array([1.0, 0.5, 0.0]))
    >>> round(nll, 4), clipped
    (9.4414, 1)
    """
    confidence_n = np.asarray(annotated_confidence, dtype=np.float64)
    if len(confidence_n) == 0:
        return 0.0, 0
    clipped = int(np.count_nonzero(confidence_n < LEAST_PROBABILITY))
    return float(-np.log(np.maximum(confidence_n, LEAST_PROBABILITY)).mean()), clipped


def calibration(judged: pl.DataFrame, bins: int) -> Calibration:
    """All calibration numbers of the images that were evaluated and are annotated.

    Args:
        judged: Rows of a report's table with ``annotated_class_rank``, ``predicted_confidence``,
            ``annotated_confidence`` and ``squared_error``, at least one and none missing.
        bins: Number of equal-mass bins.
    """
    right = judged["annotated_class_rank"] == 0
    reliability_bins = reliability(judged["predicted_confidence"], right, bins)
    nll, clipped = negative_log_likelihood(judged["annotated_confidence"])
    return Calibration(
        ece=expected_calibration_error(reliability_bins),
        brier=float(judged["squared_error"].to_numpy().mean()),
        nll=nll,
        clipped=clipped,
        bins=reliability_bins,
    )
