"""Filtering, sorting and paging a report's table, the same way for every front door.

A filter is a column, an operator and a value; all filters must hold. Their meaning:

- A row without a value in the column (null: a failed image has no predicted class) matches no filter on that column,
  ``!=`` included: what is not known is neither equal nor unequal. Failed images are found with ``status=failed``.
- Numbers are compared as numbers and exactly: confidences are stored unrounded, so a shown ``0.9876`` is found between
  two bounds rather than with ``=``.
- Text is compared character by character; ``contains`` looks for the text anywhere and ignores case.
- Truth values are ``true`` and ``false``.

Rows come in the order of the dataset. Sorting keeps that order among equals, upwards and downwards, and puts rows
without a value last both times.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis.text_search import contains_text, text_condition
from accubench.errors import UsageError

__all__ = ["OPERATORS", "Filter", "FilterValue", "Operator", "View", "parse_filter", "select", "select_positions"]

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "contains"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)
FilterValue = str | int | float | bool

_FILTER = re.compile(
    r"\s*(?P<column>\w+)\s*(?P<operator>!=|<=|>=|==|=|<|>|(?<=\s)contains(?=\s|$))\s*(?P<value>.*)", re.DOTALL
)
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one column; as text it is what `parse_filter` reads.

    >>> str(Filter("predicted_confidence", "<", 0.5))
    'predicted_confidence<0.5'
    >>> str(Filter("image_name", "contains", "dog"))
    'image_name contains dog'
    """

    column: str
    operator: Operator
    value: FilterValue
    """Text is read as the column's type when the filter is applied, so values of an address need no conversion."""

    def __str__(self) -> str:
        value = str(self.value).lower() if isinstance(self.value, bool) else str(self.value)
        if value != value.strip() or value.startswith(('"', "=")):
            value = f'"{value}"'
        return (
            f"{self.column} contains {value}" if self.operator == "contains" else f"{self.column}{self.operator}{value}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One page of the rows that a view of a table selects."""

    rows: pl.DataFrame
    """The rows of the page, with all columns of the table."""
    positions: NDArray[np.int64]
    """For each of them its row in the whole table, from 0: the order of the dataset."""
    count: int
    """How many rows the filters select, all pages together."""


def parse_filter(text: str) -> Filter:
    """Read a filter such as ``predicted_confidence<0.5`` or ``image_name contains dog``.

    Blanks around the value are dropped unless it stands in double quotes; ``==`` is read as ``=``.

    Args:
        text: Column, operator, value; ``contains`` has blanks around it.

    Raises:
        UsageError: The text has no column or no operator.

    >>> parse_filter("predicted_confidence <= 0.5")
    Filter(column='predicted_confidence', operator='<=', value='0.5')
    >>> parse_filter('image_name contains " (copy)"')
    Filter(column='image_name', operator='contains', value=' (copy)')
    """
    match = _FILTER.fullmatch(text)
    if match is None:
        raise UsageError(
            f"'{text}' is no filter. Write a column, one of {' '.join(OPERATORS)}, and a value, "
            "such as predicted_confidence<0.5 or 'image_name contains dog'."
        )
    value = match["value"].strip()
    if len(value) >= 2 and value.startswith('"') and value.endswith('"'):
        value = value[1:-1]
    operator = "=" if match["operator"] == "==" else match["operator"]
    return Filter(match["column"], cast("Operator", operator), value)


def select(
    table: pl.DataFrame,
    filters: Iterable[Filter] = (),
    *,
    erroneous: bool | int = False,
    search: str | None = None,
    sort: str | None = None,
    descending: bool = False,
    offset: int = 0,
    limit: int | None = None,
) -> View:
    """One page of the rows that hold all filters, sorted.

    Args:
        table: A report's table.
        filters: Conditions that must all hold.
        erroneous: Limit to erroneous images: True for those whose predicted class differs from the annotated one, a
            number k for those whose annotated class is not in the top k. Failed images are neither.
        search: Limit to images whose name, or a class name of theirs, contains this text; see `text_condition`.
        sort: Column to sort by; None for the order of the dataset.
        descending: Greatest value first.
        offset: Rows of the result to skip.
        limit: Rows of the page at most; None for all.

    Raises:
        UsageError: A column, operator or value is not possible; the message lists what is.

    >>> table = pl.DataFrame({"image_name": ["a", "b", "c"], "predicted_confidence": [0.9, None, 0.4]})
    >>> view = select(table, [parse_filter("predicted_confidence<0.95")], sort="predicted_confidence", limit=1)
    >>> view.rows["image_name"].to_list(), view.positions.tolist(), view.count
    (['c'], [2], 2)
    """
    if offset < 0 or (limit is not None and limit < 0):
        raise UsageError(f"A page starts at row 0 or later and has 0 rows or more, not offset {offset}, limit {limit}.")
    positions = select_positions(table, filters, erroneous=erroneous, search=search, sort=sort, descending=descending)
    page = positions[offset : None if limit is None else offset + limit]
    return View(rows=table[page], positions=page, count=len(positions))


def select_positions(
    table: pl.DataFrame,
    filters: Iterable[Filter] = (),
    *,
    erroneous: bool | int = False,
    search: str | None = None,
    sort: str | None = None,
    descending: bool = False,
) -> NDArray[np.int64]:
    """The rows that `select` shows on all its pages, as positions in the table; what *next* and *previous* walk along.

    Args:
        table: A report's table.
        filters: As for `select`.
        erroneous: As for `select`.
        search: As for `select`.
        sort: As for `select`.
        descending: As for `select`.

    Returns:
        int64 of shape (rows selected,).

    Raises:
        UsageError: As for `select`.
    """
    conditions = [_condition(table.schema, filter_) for filter_ in filters]
    if erroneous:
        conditions.append(_not_in_top_k(table.schema, int(erroneous)))
    if search is not None and search.strip():
        conditions.append(text_condition(table.schema, search))
    position = pl.int_range(pl.len(), dtype=pl.Int64).alias("position")
    keys = table.select(position, *([] if sort is None else [_column(table.schema, sort).alias("key")]))
    if conditions:
        keys = keys.filter(table.select(pl.all_horizontal(conditions)).to_series())
    if sort is not None:
        keys = keys.sort("key", "position", descending=[descending, False], nulls_last=True)
    return keys["position"].to_numpy()


def _column(schema: pl.Schema, name: str) -> pl.Expr:
    if name not in schema:
        near = difflib.get_close_matches(name, schema.names(), n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise UsageError(f"There is no column '{name}'.{hint} Columns are {_listed(schema.names())}.")
    return pl.col(name)


def _not_in_top_k(schema: pl.Schema, k: int) -> pl.Expr:
    if k < 0:
        raise UsageError(f"Images can be limited to those not in the top 1 or more, not {k}.")
    if "annotated_class_rank" not in schema:
        raise UsageError("This table has no annotated classes, so its images cannot be limited to erroneous ones.")
    return pl.col("annotated_class_rank") >= k


def _condition(schema: pl.Schema, filter_: Filter) -> pl.Expr:
    column = _column(schema, filter_.column)
    dtype = schema[filter_.column]
    allowed = _operators_of(dtype)
    if filter_.operator not in allowed:
        raise UsageError(
            f"'{filter_}': column {filter_.column} ({_kind(dtype)}) takes {_listed(allowed)}, not '{filter_.operator}'."
        )
    if filter_.operator == "contains":
        return contains_text(column, str(filter_.value))
    value = pl.lit(_typed_value(filter_, dtype))
    comparisons = {
        "=": column == value,
        "!=": column != value,
        "<": column < value,
        "<=": column <= value,
        ">": column > value,
        ">=": column >= value,
    }
    return comparisons[filter_.operator]


def _kind(dtype: pl.DataType) -> str:
    if dtype == pl.Boolean:
        return "true or false"
    if dtype.is_integer():
        return "whole numbers"
    return "numbers" if dtype.is_float() else "text"


def _operators_of(dtype: pl.DataType) -> Sequence[Operator]:
    if dtype == pl.Boolean:
        return ("=", "!=")
    return OPERATORS[:-1] if dtype.is_numeric() else OPERATORS


def _typed_value(filter_: Filter, dtype: pl.DataType) -> Any:
    """The filter's value as the column's type."""
    value = _read_value(str(filter_.value), dtype)
    if value is None:
        raise UsageError(f"'{filter_}': column {filter_.column} is compared with {_EXPECTED[_kind(dtype)]}.")
    return value


_EXPECTED = {
    "true or false": "true or false",
    "whole numbers": "a whole number such as 5",
    "numbers": "a number such as 0.5",
}


def _read_value(text: str, dtype: pl.DataType) -> FilterValue | None:
    """The text as a value of the type, or None where it is none."""
    if dtype == pl.Boolean:
        return {"true": True, "false": False}.get(text.lower())
    if not dtype.is_numeric():
        return text
    try:
        value = int(text) if dtype.is_integer() else float(text)
    except ValueError:
        return None
    if isinstance(value, int):
        return value if value in _INT64 else None
    return value if math.isfinite(value) else None


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
