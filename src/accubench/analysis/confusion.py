"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis.columns import IntegerColumn, judged_pairs

__all__ = ["confusion_among", "confusion_matrix", "confusion_pairs", "most_confused"]


def confusion_pairs(predicted: IntegerColumn, annotated: IntegerColumn) -> pl.DataFrame:
    """The confusion matrix without its zeros: how many images of each annotated class were predicted as which.

    Args:
        predicted: Predicted class per image.
        annotated: Annotated class per image; rows that lack either (null or -1) do not count.

    Returns:
        Columns ``annotated_class``, ``predicted_class`` (Int32), ``images`` (Int64), right predictions included,
        sorted by the two ids.

    >>> confusion_pairs(np.array([0, 2, 2, 1]), np.array([0, 1, 1, -1])).rows()
    [(0, 0, 1), (1, 2, 2)]
    """
    predicted_n, annotated_n = judged_pairs(predicted, annotated)
    rows = pl.DataFrame(
        {"annotated_class": annotated_n.astype(np.int32), "predicted_class": predicted_n.astype(np.int32)}
    )
    pairs = rows.group_by("annotated_class", "predicted_class").agg(pl.len().cast(pl.Int64).alias("images"))
    return pairs.sort("annotated_class", "predicted_class")


def confusion_matrix(predicted: IntegerColumn, annotated: IntegerColumn, class_count: int) -> NDArray[np.int64]:
    """Counts of images, int64 of shape (class_count, class_count): rows are annotated, columns predicted classes.

    The matrix takes ``8 * class_count**2`` bytes; `confusion_pairs` holds the same without zeros.

    Args:
        predicted: Predicted class per image.
        annotated: Annotated class per image; rows that lack either (null or -1) do not count.
        class_count: Number of classes; every id is below it.

    >>> confusion_matrix(np.array([0, 2, 2, 1]), np.array([0, 1, 1, 1]), class_count=3).tolist()
    [[1, 0, 0], [0, 1, 2], [0, 0, 0]]
    """
    predicted_n, annotated_n = judged_pairs(predicted, annotated)
    matrix = np.zeros((class_count, class_count), dtype=np.int64)
    np.add.at(matrix, (annotated_n, predicted_n), 1)
    return matrix


def confusion_among(predicted: IntegerColumn, annotated: IntegerColumn, classes: Sequence[int]) -> NDArray[np.int64]:
    """The confusion matrix of chosen classes, all others taken together.

    Args:
        predicted: Predicted class per image.
        annotated: Annotated class per image; rows that lack either (null or -1) do not count.
        classes: Ids of the chosen classes, each once.

    Returns:
        Counts of images, int64 of shape (chosen + 1, chosen + 1): rows are annotated, columns predicted classes in the
        order given; the last of both are all other classes, so that the sum is the number of judged images.

    Raises:
        ValueError: A class is chosen twice.

    >>> confusion_among(np.array([0, 2, 2, 1, 5]), np.array([0, 1, 1, 1, 4]), classes=[1, 0]).tolist()
    [[1, 0, 2], [0, 1, 0], [0, 0, 1]]
    """
    predicted_n, annotated_n = judged_pairs(predicted, annotated)
    chosen = np.asarray(classes, dtype=np.int64)
    if len(np.unique(chosen)) != len(chosen):
        raise ValueError(f"a class is chosen twice: {chosen.tolist()}")
    order = np.argsort(chosen)
    sides = np.stack([annotated_n, predicted_n])
    place = np.searchsorted(chosen[order], sides)
    found = np.append(order, len(chosen))[place]
    found[np.append(chosen, -1)[found] != sides] = len(chosen)
    matrix = np.zeros((len(chosen) + 1, len(chosen) + 1), dtype=np.int64)
    np.add.at(matrix, (found[0], found[1]), 1)
    return matrix


def most_confused(pairs: pl.DataFrame, limit: int) -> pl.DataFrame:
    """The most frequent errors, most images first, then by annotated and predicted id.

    Args:
        pairs: As `confusion_pairs` makes them, all of them.
        limit: How many at most.

    Returns:
        The columns of `pairs` and ``share_of_annotated`` (Float64): images / images annotated with that class.

    >>> pairs = confusion_pairs(np.array([0, 2, 2, 1]), np.array([0, 1, 1, 1]))
    >>> most_confused(pairs, 5).rows()
    [(1, 2, 2, 0.6666666666666666)]
    """
    share = (pl.col("images") / pl.col("images").sum().over("annotated_class")).alias("share_of_annotated")
    errors = pairs.with_columns(share).filter(pl.col("annotated_class") != pl.col("predicted_class"))
    order = errors.sort("images", "annotated_class", "predicted_class", descending=[True, False, False])
    return order.head(limit)
