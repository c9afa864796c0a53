"""Top-k accuracy from the ranks of annotated classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from accubench.analysis.columns import IntegerColumn, integers
from accubench.analysis.intervals import wilson
from accubench.records.report import TopK

__all__ = ["top_k_accuracy", "top_k_table"]


def top_k_accuracy(rank: IntegerColumn, k: int, class_count: int) -> TopK:
    """The share of images whose annotated class is among the k highest scores, with its 95 % Wilson interval.

    Args:
        rank: 0-based rank of the annotated class per image; rows with null or -1 (failed, not annotated) do not count.
        k: How many classes may be named; never more than `class_count` is used, and the result says which k was.
        class_count: Number of classes the model gives scores for.

    Returns:
        Accuracy over n images; with n = 0 the value is 0 and the interval 0 to 1, for nothing is known.

    >>> top_k_accuracy(np.array([0, 3, 1, -1, 0]), 2, class_count=10)  # doctest: +NORMALIZE_WHITESPACE
    TopK(k=2, right=3, n=4, value=0.75, low=0.300641842582402, high=0.9544127391902995)
    """
    rank_n = integers(rank)
    k = min(k, class_count)
    n = int(np.count_nonzero(rank_n >= 0))
    right = int(np.count_nonzero((rank_n >= 0) & (rank_n < k)))
    low, high = wilson(right, n)
    return TopK(k=k, right=right, n=n, value=right / n if n else 0.0, low=low, high=high)


def top_k_table(ranks: IntegerColumn, top_k: Sequence[int], class_count: int) -> tuple[TopK, ...]:
    """Top-k accuracy for several k, ascending, each k once after none exceeds the number of classes.

    Args:
        ranks: As for `top_k_accuracy`.
        top_k: The k asked for.
        class_count: Number of classes the model gives scores for.

    >>> [top.k for top in top_k_table(np.array([0, 1, 2]), (1, 5, 10), class_count=3)]
    [1, 3]
    """
    return tuple(top_k_accuracy(ranks, k, class_count) for k in sorted({min(k, class_count) for k in top_k}))
