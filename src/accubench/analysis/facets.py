"""Facets: how the images of a view are spread, with the filters that lead to each share of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from accubench.analysis.table_view import Filter, select_positions
from accubench.records.facets import ColumnFacet, Facets, FacetValue

__all__ = ["CONFIDENCE_BINS", "RANK_BUCKETS", "facets"]

RANK_BUCKETS: tuple[tuple[int, int | None], ...] = ((0, 0), (1, 1), (2, 4), (5, 9), (10, 99), (100, None))
"""First and last rank of each bucket; None is the last class."""
CONFIDENCE_BINS = 20
_CLASSES_LISTED = 20
_CONFIDENCES = ("predicted_confidence", "optimised_confidence")
"""Columns that confidences are counted by, the first that a table has."""


def facets(table: pl.DataFrame, *, tags: Iterable[str] = ()) -> Facets:
    """Count the images of a view by class, rank, confidence, status and tag.

    Args:
        table: The rows of the view, all pages, with the columns of a report of any kind and, where tags are to be
            counted, ``tags``.
        tags: The tags to count.

    >>> table = pl.DataFrame({
    ...     "predicted_class": [1, 1, 0],
    ...     "predicted_name": ["dog", "dog", "cat"],
    ...     "predicted_confidence": [0.6, 1.0, 0.04],
    ... })
    >>> found = facets(table)
    >>> [(each.label, each.count, each.filters) for each in found.predicted_class]
    [('dog', 2, ('predicted_class=1',)), ('cat', 1, ('predicted_class=0',))]
    >>> [(each.value, each.count) for each in found.confidence if each.count]
    [('0-0.05', 1), ('0.6-0.65', 1), ('0.95-1', 1)]
    """
    predicted, other_predicted = _classes(table, "predicted")
    annotated, other_annotated = _classes(table, "annotated")
    sure = next((name for name in _CONFIDENCES if name in table.columns), None)
    return Facets(
        count=len(table),
        predicted_class=predicted,
        other_predicted_classes=other_predicted,
        annotated_class=annotated,
        other_annotated_classes=other_annotated,
        rank=_ranks(table, "annotated_class_rank"),
        confidence=() if sure is None else _confidences(table, sure),
        status=_values(table, "status"),
        tags=_tags(table, tags),
        pair=tuple(_pair_facets(table)),
    )


def _pair_facets(table: pl.DataFrame) -> Iterator[ColumnFacet]:
    """Counts by the columns that only tables about two models have; those without a value are left out."""
    found = {
        "flip": (_values(table, "flip"), 0),
        "agreed": (_values(table, "agreed") if "flip" not in table.columns else (), 0),
        "optimised_class": _classes(table, "optimised"),
        "parent_class": _classes(table, "parent"),
        "parent_class_rank": (_ranks(table, "parent_class_rank"), 0),
    }
    for column, (values, others) in found.items():
        if values:
            yield ColumnFacet(column=column, values=values, others=others)


def _classes(table: pl.DataFrame, side: str) -> tuple[tuple[FacetValue, ...], int]:
    """The classes with the most images, and how many there are besides."""
    ids, names = f"{side}_class", f"{side}_name"
    if ids not in table.columns:
        return (), 0
    counted = table.drop_nulls(ids).group_by(ids).agg(pl.len().alias("count"), pl.col(names).first())
    listed = counted.sort("count", ids, descending=[True, False]).head(_CLASSES_LISTED)
    values = tuple(
        FacetValue(
            value=str(row[ids]),
            label=f"class {row[ids]}" if row[names] is None else row[names],
            count=row["count"],
            filters=(str(Filter(ids, "=", row[ids])),),
        )
        for row in listed.iter_rows(named=True)
    )
    return values, len(counted) - len(listed)


def _ranks(table: pl.DataFrame, column: str) -> tuple[FacetValue, ...]:
    if column not in table.columns:
        return ()
    ranks = table[column].drop_nulls()
    if not len(ranks):
        return ()
    values: list[FacetValue] = []
    for first, last in RANK_BUCKETS:
        filters = (Filter(column, ">=", first),) if last is None else _between(column, first, last)
        text = f"{first}+" if last is None else str(first) if first == last else f"{first}-{last}"
        inside = ranks >= first if last is None else ranks.is_between(first, last)
        values.append(
            FacetValue(value=text, label=text, count=int(inside.sum()), filters=tuple(str(each) for each in filters))
        )
    return tuple(values)


def _between(column: str, first: int, last: int) -> tuple[Filter, ...]:
    return (Filter(column, "=", first),) if first == last else (Filter(column, ">=", first), Filter(column, "<=", last))


def _confidences(table: pl.DataFrame, column: str) -> tuple[FacetValue, ...]:
    """Bins that include their lower edge; the first has no lower and the last no upper edge, so that none is lost."""
    confidence_n = table[column].drop_nulls().to_numpy()
    if not len(confidence_n):
        return ()
    edges = [number / CONFIDENCE_BINS for number in range(CONFIDENCE_BINS + 1)]
    counts = np.bincount(np.searchsorted(edges[1:-1], confidence_n, side="right"), minlength=CONFIDENCE_BINS)
    values: list[FacetValue] = []
    for number, count in enumerate(counts.tolist()):
        low, high = edges[number], edges[number + 1]
        filters: list[str] = []
        if number > 0:
            filters.append(str(Filter(column, ">=", low)))
        if number < CONFIDENCE_BINS - 1:
            filters.append(str(Filter(column, "<", high)))
        text = f"{low:g}-{high:g}"
        values.append(FacetValue(value=text, label=text, count=count, filters=tuple(filters)))
    return tuple(values)


def _values(table: pl.DataFrame, column: str) -> tuple[FacetValue, ...]:
    """Every value that occurs, most images first."""
    if column not in table.columns:
        return ()
    counted = table.drop_nulls(column).group_by(column).agg(pl.len().alias("count"))
    found: list[FacetValue] = []
    for value, count in counted.sort("count", column, descending=[True, False]).iter_rows():
        condition = Filter(column, "=", value)
        label = str(value).lower()
        found.append(FacetValue(value=label, label=label, count=count, filters=(str(condition),)))
    return tuple(found)


def _tags(table: pl.DataFrame, tags: Iterable[str]) -> tuple[FacetValue, ...]:
    """Counts by the very filter that they lead to: ``tags contains`` also finds a tag within a longer one."""
    values: list[FacetValue] = []
    for tag in tags:
        condition = Filter("tags", "contains", tag)
        count = len(select_positions(table, [condition]))
        if count:
            values.append(FacetValue(value=tag, label=tag, count=count, filters=(str(condition),)))
    return tuple(sorted(values, key=lambda each: (-each.count, each.value)))
