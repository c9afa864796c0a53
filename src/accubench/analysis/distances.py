"""How far a model's outputs are from its parent's, image by image, and how these distances are spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis.blocks import row_blocks
from accubench.analysis.divergence import kl_divergence
from accubench.analysis.matched_classes import MatchedClasses, OutputIds
from accubench.analysis.ranking import predicted_class
from accubench.analysis.scores import Scores, class_scores, dequantize, probabilities
from accubench.records.model import Quantization
from accubench.records.report import ScoreReading
from accubench.records.tensor_distance import DISTANCE_MEASURES, DistanceBin, Distribution, OutputDistance

__all__ = ["HISTOGRAM_BINS", "distance_scores", "summarize_distance"]

HISTOGRAM_BINS = 20
"""Bins of the histogram besides that of zeros."""

Quantizations = tuple[Quantization | None, Quantization | None]


def distance_scores(
    optimised_nk: Scores,
    parent_nk: Scores,
    *,
    optimised_reading: ScoreReading | None,
    parent_reading: ScoreReading | None,
    quantizations: Quantizations,
    parent_outputs: OutputIds,
    compared_n: NDArray[np.bool_],
) -> pl.DataFrame:
    """The distances of one output of two models, a row per image.

    Outputs are compared as the models gave them, in float64: integers dequantised, logits as logits. Only numbers that
    have a counterpart are compared. One sigmoid output is compared with another as it is; with a model of two outputs,
    or with the classes in another order, as the two class scores that it stands for.

    Args:
        optimised_nk: Values of the optimised model as stored, shape (images, its columns).
        parent_nk: Values of its parent on the same images, shape (images, its columns).
        optimised_reading: How class scores are to be read; None for an output that holds none.
        parent_reading: The same for the parent; both are None, or none.
        quantizations: What integers mean, of the optimised model and of its parent; None where numbers are real.
        parent_outputs: For each column (for class scores, each class) of the optimised model that of its parent which
            means the same; -1 for none.
        compared_n: Whether both models were evaluated on the image, shape (images,).

    Returns:
        A table with ``mse``, ``cosine_distance``, ``kl_divergence``, ``max_abs_difference`` and ``agreed``, as
        `DISTANCE_COLUMNS` has them; null where there is no value, never NaN. The divergence, that of `kl_divergence`,
        and ``agreed`` are there for class scores only.

    Raises:
        ValueError: `parent_outputs` is no matching of these columns.

    >>> table = distance_scores(
    ...     np.array([[1.0, 3.0], [2.0, 0.0]]), np.array([[1.0, 1.0], [4.0, 0.0]]), optimised_reading=None,
    ...     parent_reading=None, quantizations=(None, None), parent_outputs=[0, 1], compared_n=np.array([True, True]),
    ... )
    >>> table.select("mse", pl.col("cosine_distance").round(4), "max_abs_difference").rows()
    [(2.0, 0.1056, 2.0), (2.0, 0.0, 2.0)]
    """
    readings = None if optimised_reading is None or parent_reading is None else (optimised_reading, parent_reading)
    matched = MatchedClasses.of(parent_outputs, _columns(parent_nk, parent_reading))
    if matched.optimised_count != _columns(optimised_nk, optimised_reading):
        raise ValueError(f"{matched.optimised_count} outputs are matched, shape {optimised_nk.shape} has others")
    columns = {name: np.full(len(compared_n), np.nan) for name in (*DISTANCE_MEASURES, "agreed")}
    rows = np.flatnonzero(compared_n)
    for block in row_blocks(len(rows), max(optimised_nk.shape[1], parent_nk.shape[1])):
        at = rows[block]
        pair_nk = (optimised_nk[at], parent_nk[at])
        values = _raw_distances(*_comparable(pair_nk, readings, quantizations, matched))
        if readings is not None:
            values |= _score_distances(pair_nk, readings, matched)
        for name, values_n in values.items():
            columns[name][at] = values_n
    table = pl.DataFrame(columns).with_columns(pl.all().fill_nan(None))
    return table.with_columns(pl.col("agreed").cast(pl.Boolean))


def _columns(values_nk: Scores, reading: ScoreReading | None) -> int:
    return 2 if reading is not None and reading.sigmoid else values_nk.shape[1]


def _comparable(
    pair_nk: tuple[Scores, Scores],
    readings: tuple[ScoreReading, ScoreReading] | None,
    quantizations: Quantizations,
    matched: MatchedClasses,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Real values of both models in the same columns."""
    if readings is not None and any(reading.sigmoid for reading in readings):
        if matched.same and all(reading.sigmoid for reading in readings):
            return dequantize(pair_nk[0], quantizations[0]), dequantize(pair_nk[1], quantizations[1])
        real = [
            class_scores(values_nk, _of_all(reading)) if reading.sigmoid else dequantize(values_nk, quantization)
            for values_nk, reading, quantization in zip(pair_nk, readings, quantizations, strict=True)
        ]
    else:
        real = [
            dequantize(values_nk, quantization) for values_nk, quantization in zip(pair_nk, quantizations, strict=True)
        ]
    return (real[0], real[1]) if matched.same else (real[0][:, matched.optimised], real[1][:, matched.parent])


