"""Intervals for proportions."""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["wilson"]


def wilson(successes: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """The two-sided Wilson score interval of a proportion.

    With p = successes / n and z the standard normal quantile of (1 + confidence) / 2, the bounds are::

        (p + z^2 / 2n  -+  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    It never leaves 0 to 1 and keeps its coverage close to what it says for small n and for proportions near 0 and 1,
    where the usual p -+ z sqrt(p (1 - p) / n) does not.
    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
    Statistical Association 22 (1927), 209-212.

    Args:
        successes: How many of the n, from 0 to n; a fraction where a table is scaled.
        n: Number of trials; with none, nothing is known and the interval is 0 to 1.
        confidence: Share of such intervals that hold the true proportion, between 0 and 1.

    Returns:
        Lower and upper bound.

    Raises:
        ValueError: `successes` is not between 0 and `n`, or `confidence` not between 0 and 1.

    >>> low, high = wilson(335, 500)
    >>> round(low, 4), round(high, 4)
    (0.6276, 0.7098)
    """
    if not 0 <= successes <= n or not 0 < confidence < 1:
        raise ValueError(f"no interval for {successes} of {n} at confidence {confidence}")
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    center = share + z * z / (2 * n)
    half_width = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the ends the formula gives exactly 0 and 1; floating point would miss them by a rounding error.
    low = 0.0 if successes == 0 else (center - half_width) / scale
    high = 1.0 if successes == n else (center + half_width) / scale
    return low, high
