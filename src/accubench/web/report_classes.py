"""How well every class does: a table to sort and search, each class with the way to its images."""

from __future__ import annotations

import polars as pl

from accubench.errors import UsageError
from accubench.web.report_parts import Column, Pager, Part, pager
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_shelf import ShelvedReport
from accubench.workspace import AccuracyReport

__all__ = ["ClassesView", "class_table", "classes_view"]

_PAGE_SIZE = 50
_COLUMNS: dict[str, str] = {
    "class_id": "Class",
    "support": "Annotated images",
    "predicted": "Predicted images",
    "right": "Right",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
}
_ALSO_SORTABLE = ("class_name", "recall_low", "recall_high")


class ClassRow(Part):
    """One class; shares are None where their denominator is 0."""

    class_id: int
    class_name: str | None
    support: int
    predicted: int
    right: int
    precision: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    f1: float
    interval_x: float
    """Where the interval's bar begins, in percent of its box."""
    interval_width: float
    recall_x: float
    annotated_address: str
    """Images annotated with the class."""
    predicted_address: str
    """Images predicted as the class."""
    missed_address: str
    """Images annotated with the class and predicted as another."""


class ClassesView(Part):
    """One page of the classes that a query selects."""

    annotated: bool
    total: int
    """Classes that occur in the report."""
    pager: Pager
    columns: tuple[Column, ...]
    rows: tuple[ClassRow, ...]
    search: str
    support: int
    kept: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


def classes_view(shelved: ShelvedReport[AccuracyReport], query: ReportQuery, *, strict: bool = False) -> ClassesView:
    """Make the view of classes.

    Args:
        shelved: The report.
        query: Text to search for, least support, order and page.
        strict: Refuse an order that is not possible.

    Raises:
        UsageError: `strict`, and the order is not possible.
    """
    problems: tuple[str, ...] = ()
    try:
        table = class_table(shelved, query)
    except UsageError as error:
        if strict:
            raise
        problems, query = (str(error),), query.having(sort=None, descending=False)
        table = class_table(shelved, query)
    report_id = shelved.report.id
    pages = pager(
        len(table), query.page, _PAGE_SIZE, lambda number: report_address(report_id, query.having(page=number))
    )
    page = table.slice(max(0, pages.first - 1), _PAGE_SIZE)
    return ClassesView(
        annotated=shelved.report.record.mapping is not None,
        total=len(_all_classes(shelved)),
        pager=pages,
        columns=tuple(_column(report_id, query, name) for name in _COLUMNS),
        rows=tuple(_row(report_id, query, row) for row in page.iter_rows(named=True)),
        search=query.q,
        support=query.support,
        kept=tuple(query.pairs(but=("q", "support", "page"))),
        problems=problems,
    )


def class_table(shelved: ShelvedReport[AccuracyReport], query: ReportQuery) -> pl.DataFrame:
    """All classes that a query selects, in its order; the weakest first by default.

    Raises:
        UsageError: The order is not possible.
    """
    table = _all_classes(shelved)
    if query.sort is not None and query.sort not in (*_COLUMNS, *_ALSO_SORTABLE):
        columns = ", ".join((*_COLUMNS, *_ALSO_SORTABLE))
        raise UsageError(f"Classes cannot be sorted by '{query.sort}', but by {columns}.")
    if query.support:
        table = table.filter(pl.col("support") >= query.support)
    if query.q:
        named = pl.col("class_name").str.to_lowercase().str.contains(query.q.lower(), literal=True)
        table = table.filter(named.fill_null(value=False) | (pl.col("class_id").cast(pl.String) == query.q))
    if query.sort is None:
        return table.sort("recall", "support", "class_id", descending=[False, True, False], nulls_last=True)
    return table.sort(query.sort, "class_id", descending=[query.descending, False], nulls_last=True)


def _all_classes(shelved: ShelvedReport[AccuracyReport]) -> pl.DataFrame:
    return shelved.derived("classes", lambda report: report.per_class())


def _column(report_id: str, query: ReportQuery, name: str) -> Column:
    """A column's head; numbers sort upwards first, because weak classes are what one looks for."""
    if query.sort != name:
        state, then = "none", query.having(sort=name, descending=False)
    elif not query.descending:
        state, then = "ascending", query.having(descending=True)
    else:
        state, then = "descending", query.having(sort=None, descending=False)
    address = report_address(report_id, then)
    return Column(name=name, title=_COLUMNS[name], address=address, sorted=state, number=name != "class_id")


def _row(report_id: str, query: ReportQuery, row: dict[str, object]) -> ClassRow:
    def images(*filters: str, erroneous: int = 0) -> str:
        return report_address(report_id, ReportQuery(filters=filters, erroneous=erroneous, k=query.k))

    class_id = row["class_id"]
    low, high, recall = (_share(row[name]) for name in ("recall_low", "recall_high", "recall"))
    return ClassRow.model_validate(
        {
            **row,
            "interval_x": round(100 * low, 2),
            "interval_width": round(100 * (high - low), 2),
            "recall_x": round(100 * recall, 2),
            "annotated_address": images(f"annotated_class={class_id}"),
            "predicted_address": images(f"predicted_class={class_id}"),
            "missed_address": images(f"annotated_class={class_id}", erroneous=1),
        }
    )


def _share(value: object) -> float:
    return value if isinstance(value, float) else 0.0
