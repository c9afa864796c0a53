"""Views of a report's table: filtered, sorted, counted, tagged, written to files."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import Filter, View, facets, parse_filter, select_positions
from accubench.errors import ExportError, UsageError
from accubench.export import csv_bytes, parquet_bytes
from accubench.records.facets import Facets

__all__ = ["VIEW_SUFFIXES", "Query", "ReportViews", "checked_tag"]

VIEW_SUFFIXES = (".csv", ".parquet")
"""The forms that a view can be written in."""
_VIEWS_KEPT = 32
_LONGEST_TAG = 60
TagReader = Callable[[], list[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which rows of a table are looked at, in which order."""

    filters: tuple[Filter, ...] = ()
    erroneous: int = 0
    search: str | None = None
    sort: str | None = None
    descending: bool = False

    @classmethod
    def of(
        cls,
        filters: Iterable[Filter | str] = (),
        *,
        erroneous: bool | int = False,
        search: str | None = None,
        sort: str | None = None,
        descending: bool = False,
    ) -> Query:
        """A query in one spelling, so that equal ones are found again.

        Raises:
            UsageError: A filter cannot be read.
        """
        read = [parse_filter(each) if isinstance(each, str) else each for each in filters]
        # True == 1 in Python but not as text, which is what values are compared as.
        spelled = tuple(replace(each, value=str(each.value)) for each in read)
        text = (search or "").strip() or None
        return cls(filters=spelled, erroneous=int(erroneous), search=text, sort=sort, descending=descending)


class _Tagged:
    """A table with one state of the tags, and what was computed of it."""

    def __init__(self, table: pl.DataFrame, tags: list[tuple[str, str]]) -> None:
        self.tags = tags
        self.counts = dict(sorted(Counter(tag for _, tag in tags).items()))
        self.table = _with_tags(table, tags)
        self.rows = lru_cache(_VIEWS_KEPT)(self._rows)
        self.facets = lru_cache(_VIEWS_KEPT)(self._facets)

    def _rows(self, query: Query) -> NDArray[np.int64]:
        unsorted = replace(query, sort=None, descending=False)
        if query == unsorted:
            rows = select_positions(self.table, query.filters, erroneous=query.erroneous, search=query.search)
        else:
            # A page wants the same rows in its order and, to count them, in any: what is slow is to find them.
            found = self.rows(unsorted)
            rows = found[self._order(query.sort, found, descending=query.descending)]
        rows.flags.writeable = False
        return rows

    def _order(self, sort: str | None, rows: NDArray[np.int64], *, descending: bool) -> NDArray[np.int64]:
        keys = self.table.select(sort) if sort in self.table.columns else self.table
        return select_positions(keys[rows], sort=sort, descending=descending)

    def _facets(self, query: Query) -> Facets:
        return facets(self.table[self.rows(query)], tags=self.counts)


class ReportViews:
    """The views of one report's table; what was computed is kept as long as the tags stay the same.

    Args:
        table: With the columns of `REPORT_COLUMNS`.
        read_tags: Gives image name and tag of all tagged images of the dataset.
    """

    def __init__(self, table: pl.DataFrame, read_tags: TagReader) -> None:
        self._table = table
        self._read_tags = read_tags
        self._newest = _Tagged(table, [])
        self._here = threading.local()

    @property
    def table(self) -> pl.DataFrame:
        """The table with the column ``tags``."""
        return self._tagged().table

    @property
    def tags(self) -> dict[str, int]:
        """How many images of the dataset carry each tag, by name."""
        return dict(self._tagged().counts)

    def view(self, query: Query, *, offset: int, limit: int | None) -> View:
        """One page of the rows of a query; `positions` are rows of the table."""
        if offset < 0 or (limit is not None and limit < 0):
            raise UsageError(
                f"A page starts at row 0 or later and has 0 rows or more, not offset {offset}, limit {limit}."
            )
        tagged = self._tagged()
        rows = tagged.rows(query)
        page = rows[offset : None if limit is None else offset + limit]
        return View(rows=tagged.table[page], positions=page, count=len(rows))

    def rows(self, query: Query) -> NDArray[np.int64]:
        """The rows of a query, all pages, as rows of the table; not to be written to."""
        return self._tagged().rows(query)

    def facets(self, query: Query) -> Facets:
        """Counts over the rows of a query."""
        return self._tagged().facets(query)

    def content(self, query: Query, suffix: str) -> bytes:
        """The rows of a query as a file with the columns of `EXPORT_COLUMNS`.

        Raises:
            ExportError: The suffix is none of `VIEW_SUFFIXES`.
        """
        if suffix not in VIEW_SUFFIXES:
            raise ExportError(f"A view is written as {' or '.join(VIEW_SUFFIXES)}, not as '{suffix}'.")
        tagged = self._tagged()
        rows = tagged.table[tagged.rows(query)]
        return csv_bytes(rows) if suffix == ".csv" else parquet_bytes(rows)

    @contextmanager
    def tags_held(self) -> Generator[None]:
        """Within, all answers in this thread follow from the tags as the first one found them.

        A page asks half a dozen times, and its counts shall fit its rows.
        """
        self._here.holding, self._here.held = True, None
        try:
            yield
        finally:
            self._here.holding, self._here.held = False, None

    def _tagged(self) -> _Tagged:
        if not getattr(self._here, "holding", False):
            return self._read()
        if self._here.held is None:
            self._here.held = self._read()
        found: _Tagged = self._here.held
        return found

    def _read(self) -> _Tagged:
        tags = self._read_tags()
        if tags != self._newest.tags:
            self._newest = _Tagged(self._table, tags)
        return self._newest


def _with_tags(table: pl.DataFrame, tags: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """The table with the tags of every image joined by commas; null where it has none."""
    if not tags:
        return table.with_columns(pl.lit(None, dtype=pl.String).alias("tags"))
    tagged = pl.DataFrame(tags, schema={"image_name": pl.String, "tags": pl.String}, orient="row")
    joined = tagged.group_by("image_name", maintain_order=True).agg(pl.col("tags").str.join(", "))
    return table.join(joined, on="image_name", how="left", maintain_order="left")


def checked_tag(tag: str) -> str:
    """A tag as it is kept.

    Raises:
        UsageError: It is empty, too long, or has a comma or a line break in it.
    """
    text = " ".join(tag.split())
    if not 0 < len(text) <= _LONGEST_TAG or "," in text or not text.isprintable():
        raise UsageError(f"A tag has 1 to {_LONGEST_TAG} letters, and neither commas nor line breaks.")
    return text
