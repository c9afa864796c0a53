"""Many tests at once: p-values that take into account how many there were."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["benjamini_hochberg"]


def benjamini_hochberg(p_values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """The least false discovery rate at which each test is still a discovery: its q-value.

    With the p-values in ascending order, that of rank i of m is ``min over j >= i of p_j m / j``. Among all tests with
    q at most 0.05, no more than 5 % are expected to be false alarms, whether the tests are independent or depend on
    each other positively.
    Source: Y. Benjamini, Y. Hochberg, Controlling the false discovery rate: a practical and powerful approach to
    multiple testing, Journal of the Royal Statistical Society B 57 (1995), 289-300.

    Args:
        p_values: Of all tests made, also those that found nothing.

    Returns:
        float64 of shape (tests,), in the order of the p-values, at most 1.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 1.0]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 1.0]
    """
    p_n = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_n)
    ranks = np.arange(1, len(p_n) + 1)
    least_from_here = np.minimum.accumulate((p_n[order] * len(p_n) / ranks)[::-1])[::-1]
    q_n = np.empty_like(p_n)
    q_n[order] = np.minimum(least_from_here, 1.0)
    return q_n
