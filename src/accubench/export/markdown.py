"""A short summary in Markdown, for the log or the step summary of a continuous integration."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from accubench.analysis import FAILED
from accubench.export import facts
from accubench.export.classes import confused_pairs
from accubench.export.markdown_parts import cell, gate_table, markdown_table
from accubench.export.numbers import TIMES, class_text, count_text, interval_text, percent_text
from accubench.records.gate import GateOutcome
from accubench.records.report import Report

__all__ = ["markdown_summary"]

_PAIRS_SHOWN = 5
_FAILURES_SHOWN = 5


def markdown_summary(report: Report, table: pl.DataFrame, *, gates: Sequence[GateOutcome] = ()) -> str:
    """Summarise a report in Markdown tables.

    Args:
        report: The report.
        table: Its images, with the columns of `REPORT_COLUMNS`.
        gates: Conditions to list with their outcome.

    Returns:
        GitHub's dialect of Markdown, ending in a newline. Names are escaped: none of them can add markup or a link.
    """
    blocks = [
        f"## {cell(report.model_name)} {TIMES} {cell(report.dataset_name)}",
        cell(facts.headline(report), longest=None),
        *gate_table(gates),
        *(f"> **Warning** {cell(warning, longest=None)}" for warning in facts.warnings(report)),
        _accuracy_table(report),
        *_pair_table(report, table),
        *_failure_table(table),
        _configuration_table(report),
    ]
    return "\n\n".join(blocks) + "\n"


def _accuracy_table(report: Report) -> str:
    summary = report.summary
    rows = [
        (f"top-{top.k}", f"**{percent_text(top.value)}**", interval_text(top), f"{top.right} / {top.n}")
        for top in summary.top_k
    ]
    if summary.macro is not None:
        rows.append(("macro F1", percent_text(summary.macro.f1), "", f"{summary.macro.classes} classes"))
    if summary.calibration is not None:
        rows.append(("ECE", percent_text(summary.calibration.ece), "", f"{len(summary.calibration.bins)} bins"))
    counted = (
        f"{count_text(summary.n)} evaluated, {count_text(summary.n_failed)} failed, {count_text(summary.n_ties)} tied"
    )
    return markdown_table(("Metric", "Value", "95 % interval", "n"), [*rows, ("images", "", "", counted)])


def _pair_table(report: Report, table: pl.DataFrame) -> list[str]:
    rows = [
        (
            cell(class_text(pair.annotated_class, pair.annotated_name)),
            cell(class_text(pair.predicted_class, pair.predicted_name)),
            str(pair.images),
            percent_text(pair.share_of_annotated),
        )
        for pair in confused_pairs(report, table, limit=_PAIRS_SHOWN)
    ]
    if not rows:
        return []
    return ["### Most confused", markdown_table(("Annotated as", "Predicted as", "Images", "Of the annotated"), rows)]


def _failure_table(table: pl.DataFrame) -> list[str]:
    failed = table.filter(FAILED).select("image_name", "failure")
    if len(failed) == 0:
        return []
    rows = [(cell(name), cell(reason or "")) for name, reason in failed.head(_FAILURES_SHOWN).iter_rows()]
    if len(failed) > _FAILURES_SHOWN:
        rows.append((f"and {count_text(len(failed) - _FAILURES_SHOWN)} more", ""))
    return ["### Failed images", markdown_table(("Image", "Why"), rows)]


def _configuration_table(report: Report) -> str:
    """Everything that the numbers depend on, folded away."""
    measured = [
        (cell(fact.label), cell(fact.value)) for fact in (*facts.measured_facts(report), *facts.run_facts(report))
    ]
    values = [
        (f"{cell(value.section)} / {cell(value.name)}", cell(value.value), cell(value.origin))
        for value in facts.configuration_values(report)
    ]
    parts = (
        "<details><summary>Model, dataset, target and accuracy configuration</summary>",
        markdown_table(("Fact", "Value"), measured),
        cell(f"{facts.mapping_sentence(report)} {facts.reading_sentence(report.reading)}", longest=None),
        markdown_table(("Configuration", "Value", "Because of"), values),
        "</details>",
    )
    return "\n\n".join(parts)
