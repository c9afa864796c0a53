"""Geometry of the charts on a report's pages: counts in, coordinates and addresses out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from accubench.export import percent_text
from accubench.records.report import Calibration, ReliabilityBin
from accubench.web.report_parts import Part
from accubench.workspace import FacetValue

__all__ = [
    "Histogram",
    "HistogramBar",
    "Reliability",
    "count_histogram",
    "histogram",
    "reliability",
    "stacked_histogram",
]

_WIDTH = 320.0
_HEIGHT = 64.0
_GAP = 1.0
_SIDE = 320.0
_MARGIN = 32.0
_LEAST_HEIGHT = 1.5


class HistogramBar(Part):
    """One bar; a click leads to its images."""

    x: float
    width: float
    y: float
    height: float
    wrong_y: float
    wrong_height: float
    """The upper part that is wrong, where that is known."""
    text: str
    address: str


class Histogram(Part):
    """Images by a number, in a box of `width` x `height`."""

    width: float
    height: float
    bars: tuple[HistogramBar, ...]
    largest: int
    """Images of the highest bar."""


class ReliabilityPoint(Part):
    """Images of similar confidence, placed by how sure the model was and how often it was right."""

    x: float
    y: float
    ideal_y: float
    low_y: float
    high_y: float
    left: float
    width: float
    """The strip of the bin's confidences."""
    text: str
    address: str


class Reliability(Part):
    """Accuracy against confidence in a square; on the diagonal, confidences can be taken at their word."""

    side: float
    start: float
    end: float
    points: tuple[ReliabilityPoint, ...]
    ticks: tuple[tuple[float, float, str], ...]
    """x below, y at the left, and the text of both."""


def histogram(values: Sequence[FacetValue], address_of: Callable[[FacetValue], str]) -> Histogram | None:
    """Bars of bins of equal width; None where there is none.

    Args:
        values: The bins.
        address_of: Gives the address of a bin's images.
    """
    return stacked_histogram([(each, 0) for each in values], address_of)


def stacked_histogram(
    values: Sequence[tuple[FacetValue, int]], address_of: Callable[[FacetValue], str]
) -> Histogram | None:
    """Bars whose upper part is wrong; None where there is none.

    Args:
        values: The bins, with how many of their images are wrong.
        address_of: Gives the address of a bin's images.
    """
    found: list[tuple[str, int, int, str]] = []
    for each, wrong in values:
        of_them = f", {wrong:,} of them wrong" if wrong else ""
        text = f"Confidence {each.label.replace('-', ' to ')}: {each.count:,} images{of_them}"
        found.append((text, each.count, wrong, address_of(each)))
    return _histogram(found)


def count_histogram(bins: Sequence[tuple[str, int, str]]) -> Histogram | None:
    """Bars of equal width; None where there is none.

    Args:
        bins: What each bar says, how many images it counts, and their address.
    """
    return _histogram([(text, count, 0, address) for text, count, address in bins])


def _histogram(bins: Sequence[tuple[str, int, int, str]]) -> Histogram | None:
    """Bars of a text, a count, how many of these are wrong, and an address."""
    if not bins:
        return None
    largest = max(count for _, count, _, _ in bins)
    step = _WIDTH / len(bins)
    bars: list[HistogramBar] = []
    for number, (text, count, wrong, address) in enumerate(bins):
        height = _bar_height(count, largest)
        wrong_height = round(height * wrong / count, 2) if count else 0.0
        bars.append(
            HistogramBar(
                x=round(number * step + _GAP / 2, 2),
                width=round(step - _GAP, 2),
                y=round(_HEIGHT - height + wrong_height, 2),
                height=round(height - wrong_height, 2),
                wrong_y=round(_HEIGHT - height, 2),
                wrong_height=wrong_height,
                text=text,
                address=address,
            )
        )
    return Histogram(width=_WIDTH, height=_HEIGHT, bars=tuple(bars), largest=largest)


def reliability(calibration: Calibration, address_of: Callable[[ReliabilityBin], str]) -> Reliability:
    """Lay out the reliability diagram.

    Args:
        calibration: With the bins.
        address_of: Gives the address of a bin's images.
    """
    return Reliability(
        side=_SIDE,
        start=_MARGIN,
        end=_SIDE - _MARGIN / 4,
        points=tuple(
            ReliabilityPoint(
                x=_across(each.mean_confidence),
                y=_upwards(each.accuracy),
                ideal_y=_upwards(each.mean_confidence),
                low_y=_upwards(each.accuracy_low),
                high_y=_upwards(each.accuracy_high),
                left=round(min(_across(each.low), _across(each.mean_confidence) - 4), 2),
                width=round(max(8, _across(each.high) - _across(each.low)), 2),
                text=_bin_text(each),
                address=address_of(each),
            )
            for each in calibration.bins
        ),
        ticks=tuple((_across(tick), _upwards(tick), f"{100 * tick:.0f} %") for tick in (0, 0.25, 0.5, 0.75, 1)),
    )


def _bin_text(each: ReliabilityBin) -> str:
    return (
        f"Confidence {each.low:.4f} to {each.high:.4f}, {each.n:,} images: mean confidence "
        f"{percent_text(each.mean_confidence)}, right {percent_text(each.accuracy)} "
        f"({percent_text(each.accuracy_low)} to {percent_text(each.accuracy_high)})"
    )


def _bar_height(count: int, largest: int) -> float:
    """A bar with any image in it can be seen."""
    return max(_LEAST_HEIGHT, _HEIGHT * count / largest) if count else 0.0


def _across(share: float) -> float:
    return round(_MARGIN + share * (_SIDE - 1.25 * _MARGIN), 2)


def _upwards(share: float) -> float:
    return round(_SIDE - _across(share), 2)
