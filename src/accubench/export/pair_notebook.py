"""Comparisons and tensor distances as they show themselves in a notebook."""

from __future__ import annotations

from typing import Any

import polars as pl

from accubench.export.comparison_facts import flips_first, prediction_numbers, side_by_side
from accubench.export.comparison_text import comparison_sentence, distance_sentence, flips_sentence
from accubench.export.distance_facts import DISTRIBUTION_TITLES, distribution_cells
from accubench.export.facts import date_text
from accubench.export.notebook_parts import card_row, frame, note, rows_table
from accubench.export.numbers import class_text, confidence_text, count_text, plural
from accubench.export.pair_facts import pair_warnings
from accubench.records.comparison import Comparison
from accubench.records.tensor_distance import TensorDistance

__all__ = ["comparison_notebook_html", "distance_notebook_html"]

_ROWS_SHOWN = 10


def comparison_notebook_html(comparison: Comparison, table: pl.DataFrame | None = None) -> str:
    """The headline, both models side by side, and the first flips without pictures.

    Args:
        comparison: The comparison.
        table: Its images, with the columns of `COMPARISON_COLUMNS`.
    """
    optimised, parent = comparison.optimised.model_name, comparison.parent.model_name
    sides = [(row.label, row.optimised, row.parent, row.change) for row in side_by_side(comparison)]
    cards = [(number.label, number.value.partition(" (")[0], "") for number in prediction_numbers(comparison)]
    return frame(
        f"{optimised} and {parent}",
        comparison.dataset_name,
        note(comparison_sentence(comparison)),
        card_row(cards),
        *(note(warning, warning=True) for warning in pair_warnings(comparison)),
        rows_table(("", optimised, parent, "Change"), sides, numbers=3),
        _flips(comparison, table),
        foot=_provenance(comparison),
    )


def distance_notebook_html(distance: TensorDistance) -> str:
    """The headline and how the distances of every output are spread."""
    outputs = [
        note(f"{output.output}: {plural(output.n, 'image')}, {count_text(output.columns)} numbers each")
        + rows_table(DISTRIBUTION_TITLES, map(distribution_cells, output.distributions), numbers=0)
        for output in distance.outputs
    ]
    return frame(
        f"{distance.optimised.model_name} and {distance.parent.model_name}",
        distance.dataset_name,
        note(distance_sentence(distance)),
        *(note(warning, warning=True) for warning in pair_warnings(distance)),
        *outputs,
        foot=_provenance(distance),
    )


def _flips(comparison: Comparison, table: pl.DataFrame | None) -> str:
    flips = None if table is None else flips_first(table)
    if flips is None or not len(flips):
        return ""
    titles = ("Image", "Flip", "Parent", "Optimised", "Annotated", "Confidence, parent", "Confidence, optimised")
    rows = map(_row, flips.head(_ROWS_SHOWN).iter_rows(named=True))
    return note(flips_sentence(comparison)) + rows_table(titles, rows, numbers=2)


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        row["image_name"],
        row["flip"],
        class_text(row["parent_class"], row["parent_name"]),
        class_text(row["optimised_class"], row["optimised_name"]),
        class_text(row["annotated_class"], row["annotated_name"]),
        confidence_text(row["parent_confidence"]),
        confidence_text(row["optimised_confidence"]),
    )


def _provenance(report: Comparison | TensorDistance) -> str:
    target = report.target
    return f"{target.device} · {target.device_name} · {date_text(report.created_at)} · report {report.id}"
