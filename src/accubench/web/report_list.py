"""What lists of images have in reports of every kind: filters, facets, sorting, pages, table or grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from accubench.errors import UsageError
from accubench.web.report_charts import Histogram, histogram
from accubench.web.report_kinds import KINDS, class_name
from accubench.web.report_parts import Column, Link, Pager, Part, pager
from accubench.web.report_query import ReportQuery, image_address, report_address
from accubench.web.report_selection import Selection
from accubench.workspace import OPERATORS, Facets, FacetValue, ViewedReport, parse_filter

__all__ = [
    "PAGE_SIZES",
    "Facet",
    "FacetLink",
    "FilterChip",
    "ImageList",
    "ListedImage",
    "facet_link",
    "image_list",
    "listed_image",
    "rows_of_page",
]

PAGE_SIZES = {"table": 50, "grid": 60}
"""Images of a page."""
Groups = Iterable[tuple[str, tuple[FacetValue, ...], int]]


class ListedImage(Part):
    """One image of a page, with what images of all kinds of reports have."""

    position: int
    """Its row in the dataset, from 0."""
    address: str
    """Where it is shown."""
    thumbnail: str
    image_name: str
    status: str
    failure: str | None
    tags: tuple[str, ...]
    verdict: str
    """Mark of the image: ``right``, ``wrong``, ``failed``, ``unknown``, or a kind of flip."""


class FilterChip(Part):
    """A filter that is in force, or was meant to be."""

    text: str
    without: str
    """Address of the view without it."""
    problem: str | None = None
    """Why it cannot be applied; it then has no effect."""


class FacetLink(Part):
    """Some of the images, with where to find exactly them."""

    label: str
    count: int
    share: float
    """Of the largest count in the facet, in percent: the length of its bar."""
    address: str
    current: bool
    """Whether the view is limited to them already; the address then lifts that."""


class Facet(Part):
    """One aspect of the images, with the values that occur."""

    name: str
    values: tuple[FacetLink, ...]
    others: int = 0
    """How many further values there are."""


class ImageList(Part):
    """One page of the images that a query selects, and everything to change the query with."""

    annotated: bool
    total: int
    """Images of the report."""
    pager: Pager
    layout: str
    layouts: tuple[Link, ...]
    columns: tuple[Column, ...]
    chips: tuple[FilterChip, ...]
    unlimited: str
    """Address of the view of all images."""
    facets: tuple[Facet, ...]
    confidence: Histogram | None
    sort: str | None
    descending: bool
    usual_order: str
    """What the order is called in which images come where nothing else is asked."""
    search: str
    filter_columns: tuple[tuple[str, str], ...]
    sort_columns: tuple[tuple[str, str], ...]
    first_filter: tuple[str, str]
    """Column and operator that the form for a new filter begins with."""
    operators: tuple[str, ...]
    tags: tuple[str, ...]
    """All tags of the dataset."""
    kept: tuple[tuple[str, str], ...]
    """Names and values that forms hand on."""
    problems: tuple[str, ...]


def image_list(report: ViewedReport[Any], selection: Selection, *, annotated: bool) -> dict[str, Any]:
    """The fields of an `ImageList`.

    Args:
        report: The report.
        selection: What of the query can be answered.
        annotated: Whether columns about the annotated class say something.
    """
    query, kind = selection.query, KINDS[report.record.kind]
    found: Facets = report.facets(**selection.limits)
    choices = tuple((name, kind.labels[name]) for name in kind.columns(annotated=annotated))
    return {
        "annotated": annotated,
        "total": len(report.images),
        "pager": _pager(report, selection),
        "layout": query.layout,
        "layouts": tuple(
            Link(
                label=layout.capitalize(),
                address=_address(report, query.having(layout=layout)),
                current=layout == query.layout,
            )
            for layout in PAGE_SIZES
        ),
        "columns": tuple(
            _column(report, selection, name) for name in kind.shown if annotated or name not in kind.annotated
        ),
        "chips": tuple(_chips(report, selection)),
        "unlimited": _address(report, query.having(filters=(), erroneous=0, q="")),
        "facets": tuple(_facets(report, query, _groups(report, found, annotated=annotated))),
        "confidence": histogram(found.confidence, lambda each: facet_link(report, query, each, 1).address),
        "sort": query.sort if query.sort == selection.sort else None,
        "descending": query.descending,
        "usual_order": kind.order_label,
        "search": query.q,
        "filter_columns": choices,
        "sort_columns": choices,
        "first_filter": kind.first_filter,
        "operators": OPERATORS,
        "tags": tuple(report.tags()),
        "kept": tuple(query.pairs(but=("page",))),
        "problems": tuple(selection.problems.values()),
    }


def rows_of_page(report: ViewedReport[Any], selection: Selection) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The page's rows, each with the fields of a `ListedImage` but its mark."""
    pages = _pager(report, selection)
    size = PAGE_SIZES[selection.query.layout]
    found = report.view(**selection.arguments, offset=max(0, pages.first - 1), limit=size)
    for position, row in zip(found.positions.tolist(), found.rows.iter_rows(named=True), strict=True):
        yield row, listed_image(report, selection.query, position, row)


