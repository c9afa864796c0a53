"""Which images a view's query selects, and what of the query cannot be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.errors import UsageError
from accubench.web.report_kinds import KINDS
from accubench.web.report_query import ReportQuery
from accubench.web.report_shelf import ShelvedReport
from accubench.workspace import DistanceReport, ViewedReport

__all__ = ["Selection", "looked_at", "select_images"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """The part of a query that can be answered."""

    query: ReportQuery
    """As it was asked."""
    filters: tuple[str, ...]
    """Those that can be applied, with what the view itself demands."""
    erroneous: int
    """The limit to erroneous images where it can be applied, else 0."""
    sort: str | None
    """Column of the order, also of the one that is usual where nothing is asked."""
    descending: bool
    problems: dict[str, str]
    """By filter, ``erroneous`` or ``sort``: why it has no effect."""
    positions: NDArray[np.int64]
    """The images of all pages, as positions in the dataset."""

    @property
    def arguments(self) -> dict[str, Any]:
        """What the report's methods are asked with."""
        return {**self.limits, "sort": self.sort, "descending": self.descending}

    @property
    def limits(self) -> dict[str, Any]:
        """The same without an order."""
        return {"filters": self.filters, "erroneous": self.erroneous, "search": self.query.q or None}


def looked_at(shelved: ShelvedReport[Any], query: ReportQuery) -> ViewedReport[Any]:
    """The report with the output that a query asks for.

    Raises:
        UsageError: A tensor distance has no such output.
    """
    report = shelved.report
    if not isinstance(report, DistanceReport) or query.output in {"", report.output}:
        return report
    return shelved.derived(f"output {query.output}", lambda _: report.of_output(query.output))


def select_images(report: ViewedReport[Any], query: ReportQuery, *, strict: bool = False) -> Selection:
    """Sort out what of a query can be answered.

    Args:
        report: The report.
        query: What is asked.
        strict: Refuse a query that can be answered only in part.

    Raises:
        UsageError: `strict`, and a filter or the order is not possible.
    """
    always = ("status=failed",) if query.view == "failed" else ()
    try:
        return _selection(report, query, (*always, *query.filters), query.erroneous, query.sort, {})
    except UsageError:
        if strict:
            raise
    problems: dict[str, str] = {}
    for each in query.filters:
        try:
            report.positions((each,))
        except UsageError as error:
            problems[each] = str(error)
    erroneous, sort = query.erroneous, query.sort
    try:
        report.positions(erroneous=erroneous)
    except UsageError as error:
        problems["erroneous"], erroneous = str(error), 0
    try:
        report.positions(sort=sort)
    except UsageError as error:
        problems["sort"], sort = str(error), None
    filters = tuple(each for each in query.filters if each not in problems)
    return _selection(report, query, (*always, *filters), erroneous, sort, problems)


def _selection(  # noqa: PLR0917 - the parts of a query
    report: ViewedReport[Any],
    query: ReportQuery,
    filters: tuple[str, ...],
    erroneous: int,
    sort: str | None,
    problems: dict[str, str],
) -> Selection:
    order = KINDS[report.record.kind].order
    column, descending = (order or (None, False)) if sort is None else (sort, query.descending)
    positions = report.positions(
        filters, erroneous=erroneous, search=query.q or None, sort=column, descending=descending
    )
    return Selection(
        query=query,
        filters=filters,
        erroneous=erroneous,
        sort=column,
        descending=descending,
        problems=problems,
        positions=positions,
    )
