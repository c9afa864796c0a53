"""How far a report's confidences can be taken at their word."""

from __future__ import annotations

import polars as pl

from accubench.records.report import Calibration, ReliabilityBin
from accubench.web.report_charts import Histogram, Reliability, reliability, stacked_histogram
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_shelf import ShelvedReport
from accubench.workspace import AccuracyReport, FacetValue

__all__ = ["CalibrationView", "calibration_table", "calibration_view"]


class CalibrationView(Part):
    """Reliability diagram, its numbers, and confidences of right and wrong images."""

    reason: str | None
    """Why there is no calibration."""
    calibration: Calibration | None
    chart: Reliability | None
    bins: tuple[tuple[ReliabilityBin, str], ...]
    """With the addresses of their images."""
    histogram: Histogram | None
    tendency: str
    """Whether the model is too sure or not sure enough, as a sentence."""


def calibration_view(shelved: ShelvedReport[AccuracyReport]) -> CalibrationView:
    """Make the view of calibration."""
    report = shelved.report
    found = report.record.summary.calibration
    facets = report.facets()
    wrong = {each.value: each.count for each in report.facets(erroneous=1).confidence}
    return CalibrationView(
        reason=None
        if found is not None
        else "No evaluated image is annotated, so nothing is known of right and wrong.",
        calibration=found,
        chart=None if found is None else reliability(found, lambda each: _address(report, each)),
        bins=() if found is None else tuple((each, _address(report, each)) for each in found.bins),
        histogram=stacked_histogram(
            [(each, wrong.get(each.value, 0)) for each in facets.confidence],
            lambda each: _bar_address(report, each),
        ),
        tendency="" if found is None else _tendency(found),
    )


def calibration_table(report: AccuracyReport) -> pl.DataFrame:
    """The bins of the reliability diagram as a table."""
    found = report.record.summary.calibration
    rows = [] if found is None else [each.model_dump() for each in found.bins]
    schema = {
        name: pl.Int64 if field.annotation is int else pl.Float64 for name, field in ReliabilityBin.model_fields.items()
    }
    return pl.DataFrame(rows, schema=schema)


def _address(report: AccuracyReport, each: ReliabilityBin) -> str:
    bounds = (f"predicted_confidence>={each.low}", f"predicted_confidence<={each.high}")
    return report_address(report.id, ReportQuery(filters=(*bounds, *_annotated_only(report))))


def _annotated_only(report: AccuracyReport) -> tuple[str, ...]:
    """Bins count annotated images only, which matters where some are not."""
    top = report.record.summary.top_k
    all_annotated = bool(top) and top[0].n == report.record.summary.n
    return () if all_annotated else ("annotated_class_rank>=0",)


def _bar_address(report: AccuracyReport, each: FacetValue) -> str:
    return report_address(report.id, ReportQuery(filters=each.filters))


def _tendency(found: Calibration) -> str:
    n = sum(each.n for each in found.bins)
    difference = sum(each.n * (each.mean_confidence - each.accuracy) for each in found.bins) / n if n else 0.0
    points = f"{abs(100 * difference):.1f} percentage points"
    if abs(difference) < 0.005:
        return "On average the model is as sure as it is right."
    if difference > 0:
        return f"The model is surer than it is right: its mean confidence lies {points} above its accuracy."
    return f"The model is less sure than it is right: its mean confidence lies {points} below its accuracy."
