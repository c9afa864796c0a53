"""How far the confidences of both models can be taken at their word, side by side."""

from __future__ import annotations

import polars as pl

from accubench.records.comparison import Comparison
from accubench.records.report import Calibration, EvaluatedModel, ReliabilityBin
from accubench.web.report_charts import Reliability, reliability
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.workspace import ComparisonReport

__all__ = ["BothCalibrations", "both_calibration_table", "both_calibrations"]


class OneCalibration(Part):
    """Reliability of one of both models."""

    role: str
    name: str
    calibration: Calibration
    chart: Reliability
    bins: tuple[tuple[ReliabilityBin, str], ...]
    """With the addresses of their images."""


class CalibrationNumber(Part):
    """One number of both models."""

    name: str
    meaning: str
    optimised: float
    parent: float
    difference: str
    """Optimised minus parent, with its sign."""


class BothCalibrations(Part):
    """Reliability diagrams and numbers of both models."""

    reason: str | None
    """Why there is no calibration."""
    models: tuple[OneCalibration, ...]
    numbers: tuple[CalibrationNumber, ...]


def both_calibrations(report: ComparisonReport) -> BothCalibrations:
    """Make the view of calibration."""
    record = report.record
    optimised, parent = record.optimised.summary.calibration, record.parent.summary.calibration
    if optimised is None or parent is None:
        reason = "No compared image is annotated, so nothing is known of right and wrong."
        return BothCalibrations(reason=reason, models=(), numbers=())
    return BothCalibrations(
        reason=None,
        models=(
            _one(record, "Optimised", record.optimised, optimised, "optimised_confidence"),
            _one(record, "Parent", record.parent, parent, "parent_confidence"),
        ),
        numbers=(
            _number("ECE", "How far confidence and accuracy lie apart; 0 is perfect.", optimised.ece, parent.ece),
            _number(
                "Brier score",
                "Squared error of all probabilities; 0 is sure and right, 2 is sure and wrong.",
                optimised.brier,
                parent.brier,
            ),
            _number(
                "NLL", "Negative logarithm of the annotated class's probability, in nats.", optimised.nll, parent.nll
            ),
        ),
    )


def both_calibration_table(report: ComparisonReport) -> pl.DataFrame:
    """The bins of both reliability diagrams as a table."""
    record = report.record
    rows = [
        {"model": role, **each.model_dump()}
        for role, model in (("optimised", record.optimised), ("parent", record.parent))
        for each in (() if model.summary.calibration is None else model.summary.calibration.bins)
    ]
    numbers = {
        name: pl.Int64 if field.annotation is int else pl.Float64 for name, field in ReliabilityBin.model_fields.items()
    }
    return pl.DataFrame(rows, schema={"model": pl.String, **numbers})


def _one(record: Comparison, role: str, model: EvaluatedModel, found: Calibration, column: str) -> OneCalibration:
    def address(each: ReliabilityBin) -> str:
        filters = (f"{column}>={each.low}", f"{column}<={each.high}", *_counted(record))
        return report_address(record.id, ReportQuery(filters=filters))

    return OneCalibration(
        role=role,
        name=model.model_name,
        calibration=found,
        chart=reliability(found, address),
        bins=tuple((each, address(each)) for each in found.bins),
    )


def _counted(record: Comparison) -> tuple[str, ...]:
    """Bins count annotated images that both models were evaluated on, which matters where others are in the table."""
    top = record.optimised.summary.top_k
    filters: list[str] = ["status=compared"] if record.summary.n_failed else []
    if not top or top[0].n != record.summary.n:
        filters.append("optimised_annotated_rank>=0")
    return tuple(filters)


def _number(name: str, meaning: str, optimised: float, parent: float) -> CalibrationNumber:
    return CalibrationNumber(
        name=name, meaning=meaning, optimised=optimised, parent=parent, difference=f"{optimised - parent:+.4f}"
    )
