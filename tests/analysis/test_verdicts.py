"""Verdicts against a margin, and how many images would settle one that is not clear."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accubench.analysis.paired import PairedCounts, newcombe, tango
from accubench.analysis.verdicts import difference_of, images_needed, verdict

INTERVALS = {"newcombe": newcombe, "tango": tango}

tables = st.builds(
    PairedCounts,
    both_right=st.integers(0, 400),
    broken=st.integers(0, 30),
    fixed=st.integers(0, 30),
    both_wrong=st.integers(0, 400),
).filter(lambda counts: counts.n > 0)
margins = st.sampled_from([0.0025, 0.005, 0.01, 0.02, 0.05, 0.1])
names = st.sampled_from(sorted(INTERVALS))


@given(counts=tables, margin=margins, name=names)
def test_an_outcome_says_where_the_interval_lies(counts, margin, name):
    low, high = INTERVALS[name](counts)
    found = verdict(counts, margin, interval=name)

    assert found.outcome == ("pass" if low > -margin else "fail" if high < -margin else "inconclusive")
    assert (found.margin, found.interval) == (margin, name)
    if found.outcome != "inconclusive":
        assert found.images_needed is None


@given(counts=tables, margin=margins, name=names)
def test_an_inconclusive_verdict_is_settled_by_the_images_needed_and_by_no_fewer(counts, margin, name):
    found = verdict(counts, margin, interval=name)
    assume(found.outcome == "inconclusive")
    needed = found.images_needed
    assume(needed is not None)

    assert needed > counts.n
    assert verdict(counts.scaled(needed), margin, interval=name).outcome != "inconclusive"
    assert verdict(counts.scaled(needed - 1), margin, interval=name).outcome == "inconclusive"
    for share in (0.95, 0.75, 0.5):
        fewer = int(needed * share)
        if fewer >= counts.n:
            assert verdict(counts.scaled(fewer), margin, interval=name).outcome == "inconclusive"
    for factor in (1.05, 2, 10):
        assert verdict(counts.scaled(needed * factor), margin, interval=name).outcome != "inconclusive"


@given(counts=tables, margin=margins, name=names)
def test_more_images_settle_it_on_the_side_that_the_difference_is_on(counts, margin, name):
    needed = images_needed(counts, margin, interval=name)
    if needed is None:
        assert counts.difference == pytest.approx(-margin, abs=1e-12)
    else:
        better = counts.difference > -margin
        assert verdict(counts.scaled(needed), margin, interval=name).outcome == ("pass" if better else "fail")


@pytest.mark.parametrize("name", sorted(INTERVALS))
def test_no_number_of_images_settles_a_difference_that_is_the_margin(name):
    counts = PairedCounts(both_right=600, broken=15, fixed=5, both_wrong=380)

    found = verdict(counts, 0.01, interval=name)

    assert (found.outcome, found.images_needed) == ("inconclusive", None)


@pytest.mark.parametrize("name", sorted(INTERVALS))
@pytest.mark.parametrize(("distance", "tolerance"), [(1e-6, 0.01), (-1e-6, 0.01), (1e-9, 0.01), (3e-12, 0.5)])
def test_a_difference_very_near_the_margin_needs_very_many_images(name, distance, tolerance):
    counts = PairedCounts(both_right=600, broken=15, fixed=5, both_wrong=380)
    # The half width of the interval is about 1.96 sqrt(0.02 - 0.01^2) / sqrt(n), and must become the distance.
    expected = 1.96**2 * (0.02 - 0.01**2) / distance**2
    assert images_needed(counts, 0.01 + distance, interval=name) == pytest.approx(expected, rel=tolerance)


def test_a_settled_verdict_needs_no_more_images_than_there_are():
    counts = PairedCounts(both_right=7000, broken=4, fixed=3, both_wrong=2993)
    assert images_needed(counts, 0.01) == counts.n


def test_without_a_flip_tango_settles_a_margin_at_z_squared_times_its_odds():
    counts = PairedCounts(both_right=100, broken=0, fixed=0, both_wrong=0)
    # The bound is -z^2 / (n + z^2), above -0.01 from n = 99 z^2 = 380.3 on.
    assert verdict(counts, 0.01, interval="tango").images_needed == 381


@given(counts=tables)
def test_a_difference_has_the_bounds_of_both_intervals(counts):
    found = difference_of(counts)

    assert (found.low, found.high) == newcombe(counts)
    assert (found.tango_low, found.tango_high) == tango(counts)
    assert (found.value, found.n) == (counts.difference, counts.n)


def test_without_all_outcomes_a_difference_has_no_newcombe_bounds():
    found = difference_of(PairedCounts(both_right=0, broken=7, fixed=1, both_wrong=13), all_outcomes_known=False)
    assert (found.low, found.high) == (None, None)
    assert found.tango_low == pytest.approx(-0.517, abs=5e-4)
