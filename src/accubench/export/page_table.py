"""The image table of the HTML report: which columns, which rows, and the data that the page's script reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from accubench.analysis import ERRONEOUS, FAILED
from accubench.records.report import REPORT_COLUMNS

__all__ = [
    "MAXIMUM_ROWS",
    "ColumnKind",
    "EmbeddedTable",
    "TableColumn",
    "embedded_rows",
    "embedded_table",
    "script_safe_json",
]

MAXIMUM_ROWS = 50_000
"""Rows that a page holds at the most: more would make the file heavy to mail and slow to open."""

ColumnKind = Literal["text", "class", "number", "confidence", "distance", "result"]

_RESULT_HELP = "Whether the predicted class is the annotated one; for a failed image, why it failed."
_COLUMNS: tuple[tuple[str, str, ColumnKind], ...] = (
    ("image_name", "Image", "text"),
    ("predicted_class", "Predicted", "class"),
    ("annotated_class", "Annotated", "class"),
    ("annotated_class_rank", "Rank", "number"),
    ("predicted_confidence", "Confidence, predicted", "confidence"),
    ("annotated_confidence", "Confidence, annotated", "confidence"),
    ("dataset_class", "Dataset id", "number"),
)
_NEEDS_ANNOTATIONS = {"annotated_class", "annotated_class_rank", "annotated_confidence", "dataset_class"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column of the image table as a reader sees it."""

    key: str
    short_title: str
    title: str
    help: str
    kind: ColumnKind


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedTable:
    """What the page holds of a report's table."""

    columns: tuple[TableColumn, ...]
    rows: int
    total: int
    """Rows of the whole table; more than `rows` where the page could not hold all."""
    erroneous: int
    """Erroneous images of the whole table."""
    erroneous_held: int
    failed: int
    failed_held: int
    json: str
    """The data, safe inside a script element."""

    @property
    def complete(self) -> bool:
        """Whether the page holds every row."""
        return self.rows == self.total


def embedded_table(table: pl.DataFrame, *, annotated: bool, maximum_rows: int = MAXIMUM_ROWS) -> EmbeddedTable:
    """Choose columns and rows of a report's table for a page and write them as columnar JSON.

    Args:
        table: One row per image, with the columns of `REPORT_COLUMNS`.
        annotated: Whether columns about annotations are shown.
        maximum_rows: Rows that the page holds at the most.
    """
    held = embedded_rows(table, maximum_rows=maximum_rows)
    columns = _columns(held, annotated=annotated)
    return EmbeddedTable(
        columns=columns,
        rows=len(held),
        total=len(table),
        erroneous=len(table.filter(ERRONEOUS)),
        erroneous_held=len(held.filter(ERRONEOUS)),
        failed=len(table.filter(FAILED)),
        failed_held=len(held.filter(FAILED)),
        json=script_safe_json(_data(held, columns, annotated=annotated)),
    )


def embedded_rows(table: pl.DataFrame, *, maximum_rows: int = MAXIMUM_ROWS) -> pl.DataFrame:
    """The rows that a page holds, in dataset order: failed and erroneous images first when not all fit."""
    if len(table) <= maximum_rows:
        return table
    urgent = FAILED | ERRONEOUS.fill_null(value=False)
    numbered = table.with_row_index("row")
    chosen = numbered.sort(urgent, descending=True, maintain_order=True).head(maximum_rows)
    return chosen.sort("row").drop("row")


def script_safe_json(data: Mapping[str, object]) -> str:
    r"""JSON that cannot end the script element it stands in, nor be read as anything but data.

    >>> script_safe_json({"name": "</script><!-- &"})
    '{"name":"\\u003c/script\\u003e\\u003c!-- \\u0026"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _columns(table: pl.DataFrame, *, annotated: bool) -> tuple[TableColumn, ...]:
    mapped = not table["dataset_class"].cast(pl.Int64).equals(table["annotated_class"].cast(pl.Int64))
    shown = [
        TableColumn(
            key=key, short_title=short_title, title=REPORT_COLUMNS[key][1], help=REPORT_COLUMNS[key][2], kind=kind
        )
        for key, short_title, kind in _COLUMNS
        if (annotated or key not in _NEEDS_ANNOTATIONS) and (mapped or key != "dataset_class")
    ]
    result = TableColumn(key="result", short_title="Result", title="Result", help=_RESULT_HELP, kind="result")
    return (*shown, result)


def _data(table: pl.DataFrame, columns: tuple[TableColumn, ...], *, annotated: bool) -> dict[str, object]:
    numbered = table.with_row_index("row")
    failed = numbered.filter(FAILED)
    values = {
        column.key: table[column.key].fill_nan(None).to_list()
        if column.kind == "confidence"
        else table[column.key].to_list()
        for column in columns
        if column.kind != "result"
    }
    return {
        "rows": len(table),
        "annotated": annotated,
        "columns": values,
        "names": _class_names(table),
        # Few rows are failed or tied, so they are named instead of having a column each.
        "failures": dict(zip(failed["row"].cast(pl.String), failed["failure"].fill_null(""), strict=True)),
        "tied": numbered.filter(pl.col("tied"))["row"].to_list(),
    }


def _class_names(table: pl.DataFrame) -> dict[str, str]:
    """Name by class id; every name is stored once, not with each row."""
    sides = [
        table.select(pl.col(f"{side}_class").alias("id"), pl.col(f"{side}_name").alias("name"))
        for side in ("predicted", "annotated")
    ]
    named = pl.concat(sides).drop_nulls().unique(subset="id", keep="first", maintain_order=True).sort("id")
    return dict(zip(named["id"].cast(pl.String), named["name"], strict=True))
