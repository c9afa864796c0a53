"""A short summary in Markdown, for the log or the step summary of a continuous integration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from accubench.analysis import FAILED
from accubench.export import facts
from accubench.export.classes import confused_pairs
from accubench.export.numbers import TIMES, class_text, count_text, interval_text, percent_text
from accubench.records.gate import GateOutcome
from accubench.records.report import Report

__all__ = ["markdown_summary"]

_PAIRS_SHOWN = 5
_FAILURES_SHOWN = 5
_CELL_CHARACTERS = 120


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
        f"## {_cell(report.model_name)} {TIMES} {_cell(report.dataset_name)}",
        _cell(facts.headline(report), longest=None),
        *_gate_table(gates),
        *(f"> **Warning** {_cell(warning, longest=None)}" for warning in facts.warnings(report)),
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
    return _table(("Metric", "Value", "95 % interval", "n"), [*rows, ("images", "", "", counted)])


def _gate_table(gates: Sequence[GateOutcome]) -> list[str]:
    rows = [
        (_cell(gate.condition), _cell(gate.measured), "✅ passed" if gate.passed else "❌ **missed**") for gate in gates
    ]
    return [_table(("Gate", "Measured", "Outcome"), rows)] if rows else []


def _pair_table(report: Report, table: pl.DataFrame) -> list[str]:
    rows = [
        (
            _cell(class_text(pair.annotated_class, pair.annotated_name)),
            _cell(class_text(pair.predicted_class, pair.predicted_name)),
            str(pair.images),
            percent_text(pair.share_of_annotated),
        )
        for pair in confused_pairs(report, table, limit=_PAIRS_SHOWN)
    ]
    if not rows:
        return []
    return ["### Most confused", _table(("Annotated as", "Predicted as", "Images", "Of the annotated"), rows)]


def _failure_table(table: pl.DataFrame) -> list[str]:
    failed = table.filter(FAILED).select("image_name", "failure")
    if len(failed) == 0:
        return []
    rows = [(_cell(name), _cell(reason or "")) for name, reason in failed.head(_FAILURES_SHOWN).iter_rows()]
    if len(failed) > _FAILURES_SHOWN:
        rows.append((f"and {count_text(len(failed) - _FAILURES_SHOWN)} more", ""))
    return ["### Failed images", _table(("Image", "Why"), rows)]


def _configuration_table(report: Report) -> str:
    """Everything that the numbers depend on, folded away."""
    measured = [
        (_cell(fact.label), _cell(fact.value)) for fact in (*facts.measured_facts(report), *facts.run_facts(report))
    ]
    values = [
        (f"{_cell(value.section)} / {_cell(value.name)}", _cell(value.value), _cell(value.origin))
        for value in facts.configuration_values(report)
    ]
    parts = (
        "<details><summary>Model, dataset, target and accuracy configuration</summary>",
        _table(("Fact", "Value"), measured),
        _cell(f"{facts.mapping_sentence(report)} {facts.reading_sentence(report.reading)}", longest=None),
        _table(("Configuration", "Value", "Because of"), values),
        "</details>",
    )
    return "\n\n".join(parts)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str, *, longest: int | None = _CELL_CHARACTERS) -> str:
    r"""Text on one line that Markdown shows as it is.

    >>> print(_cell("a|b *c* <script>"))
    a\|b \*c\* &lt;script&gt;
    """
    flat = " ".join(text.split())
    if longest is not None and len(flat) > longest:
        flat = flat[: longest - 1] + "…"
    for character in "\\`*_[]|#~":
        flat = flat.replace(character, "\\" + character)
    # Entities for what starts HTML, mentions and automatic links.
    return (
        flat.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("@", "&#64;")
        .replace("://", "&#58;//")
    )
