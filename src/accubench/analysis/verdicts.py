"""Whether an optimised model is as good as its parent but for a margin, and how many images would settle it.

This is a test of non-inferiority: what decides is where the whole interval of the difference lies, not its estimate.
"""

from __future__ import annotations

from typing import Literal

from accubench.analysis.paired import PairedCounts, newcombe, tango
from accubench.records.comparison import Difference, Verdict

__all__ = ["IntervalName", "difference_of", "images_needed", "verdict"]

IntervalName = Literal["newcombe", "tango"]
"""Whose interval decides; Newcombe's needs all four outcomes, Tango's only those of the flips."""

_SAME = 1e-12
"""Differences from the margin below this are rounding."""


def difference_of(counts: PairedCounts, *, all_outcomes_known: bool = True) -> Difference:
    """The difference of accuracies with its intervals.

    Args:
        counts: Outcomes, the parent being the first model and the optimised one the second; at least one image.
        all_outcomes_known: Whether images without a flip are known to be right or wrong. If not, `counts` may put them
            under either, and there is no Newcombe interval.

    >>> found = difference_of(PairedCounts(both_right=1, broken=7, fixed=1, both_wrong=12))
    >>> round(found.value, 3), round(found.low, 3), round(found.tango_low, 3)
    (-0.286, -0.507, -0.517)
    """
    low, high = newcombe(counts) if all_outcomes_known else (None, None)
    tango_low, tango_high = tango(counts)
    return Difference(
        value=counts.difference, n=round(counts.n), low=low, high=high, tango_low=tango_low, tango_high=tango_high
    )


def verdict(counts: PairedCounts, margin: float, *, interval: IntervalName = "newcombe") -> Verdict:
    """Whether the optimised model is as good as its parent, but for a margin.

    Pass if the interval's lower bound is above ``-margin``, fail if its upper bound is below, else inconclusive.

    Args:
        counts: As for `difference_of`.
        margin: Greatest drop of accuracy that is accepted, as a share.
        interval: Whose bounds decide.

    >>> verdict(PairedCounts(both_right=700, broken=4, fixed=3, both_wrong=293), 0.01).outcome
    'pass'
    >>> found = verdict(PairedCounts(both_right=70, broken=2, fixed=1, both_wrong=27), 0.05)
    >>> found.outcome, found.images_needed
    ('inconclusive', 108)
    """
    outcome = _outcome(counts, margin, interval)
    needed = images_needed(counts, margin, interval=interval) if outcome == "inconclusive" else None
    return Verdict(margin=margin, outcome=outcome, interval=interval, images_needed=needed)


def images_needed(counts: PairedCounts, margin: float, *, interval: IntervalName = "newcombe") -> int | None:
    """The least number of images, those at hand included, at which the verdict is no longer inconclusive.

    Shares of outcomes are taken to stay as they are. An interval that has left ``-margin`` behind stays clear of it as
    images are added, so that the number is found by doubling and halving.

    Args:
        counts: As for `difference_of`.
        margin: As for `verdict`.
        interval: As for `verdict`.

    Returns:
        At least the images at hand; None where the difference is ``-margin``, within 1e-12: then no number would do.

    >>> images_needed(PairedCounts(both_right=70, broken=2, fixed=1, both_wrong=27), 0.01) is None
    True
    """
    present = round(counts.n)
    if abs(counts.difference + margin) <= _SAME:
        return None

    def settles(n: int) -> bool:
        return _outcome(counts.scaled(n), margin, interval) != "inconclusive"

    too_few, enough = present - 1, present
    while not settles(enough):  # the interval shrinks to the difference, which is not the margin
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if settles(middle) else (middle, enough)
    return enough


def _outcome(counts: PairedCounts, margin: float, interval: IntervalName) -> Literal["pass", "fail", "inconclusive"]:
    low, high = (newcombe if interval == "newcombe" else tango)(counts)
    if low > -margin:
        return "pass"
    return "fail" if high < -margin else "inconclusive"
