"""Intervals and tests for two models on the same images, against other implementations and published numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, norm
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from accubench.analysis.paired import PairedCounts, clopper_pearson, mcnemar, newcombe, tango

# M. W. Fagerland, S. Lydersen, P. Laake, Recommended tests and confidence intervals for paired binomial proportions,
# Statistics in Medicine 33 (2014), 2850-2875: airway hyper-responsiveness before and after stem cell transplantation.
AIRWAYS = PairedCounts(both_right=1, broken=7, fixed=1, both_wrong=12)

tables = st.builds(
    PairedCounts,
    both_right=st.integers(0, 400),
    broken=st.integers(0, 60),
    fixed=st.integers(0, 60),
    both_wrong=st.integers(0, 400),
)


def swapped(counts):
    return PairedCounts(
        both_right=counts.both_right, broken=counts.fixed, fixed=counts.broken, both_wrong=counts.both_wrong
    )


def test_intervals_of_the_published_example_come_out():
    assert newcombe(AIRWAYS) == pytest.approx((-0.507, -0.026), abs=5e-4)
    assert tango(AIRWAYS) == pytest.approx((-0.517, -0.026), abs=5e-4)
    mid_p, exact = mcnemar(AIRWAYS.broken, AIRWAYS.fixed)
    assert (mid_p, exact) == pytest.approx((0.0391, 0.0703), abs=5e-5)


@pytest.mark.parametrize("interval", [newcombe, tango])
@given(counts=tables)
def test_an_interval_holds_the_estimate_and_turns_round_when_the_models_change_places(interval, counts):
    low, high = interval(counts)

    assert -1 - 1e-12 <= low <= counts.difference + 1e-12
    assert counts.difference - 1e-12 <= high <= 1 + 1e-12
    assert interval(swapped(counts)) == pytest.approx((-high, -low), abs=1e-9)


def tango_statistic(counts, difference):
    """The score statistic with the restricted likelihood maximised by a grid and a search, not by a formula."""
    from scipy.optimize import minimize_scalar

    b, c, n = counts.fixed, counts.broken, counts.n

    def minus_log_likelihood(q21):
        q12 = q21 + difference
        rest = 1 - q12 - q21
        terms = [(b, q12), (c, q21), (n - b - c, rest)]
        if any(q < 0 or (k and q <= 0) for k, q in terms):
            return math.inf
        return -sum(k * math.log(q) for k, q in terms if k)

    low, high = max(0.0, -difference), (1 - difference) / 2
    q21 = minimize_scalar(minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x
    variance = n * (2 * q21 + difference - difference**2)
    return (b - c - n * difference) / math.sqrt(variance)


@pytest.mark.parametrize("cells", [(1, 7, 1, 12), (40, 12, 9, 20), (300, 30, 18, 152), (90, 5, 1, 4), (10, 3, 3, 10)])
def test_the_bounds_of_tango_are_where_a_numeric_score_test_just_rejects(cells):
    counts = PairedCounts(**dict(zip(("both_right", "broken", "fixed", "both_wrong"), cells, strict=True)))
    low, high = tango(counts)
    z = norm.ppf(0.975)

    assert tango_statistic(counts, low) == pytest.approx(z, abs=1e-3)
    assert tango_statistic(counts, high) == pytest.approx(-z, abs=1e-3)


@given(broken=st.integers(0, 80), fixed=st.integers(0, 80))
def test_exact_and_mid_p_agree_with_statsmodels_and_scipy(broken, fixed):
    mid_p, exact = mcnemar(broken, fixed)

    flips, rarer = broken + fixed, min(broken, fixed)
    if flips:
        assert exact == pytest.approx(statsmodels_mcnemar([[0, broken], [fixed, 0]], exact=True).pvalue, rel=1e-9)
        assert mid_p == pytest.approx(
            min(1.0, 2 * binom.cdf(rarer - 1, flips, 0.5) + binom.pmf(rarer, flips, 0.5)), rel=1e-9
        )
    else:
        assert (mid_p, exact) == (1, 1)


@given(data=st.data(), n=st.integers(1, 60_000))
def test_clopper_pearson_agrees_with_scipy(data, n):
    count = data.draw(st.one_of(st.integers(0, n), st.integers(0, min(n, 20))))
    expected = binomtest(count, n).proportion_ci(0.95, "exact")

    assert clopper_pearson(count, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_without_images_nothing_is_known():
    nothing = PairedCounts(both_right=0, broken=0, fixed=0, both_wrong=0)

    assert (newcombe(nothing), tango(nothing), clopper_pearson(0, 0)) == ((-1, 1), (-1, 1), (0, 1))
    assert nothing.difference == 0


@pytest.mark.parametrize("interval", [newcombe, tango])
def test_about_95_of_100_intervals_hold_the_true_difference(interval):
    random = np.random.default_rng(5)
    shares = [0.62, 0.05, 0.03, 0.30]  # both right, broken, fixed, both wrong
    held = 0
    for cells in random.multinomial(500, shares, size=3000).tolist():
        counts = PairedCounts(**dict(zip(("both_right", "broken", "fixed", "both_wrong"), cells, strict=True)))
        low, high = interval(counts)
        held += low <= shares[2] - shares[1] <= high
    assert 0.935 <= held / 3000 <= 0.97
