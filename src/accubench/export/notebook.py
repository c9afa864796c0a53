"""A report as it shows itself in a notebook: small, and readable on a light and on a dark page."""

from __future__ import annotations

from html import escape
from typing import Any

import polars as pl

from accubench.analysis import ERRONEOUS, worst_images
from accubench.export import facts
from accubench.export.numbers import TIMES, class_text, confidence_text, count_text, interval_text, percent_text
from accubench.records.report import Report

__all__ = ["notebook_html"]

_ROWS_SHOWN = 10
# Colours of the notebook are inherited; the greys are translucent, so that they show on any background.
_LINE = "1px solid rgba(128, 128, 128, 0.35)"
_FONT = "font-family: system-ui, sans-serif; font-variant-numeric: tabular-nums; line-height: 1.5; color: inherit;"
_QUIET = "opacity: 0.7; font-size: 12px;"
_CELL = f"padding: 4px 12px 4px 0; text-align: left; border: 0; border-bottom: {_LINE}; background: none;"
_NUMBER = _CELL.replace("left", "right")


def notebook_html(report: Report, table: pl.DataFrame | None = None) -> str:
    """A headline card and, given the table, the worst images without pictures.

    Every style is written at its element, so that nothing leaks into the notebook and nothing is lost where a style
    sheet would be stripped.

    Args:
        report: The report.
        table: Its images, with the columns of `REPORT_COLUMNS`.
    """
    warnings = "".join(f'<div style="{_QUIET}">⚠ {escape(warning)}</div>' for warning in facts.warnings(report))
    return (
        f'<div style="{_FONT} max-width: 880px; border: {_LINE}; border-radius: 8px; padding: 16px;">'
        f'<div style="font-size: 16px; font-weight: 600;">{escape(report.model_name)}'
        f' <span style="opacity: 0.6; font-weight: 400;">{TIMES}</span> {escape(report.dataset_name)}</div>'
        f'<div style="display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 8px 0;">{_cards(report)}</div>'
        f"{warnings}{_worst(report, table)}"
        f'<div style="{_QUIET} padding-top: 8px;">{escape(_provenance(report))}</div></div>'
    )


def _cards(report: Report) -> str:
    summary = report.summary
    tops = [(f"top-{top.k}", percent_text(top.value), f"95 % interval {interval_text(top)}") for top in summary.top_k]
    failed = f"{count_text(summary.n_failed)} failed, {count_text(summary.n_ties)} tied"
    cards = [*tops, ("images evaluated", count_text(summary.n), failed)]
    return "".join(
        f'<div><div style="{_QUIET}">{escape(label)}</div>'
        f'<div style="font-size: 24px; font-weight: 600; line-height: 1.3;">{escape(value)}</div>'
        f'<div style="{_QUIET}">{escape(note)}</div></div>'
        for label, value, note in cards
    )


def _worst(report: Report, table: pl.DataFrame | None) -> str:
    if table is None or report.mapping is None:
        return ""
    worst = worst_images(table, _ROWS_SHOWN)
    if len(worst) == 0:
        return ""
    titles = ("Image", "Predicted", "Annotated", "Rank", "Confidence, predicted", "Confidence, annotated")
    styles = (_CELL, _CELL, _CELL, _NUMBER, _NUMBER, _NUMBER)
    head = "".join(
        f'<th style="{style} font-weight: 600;">{title}</th>' for title, style in zip(titles, styles, strict=True)
    )
    rows = "".join(f"<tr>{_row(row, styles)}</tr>" for row in worst.iter_rows(named=True))
    shown = f"The {len(worst)} surest of {count_text(len(table.filter(ERRONEOUS)))} erroneous images"
    return (
        f'<div style="{_QUIET} padding-top: 8px;">{shown}</div>'
        f'<table style="border-collapse: collapse; font-size: 13px; margin: 0; color: inherit;">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(row: dict[str, Any], styles: tuple[str, ...]) -> str:
    cells = (
        row["image_name"],
        class_text(row["predicted_class"], row["predicted_name"]),
        class_text(row["annotated_class"], row["annotated_name"]),
        row["annotated_class_rank"],
        confidence_text(row["predicted_confidence"]),
        confidence_text(row["annotated_confidence"]),
    )
    return "".join(f'<td style="{style}">{escape(str(cell))}</td>' for cell, style in zip(cells, styles, strict=True))


def _provenance(report: Report) -> str:
    return (
        f"{report.target.device} · {report.target.device_name} · {report.execution_precision} · "
        f"{facts.date_text(report.created_at)} · report {report.id}"
    )
