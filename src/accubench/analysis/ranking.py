"""Predicted class, ties, ranks and top classes, from scores as they are stored.

Dequantisation and softmax keep the order of scores up to rounding, so everything here looks at the stored numbers
themselves: an integer model's ties are found exactly, and no float32 difference is lost. Scores must be finite; rows
of `failed_scores` have neither a predicted class nor a rank. One sigmoid output has to be opened into two classes
first, with `accubench.analysis.scores.class_scores`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.analysis.blocks import row_blocks
from accubench.analysis.scores import Scores

__all__ = ["failed_scores", "predicted_class", "rank_of", "tied", "top_classes"]


def failed_scores(scores_nk: Scores) -> NDArray[np.bool_]:
    """Whether a row holds NaN or infinity, shape (images,): such an image is a failed one.

    >>> failed_scores(np.array([[0.1, 0.9], [np.nan, 0.5], [np.inf, 0.0]])).tolist()
    [False, True, True]
    """
    failed_n = np.zeros(len(scores_nk), dtype=np.bool_)
    if np.issubdtype(scores_nk.dtype, np.integer):
        return failed_n
    for block in row_blocks(*scores_nk.shape):
        failed_n[block] = ~np.isfinite(scores_nk[block]).all(axis=1)
    return failed_n


def predicted_class(scores_nk: Scores) -> NDArray[np.int32]:
    """The class with the highest score, int32 of shape (images,); a tie goes to the lowest id.

    >>> predicted_class(np.array([[1, 7, 7], [3, 2, 1]], np.uint8)).tolist()
    [1, 0]
    """
    return scores_nk.argmax(axis=1).astype(np.int32)


def tied(scores_nk: Scores) -> NDArray[np.bool_]:
    """Whether another class has the same score as the predicted one, shape (images,).

    >>> tied(np.array([[1, 7, 7], [3, 2, 2]], np.uint8)).tolist()
    [True, False]
    """
    tied_n = np.empty(len(scores_nk), dtype=np.bool_)
    for block in row_blocks(*scores_nk.shape):
        scores = scores_nk[block]
        tied_n[block] = np.count_nonzero(scores == scores.max(axis=1, keepdims=True), axis=1) > 1
    return tied_n


def rank_of(scores_nk: Scores, class_n: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
    """Position of one class per image when scores are sorted downwards, lower id first among equals; 0 is the top.

    It is the number of classes that come before: those with a higher score, and those with the same score and a lower
    id. Rank 0 if and only if the class is the predicted one.

    Args:
        scores_nk: Finite scores, any dtype; they are compared as they are.
        class_n: Class per image, shape (images,); -1 where there is none.

    Returns:
        int32 of shape (images,); -1 where there is no class.

    Raises:
        ValueError: A class is no column of the scores.

    >>> rank_of(np.array([[7, 9, 7, 7]] * 3, np.uint8), np.array([2, 1, -1])).tolist()
    [2, 0, -1]
    """
    columns = scores_nk.shape[1]
    if len(class_n) and not -1 <= int(class_n.min()) <= int(class_n.max()) < columns:
        raise ValueError(f"classes run from {class_n.min()} to {class_n.max()}, scores have columns 0 to {columns - 1}")
    rank_n = np.empty(len(scores_nk), dtype=np.int32)
    ids: NDArray[np.intp] = np.arange(columns, dtype=np.intp)
    for block in row_blocks(*scores_nk.shape):
        scores, own_class = scores_nk[block], class_n[block, np.newaxis].astype(np.intp)
        own_score = np.take_along_axis(scores, own_class, axis=1)
        before: NDArray[np.bool_] = scores > own_score
        before |= (scores == own_score) & (ids < own_class)
        rank_n[block] = np.count_nonzero(before, axis=1)
    rank_n[class_n < 0] = -1
    return rank_n


def top_classes(scores_nk: Scores, k: int) -> NDArray[np.int32]:
    """The k classes with the highest scores, best first, lower id first among equals.

    Args:
        scores_nk: Finite scores, any dtype.
        k: How many, from 1; more than there are classes gives all of them.

    Returns:
        int32 of shape (images, min(k, classes)).

    >>> top_classes(np.array([[7, 9, 7, 7]], np.uint8), 3).tolist()
    [[1, 0, 2]]
    """
    columns = scores_nk.shape[1]
    k = min(k, columns)
    top_nk = np.empty((len(scores_nk), k), dtype=np.int32)
    for block in row_blocks(*scores_nk.shape):
        scores = scores_nk[block]
        least = np.partition(scores, columns - k, axis=1)[:, columns - k, np.newaxis]
        ids = np.nonzero(_exactly_k(scores, least, k))[1].reshape(-1, k)
        # A stable sort upwards of the reversed row, reversed again, sorts downwards with lower ids first; negating the
        # scores instead would wrap round in unsigned integers.
        backwards = np.take_along_axis(scores, ids, axis=1)[:, ::-1]
        order = k - 1 - np.argsort(backwards, axis=1, kind="stable")[:, ::-1]
        top_nk[block] = np.take_along_axis(ids, order, axis=1)
    return top_nk


def _exactly_k(scores_nk: Scores, least_n1: Scores, k: int) -> NDArray[np.bool_]:
    """Mark k classes per row: all above the k-th highest score, and of those equal to it the lowest ids."""
    chosen = scores_nk >= least_n1
    crowded = np.flatnonzero(np.count_nonzero(chosen, axis=1) > k)
    above = scores_nk[crowded] > least_n1[crowded]
    equal = chosen[crowded] & ~above
    places = k - np.count_nonzero(above, axis=1)
    chosen[crowded] = above | (equal & (np.cumsum(equal, axis=1, dtype=np.int32) <= places[:, np.newaxis]))
    return chosen
