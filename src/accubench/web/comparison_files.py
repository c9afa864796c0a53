"""The views of a report about two models, other than images, as tables, and how to get the same from Python."""

from __future__ import annotations

import polars as pl

from accubench.web.comparison_calibration import both_calibration_table
from accubench.web.comparison_classes import changed_class_table
from accubench.web.comparison_details import pair_configuration_table, pair_table
from accubench.web.comparison_speed import speed_table
from accubench.web.report_query import ReportQuery
from accubench.web.report_shelf import ShelvedReport
from accubench.web.workbench import Workbench
from accubench.workspace import ComparisonReport

__all__ = ["comparison_python", "comparison_table"]


def comparison_table(
    workbench: Workbench, shelved: ShelvedReport[ComparisonReport], query: ReportQuery
) -> pl.DataFrame:
    """The rows of a comparison's view other than images.

    Raises:
        UsageError: The order is not possible.
    """
    report = shelved.report
    if query.view == "classes":
        return changed_class_table(shelved, query)
    if query.view == "calibration":
        return both_calibration_table(report)
    if query.view == "speed":
        return speed_table(report)
    if query.view == "details":
        return pair_configuration_table(report.record)
    return pair_table(workbench, report.record)


def comparison_python(query: ReportQuery) -> str:
    """An expression that gives what such a view shows."""
    return {
        "classes": "report.record.summary.classes",
        "calibration": "report.record.optimised.summary.calibration, report.record.parent.summary.calibration",
        "speed": "report.record.speed",
        "details": "report.record",
        "history": "workspace.project(report.record.project_id).comparisons",
    }[query.view]
