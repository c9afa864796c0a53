"""A report as it shows itself in a notebook: small, and readable on a light and on a dark page."""

from __future__ import annotations

from typing import Any

import polars as pl

from accubench.analysis import ERRONEOUS, worst_images
from accubench.export import facts
from accubench.export.notebook_parts import card_row, frame, note, rows_table
from accubench.export.numbers import class_text, confidence_text, count_text, interval_text, percent_text
from accubench.records.report import Report

__all__ = ["notebook_html"]

_ROWS_SHOWN = 10


def notebook_html(report: Report, table: pl.DataFrame | None = None) -> str:
    """A headline card and, given the table, the worst images without pictures.

    Args:
        report: The report.
        table: Its images, with the columns of `REPORT_COLUMNS`.
    """
    return frame(
        report.model_name,
        report.dataset_name,
        card_row(_cards(report)),
        *(note(warning, warning=True) for warning in facts.warnings(report)),
        _worst(report, table),
        foot=_provenance(report),
    )


def _cards(report: Report) -> list[tuple[str, str, str]]:
    summary = report.summary
    tops = [(f"top-{top.k}", percent_text(top.value), f"95 % interval {interval_text(top)}") for top in summary.top_k]
    failed = f"{count_text(summary.n_failed)} failed, {count_text(summary.n_ties)} tied"
    return [*tops, ("images evaluated", count_text(summary.n), failed)]


def _worst(report: Report, table: pl.DataFrame | None) -> str:
    if table is None or report.mapping is None:
        return ""
    worst = worst_images(table, _ROWS_SHOWN)
    if len(worst) == 0:
        return ""
    shown = f"The {len(worst)} surest of {count_text(len(table.filter(ERRONEOUS)))} erroneous images"
    titles = ("Image", "Predicted", "Annotated", "Rank", "Confidence, predicted", "Confidence, annotated")
    return note(shown) + rows_table(titles, map(_row, worst.iter_rows(named=True)), numbers=3)


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        row["image_name"],
        class_text(row["predicted_class"], row["predicted_name"]),
        class_text(row["annotated_class"], row["annotated_name"]),
        row["annotated_class_rank"],
        confidence_text(row["predicted_confidence"]),
        confidence_text(row["annotated_confidence"]),
    )


def _provenance(report: Report) -> str:
    return (
        f"{report.target.device} · {report.target.device_name} · {report.execution_text} · "
        f"{facts.date_text(report.created_at)} · report {report.id}"
    )
