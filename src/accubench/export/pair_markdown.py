"""Comparisons and tensor distances as short summaries in Markdown, for the log of a continuous integration."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from accubench.export.comparison_facts import accuracy_numbers, flips_first, prediction_numbers, side_by_side
from accubench.export.comparison_text import comparison_sentence, counts_sentence, distance_sentence, flips_sentence
from accubench.export.distance_facts import DISTRIBUTION_TITLES, distribution_cells
from accubench.export.facts import Fact, configuration_values
from accubench.export.markdown_parts import cell, gate_table, markdown_table
from accubench.export.numbers import TIMES, class_text, count_text, distance_text, signed_points_text
from accubench.export.pair_facts import pair_facts, pair_run_facts, pair_warnings
from accubench.records.comparison import Comparison
from accubench.records.gate import GateOutcome
from accubench.records.report import EvaluatedModel
from accubench.records.tensor_distance import TensorDistance

__all__ = ["comparison_markdown", "distance_markdown"]

_FLIPS_SHOWN = 10
_CLASSES_SHOWN = 10


def comparison_markdown(comparison: Comparison, table: pl.DataFrame, *, gates: Sequence[GateOutcome] = ()) -> str:
    """Summarise a comparison in Markdown tables.

    Args:
        comparison: The comparison.
        table: Its images, with the columns of `COMPARISON_COLUMNS`.
        gates: Conditions to list with their outcome.

    Returns:
        GitHub's dialect of Markdown, ending in a newline. Names are escaped: none of them can add markup or a link.
    """
    return _document(
        comparison,
        cell(comparison_sentence(comparison), longest=None),
        cell(counts_sentence(comparison), longest=None),
        *gate_table(gates),
        *_warnings(comparison),
        _sides(comparison),
        _outcomes(comparison),
        *_fact_table((*accuracy_numbers(comparison), *prediction_numbers(comparison))),
        *_classes(comparison),
        *_flips(comparison, table),
    )


def distance_markdown(distance: TensorDistance) -> str:
    """Summarise a tensor distance in Markdown tables; see `comparison_markdown`."""
    outputs = [
        f"### {cell(output.output)}, {count_text(output.columns)} numbers an image\n\n"
        + markdown_table(
            DISTRIBUTION_TITLES,
            [[cell(text) for text in distribution_cells(each)] for each in output.distributions],
        )
        for output in distance.outputs
    ]
    said = cell(distance_sentence(distance), longest=None)
    return _document(distance, said, *_warnings(distance), *outputs)


def _document(report: Comparison | TensorDistance, *blocks: str) -> str:
    names = f"{cell(report.optimised.model_name)} and {cell(report.parent.model_name)}"
    title = f"## {names} {TIMES} {cell(report.dataset_name)}"
    return "\n\n".join([title, *(block for block in blocks if block), _measured(report)]) + "\n"


def _warnings(report: Comparison | TensorDistance) -> list[str]:
    return [f"> **Warning** {cell(warning, longest=None)}" for warning in pair_warnings(report)]


def _sides(comparison: Comparison) -> str:
    rows = [
        (cell(row.label), cell(row.optimised), cell(row.parent), cell(row.change)) for row in side_by_side(comparison)
    ]
    return markdown_table(
        ("", cell(comparison.optimised.model_name), cell(comparison.parent.model_name), "Change"), rows
    )


def _outcomes(comparison: Comparison) -> str:
    outcomes = comparison.summary.outcomes
    if outcomes is None:
        return cell(flips_sentence(comparison), longest=None)
    table = markdown_table(
        ("", "Optimised right", "Optimised wrong"),
        [
            ("Parent right", count_text(outcomes.both_right), f"{count_text(outcomes.broken)} broken"),
            ("Parent wrong", f"{count_text(outcomes.fixed)} fixed", count_text(outcomes.both_wrong)),
        ],
    )
    return f"{table}\n\n{cell(flips_sentence(comparison), longest=None)}"


def _fact_table(numbers: Sequence[Fact]) -> list[str]:
    rows = [(cell(each.label), cell(each.value), cell(each.detail or "", longest=None)) for each in numbers]
    return [markdown_table(("Number", "Value", "What it is"), rows)] if rows else []


def _classes(comparison: Comparison) -> list[str]:
    rows = [
        (
            cell(class_text(each.class_id, each.name)),
            count_text(each.n),
            count_text(each.broken),
            count_text(each.fixed),
            signed_points_text(each.difference),
            distance_text(each.q),
        )
        for each in comparison.summary.classes[:_CLASSES_SHOWN]
    ]
    titles = ("Class", "Images", "Broken", "Fixed", "Points", "q")
    return ["### Classes hurt most", markdown_table(titles, rows)] if rows else []


def _flips(comparison: Comparison, table: pl.DataFrame) -> list[str]:
    flips = flips_first(table)
    if not len(flips):
        return []
    rows = [
        (
            cell(row["image_name"]),
            row["flip"],
            cell(class_text(row["parent_class"], row["parent_name"])),
            cell(class_text(row["optimised_class"], row["optimised_name"])),
            cell(class_text(row["annotated_class"], row["annotated_name"])),
        )
        for row in flips.head(_FLIPS_SHOWN).iter_rows(named=True)
    ]
    if len(flips) > _FLIPS_SHOWN:
        rows.append((f"and {count_text(len(flips) - _FLIPS_SHOWN)} more", "", "", "", ""))
    titles = ("Image", "Flip", cell(comparison.parent.model_name), cell(comparison.optimised.model_name), "Annotated")
    return ["### Flips", markdown_table(titles, rows)]


def _measured(report: Comparison | TensorDistance) -> str:
    """Everything that the numbers depend on, folded away."""
    rows = [(cell(fact.label), cell(fact.value)) for fact in (*pair_facts(report), *pair_run_facts(report))]
    parts = [
        "<details><summary>Models, dataset, target and accuracy configuration</summary>",
        markdown_table(("Fact", "Value"), rows),
        _configuration(report.optimised),
    ]
    if report.parent.configuration.configuration != report.optimised.configuration.configuration:
        parts.append(_configuration(report.parent))
    return "\n\n".join([*parts, "</details>"])


def _configuration(model: EvaluatedModel) -> str:
    rows = [
        (f"{cell(value.section)} / {cell(value.name)}", cell(value.value), cell(value.origin))
        for value in configuration_values(model)
    ]
    return markdown_table((f"Configuration of {cell(model.model_name)}", "Value", "Because of"), rows)
