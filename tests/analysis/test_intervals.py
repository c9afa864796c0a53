"""The Wilson interval against statsmodels, and its coverage by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from accubench.analysis.intervals import wilson

COUNTS = st.integers(1, 60_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999]))
def test_bounds_are_those_of_statsmodels(counts, confidence):
    successes, n = counts
    expected = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    assert wilson(successes, n, confidence) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(COUNTS)
def test_the_share_lies_within_and_the_interval_within_0_and_1(counts):
    successes, n = counts
    low, high = wilson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1


@given(COUNTS)
def test_successes_and_failures_mirror_each_other(counts):
    successes, n = counts
    low, high = wilson(successes, n)
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_nothing_is_known_without_trials():
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_ends_are_exact():
    assert wilson(0, 20)[0] == 0.0
    assert wilson(20, 20)[1] == 1.0


@pytest.mark.parametrize(("n", "half_width"), [(100, 0.083), (500, 0.037), (1000, 0.026), (5000, 0.012)])
def test_half_widths_at_76_percent_are_the_known_ones(n, half_width):
    low, high = wilson(round(0.76 * n), n)
    assert (high - low) / 2 == pytest.approx(half_width, abs=0.0006)


def covered(share, n, *, runs=4000):
    """The part of `runs` simulated intervals that hold the true share."""
    counts, times = np.unique(np.random.default_rng(2024).binomial(n, share, runs), return_counts=True)
    holds = [low <= share <= high for low, high in (wilson(int(count), n) for count in counts)]
    return times[holds].sum() / runs


def test_95_of_100_intervals_hold_the_true_share():
    # For a single share, coverage of a count oscillates around 95 %: over many it must come out.
    shares = np.linspace(0.05, 0.99, 48)
    coverage = np.array([[covered(share, n) for share in shares] for n in (50, 500)])
    assert coverage.mean(axis=1) == pytest.approx([0.95, 0.95], abs=0.006)
    assert coverage.min() > 0.90


@pytest.mark.parametrize(("successes", "n", "confidence"), [(-1, 5, 0.95), (6, 5, 0.95), (1, 5, 0.0), (1, 5, 1.0)])
def test_impossible_counts_are_refused(successes, n, confidence):
    with pytest.raises(ValueError, match=f"no interval for {successes} of {n}"):
        wilson(successes, n, confidence)