def listed_image(report: ViewedReport[Any], query: ReportQuery, position: int, row: dict[str, Any]) -> dict[str, Any]:
    """The fields of a `ListedImage` but its mark."""
    return {
        "position": position,
        "address": image_address(report.id, position, query.having(page=1)),
        "thumbnail": image_address(report.id, position) + "/thumbnail.jpg",
        "tags": tuple(row["tags"].split(", ")) if row["tags"] else (),
        **{name: row[name] for name in ("image_name", "status", "failure")},
    }


def facet_link(report: ViewedReport[Any], query: ReportQuery, value: FacetValue, largest: int) -> FacetLink:
    """A value of a facet: where to find exactly its images, or where to lift that limit.

    Args:
        report: The report.
        query: The view that is counted.
        value: The value.
        largest: The facet's largest count.
    """
    current = set(value.filters) <= set(query.filters)
    then = query.without(value.filters) if current else query.adding(value.filters)
    return FacetLink(
        label=value.label,
        count=value.count,
        share=round(100 * value.count / largest, 1) if largest else 0,
        address=_address(report, then),
        current=current,
    )


def _address(report: ViewedReport[Any], query: ReportQuery) -> str:
    return report_address(report.id, query)


def _pager(report: ViewedReport[Any], selection: Selection) -> Pager:
    query = selection.query
    address_of: Callable[[int], str] = lambda number: _address(report, query.having(page=number))  # noqa: E731
    return pager(len(selection.positions), query.page, PAGE_SIZES[query.layout], address_of)


def _column(report: ViewedReport[Any], selection: Selection, name: str) -> Column:
    """A column's head: the first click sorts upwards, the second downwards, the third not at all."""
    query, kind = selection.query, KINDS[report.record.kind]
    if query.sort != name:
        state, then = "none", query.having(sort=name, descending=False)
    elif not query.descending:
        state, then = "ascending", query.having(descending=True)
    else:
        state, then = "descending", query.having(sort=None, descending=False)
    if query.sort is None and selection.sort == name:
        state = "descending" if selection.descending else "ascending"
    return Column(
        name=name, title=kind.titles[name], address=_address(report, then), sorted=state, number=name in kind.numbers
    )


def _chips(report: ViewedReport[Any], selection: Selection) -> Iterator[FilterChip]:
    query = selection.query
    for each in query.filters:
        yield FilterChip(
            text=_filter_text(report, each),
            without=_address(report, query.without([each])),
            problem=selection.problems.get(each),
        )
    if query.q:
        yield FilterChip(text=f"Text “{query.q}”", without=_address(report, query.having(q="")))
    if query.erroneous:
        text = "Erroneous" if query.erroneous == 1 else f"Annotated class not in top {query.erroneous:,}"
        yield FilterChip(
            text=text,
            without=_address(report, query.having(erroneous=0)),
            problem=selection.problems.get("erroneous"),
        )


def _filter_text(report: ViewedReport[Any], text: str) -> str:
    """A filter as people read it.

    The names of classes stand beside their ids.
    """
    try:
        found = parse_filter(text)
    except UsageError:
        return text
    label = KINDS[report.record.kind].labels.get(found.column, found.column)
    value = str(found.value)
    if value.isdecimal() and len(value) < 10:
        name = class_name(report.record, found.column, int(value))
        value = value if name is None else f"{name} ({value})"
    signs = {"!=": "≠", "<=": "≤", ">=": "≥"}
    return f"{label} {signs.get(found.operator, found.operator)} {value}"


def _groups(report: ViewedReport[Any], found: Facets, *, annotated: bool) -> Groups:
    labels = KINDS[report.record.kind].labels
    for each in found.pair:
        yield labels[each.column], tuple(value for value in each.values if value.count), each.others
    yield "Predicted class", found.predicted_class, found.other_predicted_classes
    if annotated:
        yield "Annotated class", found.annotated_class, found.other_annotated_classes
    yield "Rank of annotated class", tuple(each for each in found.rank if each.count), 0
    yield "Status", found.status, 0
    yield "Tags", found.tags, 0


def _facets(report: ViewedReport[Any], query: ReportQuery, groups: Groups) -> Iterator[Facet]:
    for name, values, others in groups:
        if values:
            largest = max(each.count for each in values)
            links = tuple(facet_link(report, query, each, largest) for each in values)
            yield Facet(name=name, values=links, others=others)
