"""The address of a report's view: what is looked at, in which order, on which page.

The address is the state: reading it and writing it again gives the same, in one order, with what is usual left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlencode

from fastapi import Depends, Query

from accubench.analysis.table_view import Operator
from accubench.errors import UsageError
from accubench.workspace import OPERATORS, Filter, parse_filter

__all__ = [
    "LARGEST_NUMBER",
    "MOST_FILTERS",
    "Layout",
    "ReportQuery",
    "ReportQueryDependency",
    "ViewName",
    "canonical_filter",
    "image_address",
    "new_filter",
    "report_address",
]

ViewName = Literal["images", "classes", "confusion", "calibration", "speed", "outputs", "failed", "details", "history"]
"""Views of reports of all kinds; which of them a kind has, `KINDS` says."""
Layout = Literal["table", "grid"]
LARGEST_NUMBER = 2**31 - 1
"""No count, rank or page is larger."""
MOST_FILTERS = 64
"""More than a person adds; those of a confusion matrix's last cell fit in."""
_LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """What an address asks of a report; the defaults are what an address without a query shows.

    >>> query = ReportQuery(filters=("predicted_confidence<0.5",), erroneous=1, page=3)
    >>> query.text()
    'filter=predicted_confidence%3C0.5&erroneous=1&page=3'
    >>> query.having(sort="image_name").text()
    'filter=predicted_confidence%3C0.5&erroneous=1&sort=image_name'
    """

    view: ViewName = "images"
    filters: tuple[str, ...] = ()
    """As `parse_filter` reads them; those that it cannot read are kept as they were written."""
    erroneous: int = 0
    """Only images whose annotated class is not in the top this many; 0 for all."""
    q: str = ""
    """Text that the image's name or a class name contains."""
    support: int = 0
    """Only classes with at least this many annotated images."""
    classes: tuple[int, ...] = ()
    """Classes of the confusion matrix; empty for those that are most confused."""
    sort: str | None = None
    descending: bool = False
    layout: Layout = "table"
    k: int | None = None
    """The k of the top-k accuracy; None for the report's own."""
    output: str = ""
    """The output whose distances are looked at; empty for that of class scores."""
    page: int = 1

    def having(self, **changes: Any) -> Self:
        """The query with some parts changed; it starts at the first page again unless a page is given."""
        return replace(self, **({"page": 1} | changes))

    def adding(self, filters: Iterable[str]) -> Self:
        """The query with filters added that it does not have yet."""
        more = (each for each in dict.fromkeys(filters) if each not in self.filters)
        return self.having(filters=(*self.filters, *more))

    def without(self, filters: Iterable[str]) -> Self:
        """The query without these filters."""
        gone = set(filters)
        return self.having(filters=tuple(each for each in self.filters if each not in gone))

    def text(self) -> str:
        """The query string: parts in one order, without what is usual."""
        return urlencode(list(self.pairs()), quote_via=quote, safe="")

    def pairs(self, *, but: Iterable[str] = ()) -> Iterable[tuple[str, str]]:
        """Names and values of the parts that are not usual, as an address or a form has them.

        Args:
            but: Names to leave out.
        """
        left_out = set(but)
        for field in fields(self):
            name = "filter" if field.name == "filters" else "class" if field.name == "classes" else field.name
            value = getattr(self, field.name)
            if name in left_out or value == field.default:
                continue
            for each in value if isinstance(value, tuple) else (value,):
                yield name, "1" if each is True else str(each)


def report_address(report_id: str, query: ReportQuery | None = None, *, suffix: str = "") -> str:
    """Where a view of a report is.

    >>> report_address("r-1", ReportQuery(view="classes"))
    '/reports/r-1?view=classes'
    """
    return _with_query(f"/reports/{quote(report_id, safe='')}{suffix}", query)


def image_address(report_id: str, position: int, query: ReportQuery | None = None) -> str:
    """Where one image of a view is shown."""
    return report_address(report_id, query, suffix=f"/images/{position}")


def _with_query(path: str, query: ReportQuery | None) -> str:
    text = "" if query is None else query.text()
    return f"{path}?{text}" if text else path


def canonical_filter(text: str) -> str:
    """A filter in its one spelling; what cannot be read stays as it is.

    >>> canonical_filter(" predicted_confidence ==  0.5")
    'predicted_confidence=0.5'
    >>> canonical_filter("nonsense")
    'nonsense'
    """
    try:
        return str(parse_filter(text))
    except UsageError:
        return text


def new_filter(column: str, operator: str, value: str) -> str:
    """A filter put together from the three fields of a form."""
    known: dict[str, Operator] = {each: each for each in OPERATORS}
    return str(Filter(column, known.get(operator, "="), value.strip()))


Number = Annotated[int, Query(ge=0, le=LARGEST_NUMBER)]
Text = Annotated[str, Query(max_length=_LONGEST_TEXT)]


def _report_query(
    *,
    view: Annotated[ViewName, Query(description="Which view of the report.")] = "images",
    filters: Annotated[
        list[Text] | None,
        Query(alias="filter", max_length=MOST_FILTERS, description="Condition such as predicted_confidence<0.5."),
    ] = None,
    erroneous: Annotated[
        int,
        Query(ge=0, le=LARGEST_NUMBER, description="Only images whose annotated class is not in the top this many."),
    ] = 0,
    q: Annotated[str, Query(max_length=_LONGEST_TEXT, description="Text to search for in names.")] = "",
    support: Annotated[
        int, Query(ge=0, le=LARGEST_NUMBER, description="Only classes with at least this many annotated images.")
    ] = 0,
    classes: Annotated[
        list[Number] | None,
        Query(alias="class", max_length=MOST_FILTERS, description="Classes of the confusion matrix."),
    ] = None,
    sort: Annotated[str | None, Query(max_length=_LONGEST_TEXT, description="Column to sort by.")] = None,
    descending: Annotated[bool, Query(description="Greatest value first.")] = False,
    layout: Annotated[Layout, Query(description="How images are laid out.")] = "table",
    k: Annotated[int | None, Query(ge=1, le=LARGEST_NUMBER, description="The k of the top-k accuracy.")] = None,
    output: Annotated[str, Query(max_length=_LONGEST_TEXT, description="Output whose distances are looked at.")] = "",
    page: Annotated[int, Query(ge=1, le=LARGEST_NUMBER, description="Page of the rows, from 1.")] = 1,
) -> ReportQuery:
    """The query of a request's address."""
    return ReportQuery(
        view=view,
        filters=tuple(dict.fromkeys(canonical_filter(each) for each in filters or ())),
        erroneous=erroneous,
        q=q.strip(),
        support=support,
        classes=tuple(dict.fromkeys(classes or ())),
        sort=sort or None,
        descending=descending and bool(sort),
        layout=layout,
        k=k,
        output=output,
        page=page,
    )


ReportQueryDependency = Annotated[ReportQuery, Depends(_report_query)]
"""Annotate a handler's parameter with this to be given the query of the address."""
