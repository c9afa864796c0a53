"""Speed and size of both models, measured in alternation on the same target."""

from __future__ import annotations

import polars as pl

from accubench.export.comparison_text import size_bytes, speed_sentence
from accubench.export.numbers import TIMES, ratio_text
from accubench.records.comparison import Comparison, SpeedFigure, Spread
from accubench.web.comparison_charts import RoundDots, round_dots
from accubench.web.formats import bytes_text
from accubench.web.report_parts import Part
from accubench.workspace import ComparisonReport

__all__ = ["SpeedView", "speed_table", "speed_view"]

_UNITS = {"images_per_second": "images/s", "latency_ms": "ms"}
_NAMES = {"images_per_second": "Throughput", "latency_ms": "Latency"}


class SpeedRow(Part):
    """One figure of both models."""

    name: str
    optimised: str
    optimised_spread: str
    parent: str
    parent_spread: str
    ratio: str
    ratio_spread: str
    dots: RoundDots | None
    """None for what is not measured in rounds."""


class SpeedView(Part):
    """Speed and size of both models."""

    optimised: str
    """Name of the model."""
    parent: str
    sentence: str
    measured: bool
    device: str
    machine: str
    precisions: tuple[str, str] | None
    """What both were executed in."""
    rows: tuple[SpeedRow, ...]


def speed_view(report: ComparisonReport) -> SpeedView:
    """Make the view of speed."""
    record = report.record
    figures = () if record.speed is None else record.speed.figures
    return SpeedView(
        optimised=record.optimised.model_name,
        parent=record.parent.model_name,
        sentence=speed_sentence(record),
        measured=record.speed is not None,
        device=f"{record.target.device} · {record.target.device_name}",
        machine=record.target.machine,
        precisions=None if record.speed is None else record.speed.execution_precisions,
        rows=(*(_row(each) for each in figures), _size(record)),
    )


def speed_table(report: ComparisonReport) -> pl.DataFrame:
    """Every round of every figure as a table."""
    figures = () if report.record.speed is None else report.record.speed.figures
    rows = [
        {
            "figure": each.figure,
            "round": number,
            "optimised": each.optimised.rounds[number - 1],
            "parent": each.parent.rounds[number - 1],
            "ratio": each.ratio.rounds[number - 1],
        }
        for each in figures
        for number in range(1, len(each.ratio.rounds) + 1)
    ]
    numbers = dict.fromkeys(("optimised", "parent", "ratio"), pl.Float64)
    return pl.DataFrame(rows, schema={"figure": pl.String, "round": pl.Int64, **numbers})


def _row(figure: SpeedFigure) -> SpeedRow:
    unit = _UNITS[figure.figure]
    return SpeedRow(
        name=_NAMES[figure.figure],
        optimised=f"{figure.optimised.median:,.2f} {unit}",
        optimised_spread=_spread(figure.optimised),
        parent=f"{figure.parent.median:,.2f} {unit}",
        parent_spread=_spread(figure.parent),
        ratio=f"{ratio_text(figure.ratio.median)} {TIMES} as fast",
        ratio_spread=f"{ratio_text(figure.ratio.low)} to {ratio_text(figure.ratio.high)}",
        dots=round_dots(figure, unit),
    )


def _spread(spread: Spread) -> str:
    return f"{spread.low:,.2f} to {spread.high:,.2f}"


def _size(record: Comparison) -> SpeedRow:
    optimised, parent = size_bytes(record.optimised), size_bytes(record.parent)
    return SpeedRow(
        name="Size of the model's files",
        optimised=bytes_text(optimised),
        optimised_spread="",
        parent=bytes_text(parent),
        parent_spread="",
        ratio=f"{100 * optimised / parent:.0f} % of the parent" if parent else "",
        ratio_spread="",
        dots=None,
    )
