"""Two models judged on the same images: tests and intervals that use the pairing.

Throughout, of n images: *broken* are right by the first model and wrong by the second, *fixed* the other way round.
Images on which both are right or both wrong say nothing about which model is better, however many there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from accubench.analysis.intervals import wilson

__all__ = ["PairedCounts", "clopper_pearson", "mcnemar", "newcombe", "tango"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedCounts:
    """The 2 x 2 table of outcomes of two models on the same images.

    Counts may be fractions, for a table that stands for more or fewer images of the same kind.
    """

    both_right: float
    broken: float
    """Right by the first model, wrong by the second."""
    fixed: float
    """Wrong by the first model, right by the second."""
    both_wrong: float

    @property
    def n(self) -> float:
        """Images that both models were judged on."""
        return self.both_right + self.broken + self.fixed + self.both_wrong

    @property
    def difference(self) -> float:
        """Accuracy of the second model minus accuracy of the first; 0 without images."""
        return (self.fixed - self.broken) / self.n if self.n else 0.0

    def scaled(self, n: float) -> PairedCounts:
        """The same shares of n images.

        >>> PairedCounts(both_right=5, broken=2, fixed=1, both_wrong=2).scaled(15)
        PairedCounts(both_right=7.5, broken=3.0, fixed=1.5, both_wrong=3.0)
        """
        factor = n / self.n
        return PairedCounts(
            both_right=self.both_right * factor,
            broken=self.broken * factor,
            fixed=self.fixed * factor,
            both_wrong=self.both_wrong * factor,
        )


def newcombe(counts: PairedCounts, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of the difference of two paired proportions, by squares of Wilson intervals and their correlation.

    With p1, p2 the accuracies of the second and the first model, (l1, u1), (l2, u2) their Wilson intervals and phi the
    correlation of the outcomes, the bounds are::

        p1 - p2 - sqrt((p1 - l1)^2 - 2 phi (p1 - l1) (u2 - p2) + (u2 - p2)^2)
        p1 - p2 + sqrt((u1 - p1)^2 - 2 phi (u1 - p1) (p2 - l2) + (p2 - l2)^2)

    A positive numerator of phi is reduced by n / 2, at most to 0.
    Source: R. G. Newcombe, Improved confidence intervals for the difference between binomial proportions based on
    paired data, Statistics in Medicine 17 (1998), 2635-2650, method 10.

    Args:
        counts: Outcomes.
        confidence: Share of such intervals that hold the true difference, between 0 and 1.

    Returns:
        Lower and upper bound of accuracy of the second model minus accuracy of the first.

    >>> low, high = newcombe(PairedCounts(both_right=1, broken=7, fixed=1, both_wrong=12))
    >>> round(low, 3), round(high, 3)
    (-0.507, -0.026)
    """
    n = counts.n
    if n == 0:
        return -1.0, 1.0
    right_second, right_first = counts.both_right + counts.fixed, counts.both_right + counts.broken
    p1, p2 = right_second / n, right_first / n
    (l1, u1), (l2, u2) = wilson(right_second, n, confidence), wilson(right_first, n, confidence)
    phi = _correlation(counts)
    below = math.sqrt(max(0.0, (p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2))
    above = math.sqrt(max(0.0, (u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2))
    return p1 - p2 - below, p1 - p2 + above


def tango(counts: PairedCounts, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of the difference of two paired proportions: all differences that a score test accepts.

    The test of a difference d (second minus first) compares fixed - broken - n d with its standard deviation, in which
    the share of broken images is estimated under d by maximum likelihood.
    Source: T. Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design, Statistics in Medicine 17 (1998), 891-908.

    Args:
        counts: Outcomes.
        confidence: Share of such intervals that hold the true difference, between 0 and 1.

    Returns:
        Lower and upper bound of accuracy of the second model minus accuracy of the first.

    >>> low, high = tango(PairedCounts(both_right=1, broken=7, fixed=1, both_wrong=12))
    >>> round(low, 3), round(high, 3)
    (-0.517, -0.026)
    """
    if counts.n == 0:
        return -1.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    estimate = counts.difference
    low = _root(lambda d: _tango_score(counts, d) - z, -1.0, estimate)
    high = _root(lambda d: _tango_score(counts, d) + z, estimate, 1.0)
    return low, high


def mcnemar(broken: int, fixed: int) -> tuple[float, float]:
    """Two-sided p-values of the hypothesis that a flip is as often broken as fixed: mid-p and exact.

    Given broken + fixed = m, broken is binomial (m, 1/2).
    The exact p-value is twice the probability of the rarer outcome or one still rarer, at most 1; the mid-p-value
    counts the outcome itself by half, which makes up for the exact one's caution.
    Source: M. W. Fagerland, S. Lydersen, P. Laake, The McNemar test for binary matched-pairs data: mid-p and
    asymptotic are better than exact conditional, BMC Medical Research Methodology 13 (2013), 91.

    Args:
        broken: Images that only the first model has right.
        fixed: Images that only the second model has right.

    Returns:
        The mid-p-value and the exact p-value.

    >>> mid_p, exact = mcnemar(7, 1)
    >>> round(mid_p, 5), round(exact, 5)
    (0.03906, 0.07031)
    """
    flips, rarer = broken + fixed, min(broken, fixed)
    if flips == 0:
        return 1.0, 1.0
    at = _half_binomial(rarer, flips)
    below = math.fsum(_half_binomial(count, flips) for count in range(rarer))
    exact = min(1.0, 2 * (below + at))
    # Where both are equal the rarer tail holds the outcome on both sides, and its half is counted once each.
    return min(1.0, 2 * below + at), exact


def clopper_pearson(count: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact two-sided interval of a proportion: all shares under which the count is not too rare on either side.

    Source: C. J. Clopper, E. S. Pearson, The use of confidence or fiducial limits illustrated in the case of the
    binomial, Biometrika 26 (1934), 404-413.

    Args:
        count: How many of the n, from 0 to n.
        n: Number of trials; with none, the interval is 0 to 1.
        confidence: Least share of such intervals that hold the true proportion, between 0 and 1.

    >>> low, high = clopper_pearson(30, 3925)
    >>> round(low, 5), round(high, 5)
    (0.00516, 0.01089)
    """
    if n == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else _root(lambda p: _at_least(count, n, p) - tail, 0.0, count / n)
    high = 1.0 if count == n else _root(lambda p: tail - (1 - _at_least(count + 1, n, p)), count / n, 1.0)
    return low, high


def _correlation(counts: PairedCounts) -> float:
    """Newcombe's corrected phi of the table."""
    a, b, c, d = counts.both_right, counts.broken, counts.fixed, counts.both_wrong
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    numerator = a * d - b * c
    return (max(numerator - counts.n / 2, 0.0) if numerator > 0 else numerator) / math.sqrt(margins)


def _tango_score(counts: PairedCounts, difference: float) -> float:
    """The score statistic of a difference (second minus first); falls from plus to minus as the difference grows."""
    n, b, c = counts.n, counts.fixed, counts.broken
    linear = -b - c + (2 * n - b + c) * difference
    constant = -c * difference * (1 - difference)
    share = (math.sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
    variance = n * (2 * share + difference * (1 - difference))
    distance = b - c - n * difference
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a monotone function changes its sign between two bounds, by halving; the bound itself where it does not."""
    sign_low = function(low) > 0
    if (function(high) > 0) == sign_low:
        return low if abs(function(low)) < abs(function(high)) else high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        if (function(middle) > 0) == sign_low:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _half_binomial(count: int, n: int) -> float:
    return math.exp(math.lgamma(n + 1) - math.lgamma(count + 1) - math.lgamma(n - count + 1) - n * math.log(2))


def _at_least(count: int, n: int, p: float) -> float:
    """Probability of `count` or more of n at share p: the regularised incomplete beta function at p."""
    if count <= 0 or p >= 1:
        return 1.0
    if count > n or p <= 0:
        return 0.0
    a, b = float(count), float(n - count + 1)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(p) + b * math.log1p(-p))
    # The continued fraction converges quickly on this side of the mean only; the other side follows by symmetry.
    if p < (a + 1) / (a + b + 2):
        return min(1.0, front * _beta_fraction(a, b, p) / a)
    return max(0.0, 1 - front * _beta_fraction(b, a, 1 - p) / b)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method.

    Source: NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov/8.17#v.
    """
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    result = d
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + term * d) or tiny)
            c = (1 + term / c) or tiny
            result *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return result
