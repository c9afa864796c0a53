"""Intervals and tests for two models on the same images, against other implementations and published numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, norm
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.proportion import proportion_confint

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


def published(both_right, fixed, broken, both_wrong):
    """A table in the order of the literature, where the difference is (second cell - third cell) / n."""
    return PairedCounts(both_right=both_right, broken=broken, fixed=fixed, both_wrong=both_wrong)


# Besides the paper named: M.-L. Tang et al., Confidence intervals for the difference of two proportions with paired
# data, Statistics in Medicine 29 (2010), 86-96; Y. Chang et al. 2024; A. Agresti, Y. Min, Effects and non-effects of
# paired identical observations in comparing proportions with binary matched-pairs data, Statistics in Medicine 23
# (2004), 65-75. All are also in the tests of the R package ratesci.
@pytest.mark.parametrize(
    ("cells", "bounds", "digits"),
    [
        pytest.param((20, 12, 2, 16), (0.0562, 0.3292), 4, id="Newcombe 1998, table III"),
        pytest.param((8, 3, 1, 2), (-0.1574, 0.4136), 4, id="Tang 2010"),
        pytest.param((7, 25, 2, 68), (0.133, 0.318), 3, id="Chang 2024"),
    ],
)
def test_published_intervals_of_newcombe_come_out(cells, bounds, digits):
    assert newcombe(published(*cells)) == pytest.approx(bounds, abs=0.51 * 10**-digits)


@pytest.mark.parametrize(
    ("cells", "confidence", "bounds", "digits"),
    [
        pytest.param((43, 0, 1, 0), 0.90, (-0.096, 0.037), 3, id="Tango 1998, contact lenses"),
        pytest.param((4, 9, 3, 16), 0.95, (-0.027, 0.390), 3, id="Tango 1998"),
        pytest.param((53, 16, 8, 9), 0.95, (-0.020, 0.207), 3, id="Agresti and Min"),
        pytest.param((8, 3, 1, 2), 0.95, (-0.1670, 0.4327), 4, id="Tang 2010"),
        pytest.param((7, 25, 2, 68), 0.95, (0.139, 0.321), 3, id="Chang 2024"),
    ],
)
def test_published_intervals_of_tango_come_out(cells, confidence, bounds, digits):
    assert tango(published(*cells), confidence) == pytest.approx(bounds, abs=0.51 * 10**-digits)


@given(counts=tables)
def test_newcombe_is_made_of_the_wilson_intervals_of_statsmodels(counts):
    a, b, c, d, n = counts.both_right, counts.fixed, counts.broken, counts.both_wrong, counts.n
    if n == 0:
        return
    p1, p2 = (a + b) / n, (a + c) / n
    l1, u1 = proportion_confint(a + b, n, method="wilson")
    l2, u2 = proportion_confint(a + c, n, method="wilson")
    margins, product = (a + b) * (c + d) * (a + c) * (b + d), a * d - b * c
    phi = 0 if margins == 0 else (product if product <= 0 else max(product - n / 2, 0)) / math.sqrt(margins)
    covariance = np.array([[1, -phi], [-phi, 1]])
    below, above = np.array([p1 - l1, u2 - p2]), np.array([u1 - p1, p2 - l2])

    assert newcombe(counts) == pytest.approx(
        (p1 - p2 - math.sqrt(below @ covariance @ below), p1 - p2 + math.sqrt(above @ covariance @ above)), abs=1e-9
    )


@pytest.mark.parametrize("interval", [newcombe, tango])
@given(counts=tables, factor=st.floats(1.0, 1000.0))
def test_more_images_of_the_same_kind_narrow_an_interval(interval, counts, factor):
    if counts.n == 0:
        return
    low, high = interval(counts)
    scaled_low, scaled_high = interval(counts.scaled(counts.n * factor))

    assert scaled_high - scaled_low <= high - low + 1e-9


@given(counts=tables, both_right=st.integers(0, 400))
def test_tango_does_not_ask_how_many_images_without_a_flip_are_right(counts, both_right):
    same = counts.both_right + counts.both_wrong
    other = PairedCounts(
        both_right=min(both_right, same),
        broken=counts.broken,
        fixed=counts.fixed,
        both_wrong=same - min(both_right, same),
    )
    assert tango(other) == tango(counts)


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
@pytest.mark.parametrize(
    ("n", "shares"),  # both right, broken, fixed, both wrong
    [(500, (0.62, 0.05, 0.03, 0.30)), (2000, (0.70, 0.012, 0.008, 0.28)), (60, (0.50, 0.20, 0.10, 0.20))],
)
def test_about_95_of_100_intervals_hold_the_true_difference(interval, n, shares):
    random = np.random.default_rng(5)
    held = 0
    for cells in random.multinomial(n, shares, size=2000).tolist():
        counts = PairedCounts(**dict(zip(("both_right", "broken", "fixed", "both_wrong"), cells, strict=True)))
        low, high = interval(counts)
        held += low <= shares[2] - shares[1] <= high
    assert 0.935 <= held / 2000 <= 0.975
