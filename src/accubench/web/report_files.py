"""A report's views as files, and how to get the same from a terminal and from Python."""

from __future__ import annotations

import io
import shlex
from typing import Literal

import polars as pl

from accubench.web.report_calibration import calibration_table
from accubench.web.report_classes import class_table
from accubench.web.report_confusion import confused_pairs
from accubench.web.report_details import configuration_table, history_table
from accubench.web.report_images import Selection, select_images
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_shelf import ShelvedReport
from accubench.web.workbench import Workbench

__all__ = ["MEDIA_TYPES", "DataSuffix", "SameElsewhere", "same_elsewhere", "table_bytes", "view_bytes"]

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


def view_bytes(workbench: Workbench, shelved: ShelvedReport, query: ReportQuery, suffix: DataSuffix) -> bytes:
    """All rows of a view, on whatever page, as a file.

    Args:
        workbench: Knows the project's other reports.
        shelved: The report.
        query: The view.
        suffix: The form.

    Raises:
        UsageError: A filter or an order is not possible.
    """
    report = shelved.report
    if query.view in {"images", "failed"}:
        return report.export_view(f".{suffix}", **select_images(report, query, strict=True).arguments)
    if query.view == "classes":
        return table_bytes(class_table(shelved, query), suffix)
    if query.view == "confusion":
        return table_bytes(confused_pairs(shelved), suffix)
    if query.view == "calibration":
        return table_bytes(calibration_table(report), suffix)
    table = configuration_table(report) if query.view == "details" else history_table(workbench, report)
    return table_bytes(table, suffix)


def table_bytes(table: pl.DataFrame, suffix: DataSuffix) -> bytes:
    """A table of a view other than images as a file."""
    buffer = io.BytesIO()
    if suffix == "csv":
        table.write_csv(buffer)
    else:
        table.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def same_elsewhere(workbench: Workbench, shelved: ShelvedReport, query: ReportQuery) -> SameElsewhere:
    """Where else to get what a view shows."""
    report_id = shelved.report.id
    where = query.having(layout="table", k=None)
    folder = str(workbench.workspace.folder)
    selection = select_images(shelved.report, query) if query.view in {"images", "failed"} else None
    opened = (
        "from accubench import Workspace\n\n"
        f"workspace = Workspace({folder!r})\nreport = workspace.report({report_id!r})\n"
    )
    return SameElsewhere(
        csv=report_address(report_id, where, suffix="/data.csv"),
        parquet=report_address(report_id, where, suffix="/data.parquet"),
        json_address=report_address(report_id, query, suffix=".json"),
        command=None if selection is None else _command(report_id, folder, selection),
        python=opened + (_python_view(selection) if selection is not None else _python_table(query)),
    )


def _command(report_id: str, folder: str, selection: Selection) -> str:
    words = ["accubench", "reports", "export", report_id, "view.csv", "--workspace", folder]
    for each in selection.filters:
        words += ["--filter", each]
    if selection.query.erroneous:
        k = selection.query.erroneous
        words += ["--erroneous"] if k == 1 else ["--not-in-top", str(k)]
    if selection.query.q:
        words += ["--search", selection.query.q]
    if selection.sort:
        words += ["--sort", selection.sort, *(["--descending"] if selection.query.descending else [])]
    return shlex.join(words)


def _python_view(selection: Selection) -> str:
    arguments = [repr(list(selection.filters))] if selection.filters else []
    if selection.query.erroneous:
        arguments.append(f"erroneous={selection.query.erroneous}")
    if selection.query.q:
        arguments.append(f"search={selection.query.q!r}")
    if selection.sort:
        arguments.append(f"sort={selection.sort!r}")
        if selection.query.descending:
            arguments.append("descending=True")
    return f"report.view({', '.join(arguments)}).rows"


def _python_table(query: ReportQuery) -> str:
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
