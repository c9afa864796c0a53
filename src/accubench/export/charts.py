"""Geometry of the page's drawings: numbers in, coordinates out, no markup.

Coordinates are in the units of the drawing's view box, with y downwards as in SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from accubench.export.numbers import DASH, class_text, count_text, percent_text, signed_points_text
from accubench.records.report import Calibration

__all__ = [
    "Bar",
    "DifferenceBar",
    "IntervalBar",
    "ReliabilityChart",
    "ReliabilityPoint",
    "confidence_bars",
    "count_bars",
    "difference_bar",
    "interval_bar",
    "rank_bars",
    "reliability_chart",
]

_MARGIN = 8.0
_SIDE = 320.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalBar:
    """A value and its interval on a line from 0 to 1, in a view box 100 wide."""

    x: float
    low_x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceBar:
    """A difference with its interval, zero and the margin, on a line in a view box 100 wide."""

    x: float
    low_x: float
    width: float
    zero_x: float
    margin_x: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityPoint:
    """One bin of the reliability diagram: a dot, its distance to the diagonal and its interval."""

    x: float
    y: float
    ideal_y: float
    low_y: float
    high_y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityChart:
    """Accuracy against confidence in a square of `side`, plot area from `start` to `end` on both axes."""

    side: float
    start: float
    end: float
    points: tuple[ReliabilityPoint, ...]
    line: str
    """The dots joined, as the points of an SVG polyline."""
    ticks: tuple[tuple[float, float, str], ...]
    """x on the horizontal axis, y on the vertical axis, and the text of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A horizontal bar 100 wide at the most, perhaps in two parts, with what a click should filter by."""

    label: str
    count: int
    share: str
    width: float
    """Length of the whole bar."""
    right_width: float
    """Length of the part that is right."""
    filters: tuple[tuple[str, str, str], ...]
    """Column, operator and value that select the same images in the table."""
    right: int = 0


def interval_bar(value: float, low: float, high: float) -> IntervalBar:
    """Place a value between 0 and 1 and its interval on a line 100 units long.

    >>> interval_bar(0.5, 0.25, 0.75)
    IntervalBar(x=50.0, low_x=25.0, width=50.0)
    """
    return IntervalBar(x=round(100 * value, 2), low_x=round(100 * low, 2), width=round(100 * max(high - low, 0.004), 2))


def difference_bar(value: float, low: float, high: float, *, margin: float) -> DifferenceBar:
    """Place a difference of shares, its interval, zero and minus the margin on a line 100 units long.

    >>> bar = difference_bar(0.0, -0.01, 0.01, margin=0.01)
    >>> bar.x == bar.zero_x == 50, bar.low_x == bar.margin_x
    (True, True)
    """
    least, greatest = min(low, -margin, 0.0), max(high, 0.0)
    room = 0.08 * (greatest - least) or 0.01
    scale = 100 / (greatest - least + 2 * room)

    def place(share: float) -> float:
        return round((share - least + room) * scale, 2)

    interval = f"{signed_points_text(low)} to {signed_points_text(high)}"
    return DifferenceBar(
        x=place(value),
        low_x=place(low),
        width=round(max((high - low) * scale, 0.4), 2),
        zero_x=place(0.0),
        margin_x=place(-margin),
        text=f"Difference {signed_points_text(value)} points, 95 % interval {interval}",
    )


def reliability_chart(calibration: Calibration) -> ReliabilityChart:
    """Lay out the reliability diagram."""
    points = tuple(
        ReliabilityPoint(
            x=_across(each.mean_confidence),
            y=_upwards(each.accuracy),
            ideal_y=_upwards(each.mean_confidence),
            low_y=_upwards(each.accuracy_low),
            high_y=_upwards(each.accuracy_high),
            text=(
                f"Confidence {each.low:.4f} {DASH} {each.high:.4f}, {count_text(each.n)} images: "
                f"mean confidence {percent_text(each.mean_confidence)}, right {percent_text(each.accuracy)} "
                f"({percent_text(each.accuracy_low)} {DASH} {percent_text(each.accuracy_high)})"
            ),
        )
        for each in calibration.bins
    )
    return ReliabilityChart(
        side=_SIDE,
        start=_across(0),
        end=_across(1),
        points=points,
        line=" ".join(f"{point.x},{point.y}" for point in points),
        ticks=tuple((_across(tick), _upwards(tick), f"{100 * tick:.0f}") for tick in (0, 0.25, 0.5, 0.75, 1)),
    )


def rank_bars(table: pl.DataFrame, class_count: int) -> tuple[Bar, ...]:
    """Count images by the rank of the annotated class: 0, 1 to 4, 5 to 9, 10 and beyond."""
    ranks = table["annotated_class_rank"].drop_nulls()
    bars: list[Bar] = []
    for first, last in ((0, 0), (1, 4), (5, 9), (10, None)):
        if first >= class_count:
            break
        final = class_count - 1 if last is None else min(last, class_count - 1)
        count = int(ranks.is_between(first, final).sum())
        label = str(first) if first == final else f"{first} and more" if last is None else f"{first} {DASH} {final}"
        only = ("annotated_class_rank", "eq", str(first))
        filters = only if first == final else ("annotated_class_rank", "in", f"{first}..{final}")
        right = count if first == 0 else 0
        bars.append(_bar(label, count, right, total=len(ranks), longest=len(ranks), filters=(filters,)))
    return tuple(bars)


def confidence_bars(table: pl.DataFrame, *, bins: int = 10) -> tuple[Bar, ...]:
    """Count evaluated images by the confidence in their predicted class, right ones apart where that is known.

    A bin holds its lower edge; the last one holds 1 as well.
    """
    evaluated = table.filter(pl.col("predicted_confidence").is_not_null())
    confidence, right = (
        evaluated["predicted_confidence"],
        (evaluated["annotated_class_rank"] == 0).fill_null(value=False),
    )
    selections = [
        (confidence >= index / bins) & ((confidence < (index + 1) / bins) | (index == bins - 1))
        for index in range(bins)
    ]
    longest = max(int(selected.sum()) for selected in selections)
    return tuple(
        _bar(
            f"{index / bins:g} {DASH} {(index + 1) / bins:g}",
            int(selected.sum()),
            int((selected & right).sum()),
            total=len(evaluated),
            longest=longest,
            # Half open, so that a click selects what was counted.
            filters=(("predicted_confidence", "in", f"{index / bins:g}..{_upper_bound(index, bins)}"),),
        )
        for index, selected in enumerate(selections)
    )


def _upper_bound(index: int, bins: int) -> str:
    return "1" if index == bins - 1 else f"<{(index + 1) / bins:g}"


def count_bars(classes: Sequence[tuple[int, str | None, int]], *, total: int) -> tuple[Bar, ...]:
    """Bars for classes given as id, name and number of images predicted as it; the first is the longest."""
    return tuple(
        _bar(
            class_text(class_id, name),
            images,
            0,
            total=total,
            longest=classes[0][2],
            filters=(("predicted_class", "eq", str(class_id)),),
        )
        for class_id, name, images in classes
    )


def _bar(
    label: str, count: int, right: int, *, total: int, longest: int, filters: tuple[tuple[str, str, str], ...]
) -> Bar:
    scale = 100 / longest if longest else 0.0
    return Bar(
        label=label,
        count=count,
        share=percent_text(count / total if total else None),
        width=round(count * scale, 2),
        right_width=round(right * scale, 2),
        filters=filters,
        right=right,
    )


def _across(share: float) -> float:
    return round(_MARGIN + share * (_SIDE - 2 * _MARGIN), 2)


def _upwards(share: float) -> float:
    return round(_SIDE - _across(share), 2)
