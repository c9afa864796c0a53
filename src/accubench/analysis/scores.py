"""From the numbers a model gave to probabilities: dequantise, look, softmax.

Rows that hold NaN or infinity (`accubench.analysis.ranking.failed_scores`) belong to failed images and are not given to
these functions; `ScoreRange` alone skips them by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.analysis.blocks import row_blocks
from accubench.errors import Finding
from accubench.records.model import Quantization
from accubench.records.report import ScoreReading

__all__ = [
    "ScoreRange",
    "Scores",
    "class_scores",
    "dequantize",
    "double_softmax_bounds",
    "looks_like_probabilities",
    "probabilities",
    "softmax",
]

Scores = NDArray[Any]
"""Scores as the model gave them, shape (images, columns), any floating-point or integer dtype."""

SUM_TOLERANCE = 1e-3
"""How far a row of probabilities may be from the sum 1; float16 softmax over 1000 classes stays within it."""


def dequantize(scores_nk: Scores, quantization: Quantization | None) -> NDArray[np.float64]:
    """The real values that scores stand for, as float64 of the same shape.

    Args:
        scores_nk: Scores as stored.
        quantization: What the integers mean, or None where the numbers are real already.

    >>> dequantize(np.array([[0, 128, 255]], np.uint8), Quantization(scale=0.5, zero_point=128)).tolist()
    [[-64.0, 0.0, 63.5]]
    """
    values_nk = scores_nk.astype(np.float64)
    if quantization is not None:
        values_nk -= quantization.zero_point
        values_nk *= quantization.scale
    return values_nk


def softmax(scores_nk: Scores) -> NDArray[np.float64]:
    """Probabilities of logits: ``exp(s) / sum(exp(s))`` over each row, in float64.

    The row's maximum is subtracted first, so no finite logit overflows.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 1000.0 - np.log(3)]])).round(6).tolist()
    [[0.5, 0.5], [0.75, 0.25]]
    """
    values_nk = scores_nk.astype(np.float64)
    values_nk -= values_nk.max(axis=1, keepdims=True)
    np.exp(values_nk, out=values_nk)
    values_nk /= values_nk.sum(axis=1, keepdims=True)
    return values_nk


def class_scores(scores_nk: Scores, reading: ScoreReading) -> Scores:
    """One score per class: the scores themselves, or the two classes that one sigmoid output stands for.

    Where only some classes are scored, all others have minus infinity: below every score, so that they are neither
    predicted nor tied nor ranked before one that is. Integers become float64 then, which holds them exactly.

    A single logit `s` becomes ``[0, s]`` and a single probability `p` becomes ``[1 - p, p]``, both dequantised: class
    1 is predicted when s > 0 or p > 0.5, and softmax of ``[0, s]`` is ``[1 - sigmoid(s), sigmoid(s)]``.

    Args:
        scores_nk: Scores as stored; one column where `reading.sigmoid`.
        reading: How the scores are to be read.

    >>> class_scores(np.array([[-1.5], [2.0]]), ScoreReading(kind="logits", reason="graph", sigmoid=True)).tolist()
    [[0.0, -1.5], [0.0, 2.0]]
    >>> class_scores(np.array([[0.75]]), ScoreReading(kind="probabilities", reason="graph", sigmoid=True)).tolist()
    [[0.25, 0.75]]
    >>> only_two = ScoreReading(kind="logits", reason="graph", scored_classes=(0, 2))
    >>> class_scores(np.array([[1, 7, 3]], np.uint8), only_two).tolist()
    [[1.0, -inf, 3.0]]
    """
    opened_nc = _opened(scores_nk, reading)
    return opened_nc if reading.scored_classes is None else _only(opened_nc, reading.scored_classes)


def _opened(scores_nk: Scores, reading: ScoreReading) -> Scores:
    """One column per class."""
    if not reading.sigmoid:
        return scores_nk
    second_n = dequantize(scores_nk, reading.quantization)[:, 0]
    first_n = np.zeros_like(second_n) if reading.kind == "logits" else 1.0 - second_n
    return np.stack([first_n, second_n], axis=1)


def probabilities(scores_nk: Scores, reading: ScoreReading) -> NDArray[np.float64]:
    """The probability of every class, as float64 of shape (images, classes).

    Integers are dequantised first; logits go through softmax, probabilities are left as they are; one sigmoid output
    gives the two columns ``[1 - p, p]``.

    Where only some classes are scored, the probabilities of the others are 0, and those of the scored ones are what
    they would be without the others: softmax of their logits alone or, the same in exact arithmetic, each divided by
    their sum. Where that sum is 0, as rounding to integers can make it, nothing tells them apart: each gets an equal
    share.

    Args:
        scores_nk: Finite scores as stored.
        reading: How the scores are to be read.

    >>> probabilities(np.array([[0.0]]), ScoreReading(kind="logits", reason="graph", sigmoid=True)).tolist()
    [[0.5, 0.5]]
    >>> eighths = Quantization(scale=0.125, zero_point=0)
    >>> reading = ScoreReading(kind="probabilities", reason="graph", quantization=eighths)
    >>> probabilities(np.array([[6, 2]], np.uint8), reading).tolist()
    [[0.75, 0.25]]
    """
    scored = reading.scored_classes
    if reading.sigmoid:
        values_nc = _opened(scores_nk, reading)
    elif reading.kind == "logits" and reading.quantization is None and scored is None:
        return softmax(scores_nk)
    else:
        values_nc = dequantize(scores_nk, reading.quantization)
    if reading.kind == "logits":
        return softmax(values_nc if scored is None else _only(values_nc, scored))
    return values_nc if scored is None else _shared_out(values_nc, scored)


def _only(values_nc: Scores, classes: Sequence[int]) -> Scores:
    """Values of some classes, minus infinity for all others."""
    dtype = values_nc.dtype if np.issubdtype(values_nc.dtype, np.floating) else np.dtype(np.float64)
    kept_nc = np.full(values_nc.shape, -np.inf, dtype)
    kept_nc[:, classes] = values_nc[:, classes]
    return kept_nc


def _shared_out(values_nc: NDArray[np.float64], classes: Sequence[int]) -> NDArray[np.float64]:
    """Probabilities of some classes, divided by their sum; 0 for all others."""
    kept_nk = values_nc[:, classes]
    sum_n1 = kept_nk.sum(axis=1, keepdims=True)
    shared_nc = np.zeros_like(values_nc)
    known_n1 = sum_n1 > 0
    shared_nc[:, classes] = np.where(known_n1, kept_nk / np.where(known_n1, sum_n1, 1.0), 1.0 / len(classes))
    return shared_nc


def looks_like_probabilities(scores_nk: Scores) -> bool:
    """Whether every row is non-negative, at most 1, and sums to 1 within 1e-3; the numbers' own word on what they are.

    One column is taken as a sigmoid output, whose two classes always sum to 1. For scores read in parts, and for
    integers, see `ScoreRange`.

    >>> looks_like_probabilities(np.array([[0.2, 0.8], [1.0, 0.0]]))
    True
    >>> looks_like_probabilities(np.array([[0.2, 10.66]]))
    False
    """
    return ScoreRange.of(scores_nk).looks_like_probabilities


def double_softmax_bounds(class_count: int) -> tuple[float, float]:
    """The least and the greatest number that softmax can make out of probabilities.

    Softmax of values between 0 and 1 that sum to 1 lies between ``1 / (e + C - 1)`` and ``e / (e + C - 1)``; both are
    reached by a one-hot row.

    >>> low, high = double_softmax_bounds(1000)
    >>> round(low, 6), round(high, 6)
    (0.000998, 0.002714)
    """
    total = math.e + class_count - 1
    return 1 / total, math.e / total


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRange:
    """What must be known of scores to tell probabilities from logits, gathered part by part.

    Ranges of parts merge into the range of the whole in any order. Values are dequantised.

    >>> parts = [ScoreRange.of(np.array([[0.2, 0.8]])), ScoreRange.of(np.array([[0.5, 0.5]]))]
    >>> whole = parts[0].merge(parts[1])
    >>> whole.rows, whole.high, whole.looks_like_probabilities
    (2, 0.8, True)
    """

    columns: int
    """Scores per image; 1 is a sigmoid output."""
    rows: int = 0
    """Images seen."""
    low: float = math.inf
    """Least score."""
    high: float = -math.inf
    """Greatest score."""
    sum_low: float = math.inf
    """Least sum of a row."""
    sum_high: float = -math.inf
    """Greatest sum of a row."""
    sum_tolerance: float = SUM_TOLERANCE
    """How far the sum of a row of probabilities may be from 1; wider for integers, each rounded by half a step."""

    @classmethod
    def of(cls, scores_nk: Scores, quantization: Quantization | None = None) -> ScoreRange:
        """The range of one part; rows that hold NaN or infinity are skipped.

        Args:
            scores_nk: Scores as stored, without the rows of failed images.
            quantization: What integers mean, or None where the numbers are real already.
        """
        rows, columns = scores_nk.shape
        step = 0.0 if quantization is None else abs(quantization.scale)
        result = cls(columns=columns, sum_tolerance=max(SUM_TOLERANCE, columns * step / 2))
        for block in row_blocks(rows, columns):
            values_nk = dequantize(scores_nk[block], quantization)
            values_nk = values_nk[np.isfinite(values_nk).all(axis=1)]
            sums_n = values_nk.sum(axis=1)
            seen = cls(
                columns=columns,
                rows=len(values_nk),
                low=float(values_nk.min(initial=math.inf)),
                high=float(values_nk.max(initial=-math.inf)),
                sum_low=float(sums_n.min(initial=math.inf)),
                sum_high=float(sums_n.max(initial=-math.inf)),
            )
            result = result.merge(seen)
        return result

    def merge(self, other: ScoreRange) -> ScoreRange:
        """The range of both parts together.

        Raises:
            ValueError: The parts have different numbers of columns.
        """
        if self.columns != other.columns:
            raise ValueError(f"scores with {self.columns} and {other.columns} columns are not of one model")
        return ScoreRange(
            columns=self.columns,
            rows=self.rows + other.rows,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
            sum_low=min(self.sum_low, other.sum_low),
            sum_high=max(self.sum_high, other.sum_high),
            sum_tolerance=max(self.sum_tolerance, other.sum_tolerance),
        )

    @property
    def looks_like_probabilities(self) -> bool:
        """Whether every row seen is non-negative, at most 1, and sums to 1 within the tolerance; False for no rows."""
        if self.rows == 0 or self.low < 0 or self.high > 1 + SUM_TOLERANCE:
            return False
        near_one = self.sum_low >= 1 - self.sum_tolerance and self.sum_high <= 1 + self.sum_tolerance
        return self.columns == 1 or near_one

    @property
    def looks_like_double_softmax(self) -> bool:
        """Whether these are probabilities so flat everywhere that softmax must have been applied twice to get them."""
        low, high = double_softmax_bounds(self.columns)
        within = self.low >= low * (1 - SUM_TOLERANCE) and self.high <= high * (1 + SUM_TOLERANCE)
        return self.columns > 1 and self.looks_like_probabilities and within

    def warnings(self, reading: ScoreReading) -> tuple[Finding, ...]:
        """What a reader of confidences must know when the numbers contradict how they are read.

        Args:
            reading: How the scores are read.

        >>> range_ = ScoreRange.of(np.array([[0.2, 0.8]]))
        >>> [finding.code for finding in range_.warnings(ScoreReading(kind="logits", reason="configuration"))]
        ['scores-look-like-probabilities']
        """
        if self.rows == 0:
            return ()
        if reading.kind == "probabilities" and not self.looks_like_probabilities:
            return (_warning("scores-are-no-probabilities", _NO_PROBABILITIES.format(self, reading=reading)),)
        if self.looks_like_double_softmax:
            return (_warning("double-softmax", _DOUBLE_SOFTMAX.format(self, reading=reading)),)
        if reading.kind == "logits" and self.looks_like_probabilities and self.columns > 1:
            return (_warning("scores-look-like-probabilities", _LOOK_LIKE.format(self, reading=reading)),)
        return ()


def _warning(code: str, message: str) -> Finding:
    return Finding(code=code, message=message, severity="warning")


_NO_PROBABILITIES = (
    "Scores are read as probabilities ({reading.reason}), but they range from {0.low:.4g} to {0.high:.4g} and rows sum "
    "to {0.sum_low:.4g} to {0.sum_high:.4g}: confidences are no probabilities. "
    "If these are logits, set outputs: {{scores: logits}}."
)
_DOUBLE_SOFTMAX = (
    "The highest score of all images is {0.high:.4g} and the lowest {0.low:.4g}, as flat as if softmax had been "
    "applied twice: predicted classes are not affected, confidences are meaningless. "
    "Look for a second Softmax in the model."
)
_LOOK_LIKE = (
    "Scores are read as logits ({reading.reason}) and go through softmax, but all are between 0 and 1 and every row "
    "sums to 1: if they are probabilities already, confidences are far too low; "
    "set outputs: {{scores: probabilities}}."
)
