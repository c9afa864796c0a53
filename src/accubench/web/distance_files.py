"""The views of a tensor distance, other than images, as tables, and how to get the same from Python."""

from __future__ import annotations

import polars as pl

from accubench.web.comparison_details import pair_configuration_table, pair_table
from accubench.web.distance_outputs import output_table
from accubench.web.report_query import ReportQuery
from accubench.web.workbench import Workbench
from accubench.workspace import DistanceReport

__all__ = ["distance_python", "distance_table"]


def distance_table(workbench: Workbench, report: DistanceReport, query: ReportQuery) -> pl.DataFrame:
    """The rows of a tensor distance's view other than images."""
    if query.view == "outputs":
        return output_table(report.record)
    if query.view == "details":
        return pair_configuration_table(report.record)
    return pair_table(workbench, report.record)


def distance_python(query: ReportQuery) -> str:
    """An expression that gives what such a view shows."""
    return {
        "outputs": "report.record.outputs",
        "details": "report.record",
        "history": "workspace.project(report.record.project_id).distances",
    }[query.view]
