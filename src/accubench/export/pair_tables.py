"""The image tables of the HTML pages of comparisons and tensor distances: columns, rows, and data for the script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from accubench.export.page_table import MAXIMUM_ROWS, ColumnKind, TableColumn, script_safe_json
from accubench.records.comparison import COMPARISON_COLUMNS
from accubench.records.tensor_distance import DISTANCE_COLUMNS

__all__ = ["PairTable", "comparison_table", "distance_table"]

_FAILED = pl.col("status") == "failed"
_FLIPPED = pl.col("flip").is_not_null()
_RESULT = TableColumn(
    key="result",
    short_title="Result",
    title="Result",
    help="right or wrong: both models predict the same class; broken, fixed, moved, changed: they do not.",
    kind="result",
)
_AGREEMENT = TableColumn(
    key="result",
    short_title="Agreed",
    title="Agreed",
    help="Whether both models predict the same class.",
    kind="result",
)
_COMPARISON: tuple[tuple[str, str, ColumnKind], ...] = (
    ("image_name", "Image", "text"),
    ("parent_class", "Parent", "class"),
    ("optimised_class", "Optimised", "class"),
    ("annotated_class", "Annotated", "class"),
    ("parent_class_rank", "Rank", "number"),
    ("parent_confidence", "Parent's confidence", "confidence"),
    ("optimised_confidence_in_parent_class", "Optimised in parent's class", "confidence"),
    ("optimised_confidence", "Optimised confidence", "confidence"),
    ("kl_divergence", "KL", "distance"),
)
_DISTANCE: tuple[tuple[str, str, ColumnKind], ...] = (
    ("image_name", "Image", "text"),
    ("mse", "MSE", "distance"),
    ("cosine_distance", "Cosine", "distance"),
    ("kl_divergence", "KL", "distance"),
    ("max_abs_difference", "Largest difference", "distance"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTable:
    """What a page holds of the images of two models."""

    columns: tuple[TableColumn, ...]
    boxes: tuple[tuple[str, str, int], ...]
    """What the table can be limited to: key, label, and how many of its rows that are."""
    rows: int
    total: int
    """Rows of the whole table; more than `rows` where the page could not hold all."""
    json: str
    """The data, safe inside a script element."""

    @property
    def complete(self) -> bool:
        """Whether the page holds every row."""
        return self.rows == self.total


def comparison_table(table: pl.DataFrame, *, annotated: bool, maximum_rows: int = MAXIMUM_ROWS) -> PairTable:
    """The table of a comparison; where not all images fit, flips and failed images come first.

    Args:
        table: One row per image, with the columns of `COMPARISON_COLUMNS`.
        annotated: Whether columns about annotations are shown.
        maximum_rows: Rows that the page holds at the most.
    """
    held = _held(table, _FLIPPED | _FAILED, maximum_rows)
    columns = tuple(
        _column(key, short_title, kind, COMPARISON_COLUMNS)
        for key, short_title, kind in _COMPARISON
        if annotated or key != "annotated_class"
    )
    right = pl.col("optimised_annotated_rank") == 0
    agreed = pl.when(right.is_null()).then(pl.lit("same")).when(right).then(pl.lit("right")).otherwise(pl.lit("wrong"))
    data = {
        "names": _names(held, "optimised", "annotated"),
        "own_names": {"parent_class": _names(held, "parent")},
        "results": held.select(pl.coalesce("flip", agreed))["flip"].to_list(),
    }
    boxes = {"flips": ("Only flips", _FLIPPED)}
    return _table(table, held, columns=columns, result=_RESULT, boxes=boxes, data=data)


def distance_table(rows: pl.DataFrame, *, maximum_rows: int = MAXIMUM_ROWS) -> PairTable:
    """The table of one output's distances; where not all images fit, the farthest and failed ones are held.

    Args:
        rows: The rows of one output, with the columns of `DISTANCE_COLUMNS`.
        maximum_rows: Rows that the page holds at the most.
    """
    held = rows
    if len(rows) > maximum_rows:
        far = rows.with_row_index("row").sort(_FAILED, "mse", descending=True, maintain_order=True)
        held = far.head(maximum_rows).sort("row").drop("row")
    empty = {key for key, _, _ in _DISTANCE if held[key].null_count() == len(held)}
    columns = tuple(
        _column(key, short_title, kind, DISTANCE_COLUMNS)
        for key, short_title, kind in _DISTANCE
        if key == "image_name" or key not in empty
    )
    agreed = pl.when("agreed").then(pl.lit("same class")).when(~pl.col("agreed")).then(pl.lit("another class"))
    results = held.select(agreed.otherwise(pl.lit("compared")).alias("agreed"))["agreed"].to_list()
    boxes = {"flips": ("Only images of another class", ~pl.col("agreed"))}
    data = {"names": {}, "results": results}
    return _table(rows, held, columns=columns, result=_AGREEMENT, boxes=boxes, data=data)


def _held(table: pl.DataFrame, urgent: pl.Expr, maximum_rows: int) -> pl.DataFrame:
    if len(table) <= maximum_rows:
        return table
    numbered = table.with_row_index("row")
    chosen = numbered.sort(urgent, descending=True, maintain_order=True).head(maximum_rows)
    return chosen.sort("row").drop("row")


def _column(key: str, short_title: str, kind: ColumnKind, described: Mapping[str, tuple[str, str, str]]) -> TableColumn:
    _, title, meaning = described[key]
    return TableColumn(key=key, short_title=short_title, title=title, help=meaning, kind=kind)


def _table(
    table: pl.DataFrame,
    held: pl.DataFrame,
    *,
    columns: Sequence[TableColumn],
    result: TableColumn,
    boxes: Mapping[str, tuple[str, pl.Expr]],
    data: Mapping[str, object],
) -> PairTable:
    numbered = held.with_row_index("row")
    boxes = {**boxes, "failed": ("Only failed images", _FAILED)}
    shows = {key: numbered.filter(condition)["row"].to_list() for key, (_, condition) in boxes.items()}
    failed = numbered.filter(_FAILED)
    document = {
        "rows": len(held),
        "columns": {column.key: held[column.key].to_list() for column in columns},
        "shows": shows,
        "failures": dict(zip(failed["row"].cast(pl.String), failed["failure"].fill_null(""), strict=True)),
        **data,
    }
    return PairTable(
        columns=(*columns, result),
        boxes=tuple((key, label, len(shows[key])) for key, (label, _) in boxes.items()),
        rows=len(held),
        total=len(table),
        json=script_safe_json(document),
    )


def _names(table: pl.DataFrame, *sides: str) -> dict[str, str]:
    """Name by class id; every name is stored once, not with each row."""
    named = pl.concat(
        table.select(pl.col(f"{side}_class").alias("id"), pl.col(f"{side}_name").alias("name")) for side in sides
    )
    unique = named.drop_nulls().unique(subset="id", keep="first", maintain_order=True).sort("id")
    return dict(zip(unique["id"].cast(pl.String), unique["name"], strict=True))
