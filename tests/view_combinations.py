"""Random combinations of filters, search and order over a report's table, and what they must select.

What must come out is written here as polars expressions of its own, apart from the code that pages and exports use.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl
from hypothesis import strategies as st

__all__ = ["Combination", "combinations", "expected_rows"]

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SEARCHED = ("image_name", "predicted_name", "annotated_name")


@dataclass(frozen=True)
class Combination:
    """What a person may have chosen on a page."""

    filters: tuple[tuple[str, str, str], ...]
    """Column, operator, value."""
    erroneous: int
    search: str | None
    sort: str | None
    descending: bool

    @property
    def texts(self) -> list[str]:
        """The filters as they stand in an address."""
        return [f'{column} {operator} "{value}"' for column, operator, value in self.filters]


@st.composite
def combinations(draw: st.DrawFn, table: pl.DataFrame) -> Combination:
    """A combination whose values occur in the table, or lie near those that do."""
    columns = table.columns
    filters = tuple(draw(_filters(table)) for _ in range(draw(st.integers(0, 3))))
    return Combination(
        filters=filters,
        erroneous=draw(st.sampled_from((0, 0, 1, 2, 5, 100))),
        search=draw(st.none() | st.sampled_from(("0", "IMAGE", "tench", " shark ", "ß", "nothing of the kind", '"'))),
        sort=draw(st.none() | st.sampled_from(columns)),
        descending=draw(st.booleans()),
    )


@st.composite
def _filters(draw: st.DrawFn, table: pl.DataFrame) -> tuple[str, str, str]:
    column = draw(st.sampled_from(table.columns))
    dtype = table.schema[column]
    values = table[column].drop_nulls().unique(maintain_order=True).to_list() or ["0" if dtype == pl.String else 0]
    value = draw(st.sampled_from(values))
    if dtype == pl.Boolean:
        return column, draw(st.sampled_from(("=", "!="))), str(bool(value)).lower()
    if dtype == pl.String:
        sign = draw(st.sampled_from((*_COMPARISONS, "contains")))
        cut = draw(st.integers(0, max(0, len(value) - 2))) if sign == "contains" else 0
        return column, sign, value[cut:].swapcase() if sign == "contains" else value
    step = draw(st.sampled_from((0, 0, 1, -1))) if dtype.is_integer() else draw(st.sampled_from((0, 0, 0.01)))
    return column, draw(st.sampled_from(tuple(_COMPARISONS))), repr(value + step)


def expected_rows(table: pl.DataFrame, wanted: Combination) -> pl.DataFrame:
    """The rows that a combination must show, in its order, with their positions in a column ``position``."""
    rows = table.with_row_index("position")
    for column, sign, value in wanted.filters:
        rows = rows.filter(_holds(table.schema[column], column, sign, value))
    if wanted.erroneous:
        rows = rows.filter(
            pl.col("annotated_class_rank").is_not_null() & (pl.col("annotated_class_rank") >= wanted.erroneous)
        )
    if wanted.search:
        text = wanted.search.strip().lower()
        found = [
            any(text in row[name].lower() for name in _SEARCHED if row[name] is not None)
            for row in rows.iter_rows(named=True)
        ]
        rows = rows.filter(pl.Series(found, dtype=pl.Boolean))
    return rows if wanted.sort is None else _sorted(rows, wanted.sort, descending=wanted.descending)


def _sorted(rows: pl.DataFrame, column: str, *, descending: bool) -> pl.DataFrame:
    """Python's sort keeps the order of equals in both directions, which is what must come out; nulls last."""
    known, unknown = rows.filter(pl.col(column).is_not_null()), rows.filter(pl.col(column).is_null())
    ordered = sorted(known.iter_rows(named=True), key=lambda row: _by_bytes(row[column]), reverse=descending)
    return pl.concat([pl.DataFrame(ordered, schema=rows.schema), unknown])


def _by_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _holds(dtype: pl.DataType, column: str, sign: str, value: str) -> pl.Expr:
    if sign == "contains":
        return pl.col(column).map_elements(lambda text: value.lower() in text.lower(), return_dtype=pl.Boolean)
    typed: Any = value
    if dtype == pl.Boolean:
        typed = value == "true"
    elif dtype.is_numeric():
        typed = int(value) if dtype.is_integer() else float(value)
    return pl.col(column).is_not_null() & _COMPARISONS[sign](pl.col(column), pl.lit(typed))