def _of_all(reading: ScoreReading) -> ScoreReading:
    """The reading of the whole output: a distance between tensors is one between all of their numbers."""
    return reading.model_copy(update={"scored_classes": None})


def _raw_distances(optimised_nk: NDArray[np.float64], parent_nk: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    difference_nk = np.abs(optimised_nk - parent_nk)
    return {
        "max_abs_difference": difference_nk.max(axis=1, initial=0.0),
        "mse": np.square(difference_nk, out=difference_nk).mean(axis=1),
        "cosine_distance": _cosine_distance(optimised_nk, parent_nk),
    }


def _cosine_distance(optimised_nk: NDArray[np.float64], parent_nk: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 - cosine, as half the squared distance of both directions: exact where they are nearly the same."""
    directions: list[NDArray[np.float64]] = []
    for values_nk in (optimised_nk, parent_nk):
        length_n1 = np.sqrt(np.square(values_nk).sum(axis=1, keepdims=True))
        directions.append(values_nk / np.where(length_n1 > 0, length_n1, np.nan))
    return np.square(directions[0] - directions[1]).sum(axis=1) / 2


def _score_distances(
    pair_nk: tuple[Scores, Scores], readings: tuple[ScoreReading, ScoreReading], matched: MatchedClasses
) -> dict[str, NDArray[Any]]:
    optimised_n, parent_n = (
        predicted_class(class_scores(values_nk, reading)) for values_nk, reading in zip(pair_nk, readings, strict=True)
    )
    probable = [probabilities(values_nk, reading) for values_nk, reading in zip(pair_nk, readings, strict=True)]
    return {
        "kl_divergence": kl_divergence(probable[0], probable[1], matched),
        "agreed": optimised_n == matched.in_optimised(parent_n),
    }


def summarize_distance(table: pl.DataFrame, *, output: str, columns: int, is_scores: bool) -> OutputDistance:
    """How the distances of one output are spread over the images.

    Quantiles are interpolated linearly. A measure that no image has is absent.

    Args:
        table: A distance's table with the columns of `DISTANCE_COLUMNS`, in dataset order; rows of other outputs are
            not looked at.
        output: Which output.
        columns: Numbers per image that are compared.
        is_scores: Whether this is the output of class scores.

    >>> table = pl.DataFrame({
    ...     "image_name": ["a.png", "b.png", "c.png"], "output": ["prob"] * 3, "status": ["compared"] * 3,
    ...     "mse": [0.0, 0.01, 1.0], "cosine_distance": [0.0, 0.1, 0.5], "kl_divergence": [None] * 3,
    ...     "max_abs_difference": [0.0, 0.3, 1.0],
    ... })
    >>> found = summarize_distance(table, output="prob", columns=2, is_scores=False)
    >>> found.equal, [(each.measure, each.median, each.worst_image) for each in found.distributions[:2]]
    (1, [('mse', 0.01, 'c.png'), ('cosine_distance', 0.1, 'c.png')])
    """
    own = table.filter(pl.col("output") == output)
    compared = own.filter(pl.col("status") == "compared")
    with_values = ((measure, compared.drop_nulls(measure)) for measure in DISTANCE_MEASURES)
    return OutputDistance(
        output=output,
        columns=columns,
        is_scores=is_scores,
        n=len(compared),
        n_failed=len(own) - len(compared),
        equal=int((compared["max_abs_difference"] == 0).sum()),
        distributions=tuple(_distribution(images, measure) for measure, images in with_values if len(images)),
    )


def _distribution(images: pl.DataFrame, measure: str) -> Distribution:
    values_n = images[measure].to_numpy()
    median, p90, p99 = np.quantile(values_n, (0.5, 0.9, 0.99)).tolist()
    return Distribution(
        measure=measure,
        n=len(values_n),
        mean=float(values_n.mean()),
        median=median,
        p90=p90,
        p99=p99,
        least=float(values_n.min()),
        greatest=float(values_n.max()),
        worst_image=images["image_name"][int(values_n.argmax())],
        bins=_histogram(values_n),
    )


def _histogram(values_n: NDArray[np.float64]) -> tuple[DistanceBin, ...]:
    """Zeros, if any, then bins that include their lower edge, the last one its upper, too."""
    positive_n = values_n[values_n > 0]
    zeros = len(values_n) - len(positive_n)
    bins = [DistanceBin(low=0.0, high=0.0, count=zeros)] if zeros else []
    if not len(positive_n):
        return tuple(bins)
    least, greatest = float(positive_n.min()), float(positive_n.max())
    if least == greatest:
        return (*bins, DistanceBin(low=least, high=greatest, count=len(positive_n)))
    edges = np.geomspace(least, greatest, HISTOGRAM_BINS + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], positive_n, side="right"), minlength=HISTOGRAM_BINS)
    pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    return (*bins, *(DistanceBin(low=low, high=high, count=count) for low, high, count in pairs))
