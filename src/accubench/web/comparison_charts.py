"""Geometry of the charts on a comparison's pages: numbers in, coordinates out."""

from __future__ import annotations

from typing import Literal

from accubench.export.numbers import points_text, signed_points_text
from accubench.records.comparison import Difference, SpeedFigure, Spread, Verdict
from accubench.web.report_parts import Part

__all__ = ["IntervalBar", "RoundDots", "interval_bar", "round_dots"]

_WIDTH = 480.0
_EDGE = 8.0
_TEXT_HALF = 112.0
"""Room that a text of some thirty letters takes to either side."""
_DOTS_WIDTH = 240.0


class IntervalBar(Part):
    """The interval of a difference on a line, with the margin that it must stay above."""

    width: float
    margin_x: float
    """What lies left of this is a loss beyond the margin."""
    zero_x: float
    low_x: float
    high_x: float
    range_width: float
    value_x: float
    value_text: str
    value_text_x: float
    margin_text: str
    margin_anchor: Literal["start", "end"]
    zero_anchor: Literal["start", "end"]
    text: str
    """All of it in words."""


class RoundDot(Part):
    """One round of a measurement."""

    x: float
    text: str


class RoundDots(Part):
    """All rounds of both models on one line that begins at 0, and the medians."""

    width: float
    optimised: tuple[RoundDot, ...]
    parent: tuple[RoundDot, ...]
    optimised_median_x: float
    parent_median_x: float
    end_text: str
    """The value at the right end."""
    text: str


def interval_bar(difference: Difference, verdict: Verdict) -> IntervalBar:
    """Lay out the interval that decided.

    Args:
        difference: With the bounds.
        verdict: Tells whose bounds, and the margin.
    """
    low, high = difference.tango_low, difference.tango_high
    if verdict.interval == "newcombe" and difference.low is not None and difference.high is not None:
        low, high = difference.low, difference.high
    least, greatest = min(low, -verdict.margin), max(high, 0.0, verdict.margin / 2)
    room = 0.12 * (greatest - least)

    def across(share: float) -> float:
        place = (share - least + room) / (greatest - least + 2 * room)
        return round(_EDGE + place * (_WIDTH - 2 * _EDGE), 2)

    margin = points_text(verdict.margin, decimals=None)
    bounds = f"{signed_points_text(low)} to {signed_points_text(high)}"
    return IntervalBar(
        width=_WIDTH,
        margin_x=across(-verdict.margin),
        zero_x=across(0.0),
        low_x=across(low),
        high_x=across(high),
        range_width=round(max(1.0, across(high) - across(low)), 2),
        value_x=across(difference.value),
        value_text=f"{signed_points_text(difference.value)} ({bounds})",
        value_text_x=min(_WIDTH - _TEXT_HALF, max(_TEXT_HALF, across(difference.value))),
        margin_text=f"margin: {margin} lost",
        # Both texts point away from each other; near an edge they turn back into the picture.
        margin_anchor="start" if across(-verdict.margin) < _TEXT_HALF else "end",
        zero_anchor="end" if across(0.0) > _WIDTH - _TEXT_HALF / 2 else "start",
        text=f"Difference {signed_points_text(difference.value)} points, 95 % interval {bounds}; margin {margin}",
    )


def round_dots(figure: SpeedFigure, unit: str) -> RoundDots:
    """Lay out the rounds of both models.

    Args:
        figure: The measurements.
        unit: Of its values.
    """
    end = max(*figure.optimised.rounds, *figure.parent.rounds, figure.optimised.high, figure.parent.high)

    def across(value: float) -> float:
        return round(4 + (_DOTS_WIDTH - 8) * value / end, 2) if end else 4.0

    def dots(name: str, spread: Spread) -> tuple[RoundDot, ...]:
        return tuple(
            RoundDot(x=across(value), text=f"{name}, round {number}: {value:,.2f} {unit}")
            for number, value in enumerate(spread.rounds, 1)
        )

    return RoundDots(
        width=_DOTS_WIDTH,
        optimised=dots("Optimised", figure.optimised),
        parent=dots("Parent", figure.parent),
        optimised_median_x=across(figure.optimised.median),
        parent_median_x=across(figure.parent.median),
        end_text=f"{end:,.1f} {unit}",
        text=(
            f"Rounds in {unit}: optimised median {figure.optimised.median:,.2f}, "
            f"parent median {figure.parent.median:,.2f}"
        ),
    )
