"""A report's views as files, and how to get the same from a terminal and from Python."""

from __future__ import annotations

import io
import shlex
from typing import Any, Literal

import polars as pl

from accubench.errors import UsageError
from accubench.web.comparison_files import comparison_python, comparison_table
from accubench.web.distance_files import distance_python, distance_table
from accubench.web.report_calibration import calibration_table
from accubench.web.report_classes import class_table
from accubench.web.report_confusion import confused_pairs
from accubench.web.report_details import configuration_table, history_table
from accubench.web.report_kinds import KINDS
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_selection import Selection, looked_at, select_images
from accubench.web.report_shelf import ShelvedReport, is_of
from accubench.web.workbench import Workbench
from accubench.workspace import AccuracyReport, ComparisonReport, DistanceReport, ViewedReport

__all__ = ["MEDIA_TYPES", "DataSuffix", "SameElsewhere", "check_view", "same_elsewhere", "table_bytes", "view_bytes"]

DataSuffix = Literal["csv", "parquet"]
MEDIA_TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
}


class SameElsewhere(Part):
    """Where else to get what a view shows."""

    csv: str
    """Address of the view's data."""
    parquet: str
    json_address: str
    command: str | None
    """Writes the same rows to a file; None where no command does."""
    python: str
    """Ends with an expression that gives the same rows."""


def view_bytes(workbench: Workbench, shelved: ShelvedReport[Any], query: ReportQuery, suffix: DataSuffix) -> bytes:
    """All rows of a view, on whatever page, as a file.

    Args:
        workbench: Knows the project's other reports.
        shelved: The report.
        query: The view.
        suffix: The form.

    Raises:
        UsageError: A filter or an order is not possible.
    """
    check_view(shelved.report, query)
    if query.view in {"images", "failed"}:
        report = looked_at(shelved, query)
        return report.export_view(f".{suffix}", **select_images(report, query, strict=True).arguments)
    if is_of(shelved, ComparisonReport):
        return table_bytes(comparison_table(workbench, shelved, query), suffix)
    if is_of(shelved, DistanceReport):
        return table_bytes(distance_table(workbench, shelved.report, query), suffix)
    assert is_of(shelved, AccuracyReport)
    return table_bytes(_accuracy_table(workbench, shelved, query), suffix)


def check_view(report: ViewedReport[Any], query: ReportQuery) -> None:
    """Refuse a view that reports of this kind do not have.

    Raises:
        UsageError: There is no such view.
    """
    views = KINDS[report.record.kind].views
    if query.view not in views:
        raise UsageError(f"This report has no view '{query.view}', but {', '.join(views)}.")


def _accuracy_table(workbench: Workbench, shelved: ShelvedReport[AccuracyReport], query: ReportQuery) -> pl.DataFrame:
    report = shelved.report
    if query.view == "classes":
        return class_table(shelved, query)
    if query.view == "confusion":
        return confused_pairs(shelved)
    if query.view == "calibration":
        return calibration_table(report)
    return configuration_table(report) if query.view == "details" else history_table(workbench, report)


def table_bytes(table: pl.DataFrame, suffix: DataSuffix) -> bytes:
    """A table of a view other than images as a file."""
    buffer = io.BytesIO()
    if suffix == "csv":
        table.write_csv(buffer)
    else:
        table.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def same_elsewhere(workbench: Workbench, shelved: ShelvedReport[Any], query: ReportQuery) -> SameElsewhere:
    """Where else to get what a view shows."""
    report_id = shelved.report.id
    where = query.having(layout="table", k=None)
    folder = str(workbench.workspace.folder)
    selection = select_images(looked_at(shelved, query), query) if query.view in {"images", "failed"} else None
    return SameElsewhere(
        csv=report_address(report_id, where, suffix="/data.csv"),
        parquet=report_address(report_id, where, suffix="/data.parquet"),
        json_address=report_address(report_id, query, suffix=".json"),
        command=None if selection is None or query.output else _command(report_id, folder, selection),
        python=_opened(shelved.report, folder)
        + (_python_view(selection) if selection is not None else _python_table(shelved.report, query)),
    )


def _opened(report: ViewedReport[Any], folder: str) -> str:
    """Statements that open the report."""
    method = "report"
    if isinstance(report, ComparisonReport):
        method = "comparison"
    if isinstance(report, DistanceReport):
        method = "tensor_distance"
    return (
        "from accubench import Workspace\n\n"
        f"workspace = Workspace({folder!r})\nreport = workspace.{method}({report.id!r})\n"
    )


def _command(report_id: str, folder: str, selection: Selection) -> str:
    words = ["accubench", "reports", "export", report_id, "view.csv", "--workspace", folder]
    for each in selection.filters:
        words += ["--filter", each]
    if selection.erroneous:
        k = selection.erroneous
        words += ["--erroneous"] if k == 1 else ["--not-in-top", str(k)]
    if selection.query.q:
        words += ["--search", selection.query.q]
    if selection.sort:
        words += ["--sort", selection.sort, *(["--descending"] if selection.descending else [])]
    return shlex.join(words)


def _python_view(selection: Selection) -> str:
    arguments = [repr(list(selection.filters))] if selection.filters else []
    if selection.erroneous:
        arguments.append(f"erroneous={selection.erroneous}")
    if selection.query.q:
        arguments.append(f"search={selection.query.q!r}")
    if selection.sort:
        arguments.append(f"sort={selection.sort!r}")
        if selection.descending:
            arguments.append("descending=True")
    of_output = f".of_output({selection.query.output!r})" if selection.query.output else ""
    return f"report{of_output}.view({', '.join(arguments)}).rows"


def _python_table(report: ViewedReport[Any], query: ReportQuery) -> str:
    if isinstance(report, ComparisonReport):
        return comparison_python(query)
    if isinstance(report, DistanceReport):
        return distance_python(query)
    return {
        "classes": _python_classes(query),
        "confusion": "report.confused_pairs(limit=10**9)",
        "calibration": "report.calibration",
        "details": "report.record",
        "history": "workspace.project(report.record.project_id).reports",
    }[query.view]


def _python_classes(query: ReportQuery) -> str:
    words = "import polars as pl\n\ntable = report.per_class()\n"
    if query.support:
        words += f"table = table.filter(pl.col('support') >= {query.support})\n"
    if query.q:
        name = "pl.col('class_name').str.to_lowercase()"
        words += (
            f"table = table.filter({name}.str.contains({query.q.lower()!r}, literal=True).fill_null(False)"
            f" | (pl.col('class_id').cast(pl.String) == {query.q!r}))\n"
        )
    if query.sort is None:
        return words + "table.sort('recall', 'support', 'class_id', descending=[False, True, False], nulls_last=True)"
    return words + f"table.sort({query.sort!r}, 'class_id', descending=[{query.descending}, False], nulls_last=True)"
