"""From the fields of a page's forms to the address of the view that they ask for.

Forms work without scripts: they hand on the whole query and a few fields of their own, and are sent on to the one
address that the view has. What a person cannot have meant is left out rather than refused.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar, cast, get_args

from starlette.datastructures import QueryParams

from accubench.records.any_report import AnyReport
from accubench.records.report import Report
from accubench.web.report_confusion import class_of_text
from accubench.web.report_kinds import KINDS
from accubench.web.report_query import (
    LARGEST_NUMBER,
    MOST_FILTERS,
    Layout,
    ReportQuery,
    ViewName,
    canonical_filter,
    new_filter,
)

__all__ = ["changed_query"]


T = TypeVar("T", bound=str)


def changed_query(report: AnyReport, form: QueryParams) -> ReportQuery:
    """The query that a form asks for.

    Besides the parts of a query a form may have ``column``, ``operator`` and ``value`` (a filter to add),
    ``not_in_top_k`` and ``was_erroneous`` (the second box of the choice of erroneous images, and what both were),
    ``order`` (a column to sort by, with a minus before it for the greatest first), ``add_class``.

    Args:
        report: Whose classes are meant.
        form: The fields.

    Raises:
        UsageError: ``add_class`` names no class, or several.
    """
    query = ReportQuery(
        view=_one_of(form.get("view"), get_args(ViewName), "images"),
        filters=tuple(dict.fromkeys(canonical_filter(each) for each in form.getlist("filter") if each.strip())),
        erroneous=_erroneous(form),
        q=form.get("q", "").strip(),
        support=_number(form.get("support"), least=0) or 0,
        classes=_classes(report, form) if isinstance(report, Report) else (),
        sort=form.get("sort") or None,
        descending=_is_on(form.get("descending")) and bool(form.get("sort")),
        layout=_one_of(form.get("layout"), get_args(Layout), "table"),
        k=_number(form.get("k"), least=1),
        output=form.get("output", ""),
    )
    return _with_new_filter(_with_order(query, form), form, KINDS[report.kind].titles)


def _with_new_filter(query: ReportQuery, form: QueryParams, columns: Collection[str]) -> ReportQuery:
    column, value = form.get("column", ""), form.get("value", "")
    if column not in columns or not value.strip() or len(query.filters) >= MOST_FILTERS:
        return query
    return query.adding([canonical_filter(new_filter(column, form.get("operator", "="), value))])


def _with_order(query: ReportQuery, form: QueryParams) -> ReportQuery:
    order = form.get("order")
    if order is None:
        return query
    return query.having(sort=order.removeprefix("-") or None, descending=order.startswith("-"))


def _erroneous(form: QueryParams) -> int:
    """The limit that two boxes ask for: erroneous at all, and besides not in the top k.

    The second contains the first, so what was changed decides where they disagree.
    """
    before = _number(form.get("was_erroneous"), least=0)
    first, second = _number(form.get("erroneous"), least=0) or 0, _number(form.get("not_in_top_k"), least=1) or 0
    if before is None or not second:
        return first
    return second if first or before == 0 else 0


def _classes(report: Report, form: QueryParams) -> tuple[int, ...]:
    given = [_number(each, least=0) for each in form.getlist("class")]
    chosen = [each for each in given if each is not None and each < report.class_count]
    if form.get("add_class", "").strip():
        # In front: a matrix shows only so many.
        chosen.insert(0, class_of_text(report, form.get("add_class", "")))
    return tuple(dict.fromkeys(chosen))[:MOST_FILTERS]


def _number(text: str | None, *, least: int) -> int | None:
    """The text as a whole number within bounds; None where it is none."""
    trimmed = (text or "").strip()
    if not trimmed.isascii() or not trimmed.isdecimal() or len(trimmed) > 10:
        return None
    return min(LARGEST_NUMBER, max(least, int(trimmed)))


def _is_on(text: str | None) -> bool:
    return (text or "").lower() in {"1", "true", "on", "yes"}


def _one_of(text: str | None, known: tuple[T, ...], usual: T) -> T:
    return cast("T", text) if text in known else usual
