"""The images of a report's view: table or grid, filters, facets, sorting, pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.errors import UsageError
from accubench.records.report import REPORT_COLUMNS
from accubench.web.report_charts import Histogram, histogram
from accubench.web.report_head import chosen_k
from accubench.web.report_parts import COLUMN_LABELS, Column, Link, Pager, Part, pager
from accubench.web.report_query import FILTER_COLUMNS, ReportQuery, image_address, report_address
from accubench.workspace import OPERATORS, AccuracyReport, FacetValue, parse_filter

__all__ = ["PAGE_SIZES", "ImagesView", "Selection", "images_view", "select_images"]

PAGE_SIZES = {"table": 50, "grid": 60}
"""Images of a page."""
_SHOWN_COLUMNS = (
    "image_name",
    "predicted_class",
    "annotated_class",
    "annotated_class_rank",
    "predicted_confidence",
    "annotated_confidence",
)
_NUMBERS = {"annotated_class_rank", "predicted_confidence", "annotated_confidence"}
_ANNOTATED_COLUMNS = {"annotated_class", "annotated_name", "annotated_class_rank", "annotated_confidence"}


class ImageRow(Part):
    """One image of a page."""

    position: int
    """Its row in the dataset, from 0."""
    address: str
    """Where it is shown."""
    thumbnail: str
    image_name: str
    predicted_class: int | None
    predicted_name: str | None
    annotated_class: int | None
    annotated_name: str | None
    annotated_class_rank: int | None
    predicted_confidence: float | None
    annotated_confidence: float | None
    status: str
    failure: str | None
    tags: tuple[str, ...]
    verdict: str
    """``right``, ``wrong``, ``failed``, or ``unknown`` without annotation."""


class FilterChip(Part):
    """A filter that is in force, or was meant to be."""

    text: str
    without: str
    """Address of the view without it."""
    problem: str | None = None
    """Why it cannot be applied; it then has no effect."""


class Facet(Part):
    """One aspect of the images, with the values that occur."""

    name: str
    values: tuple[FacetLink, ...]
    others: int = 0
    """How many further values there are."""


class FacetLink(Part):
    """Some of the images, with where to find exactly them."""

    label: str
    count: int
    share: float
    """Of the largest count in the facet, in percent: the length of its bar."""
    address: str
    current: bool
    """Whether the view is limited to them already; the address then lifts that."""


class ErroneousChoice(Part):
    """Limiting the view to erroneous images."""

    possible: bool
    reason: str | None
    """Why it is not possible."""
    top1: bool
    top1_count: int
    """Images of the view, without this limit, whose predicted class is not the annotated one."""
    k: int
    topk: bool
    topk_count: int
    """Images of the view, without this limit, whose annotated class is not in the top k."""


class ImagesView(Part):
    """One page of the images that a query selects, and everything to change the query with."""

    annotated: bool
    total: int
    """Images of the report."""
    pager: Pager
    layout: str
    layouts: tuple[Link, ...]
    columns: tuple[Column, ...]
    rows: tuple[ImageRow, ...]
    chips: tuple[FilterChip, ...]
    unlimited: str
    """Address of the view of all images."""
    erroneous: ErroneousChoice
    facets: tuple[Facet, ...]
    confidence: Histogram | None
    sort: str | None
    descending: bool
    search: str
    filter_columns: tuple[tuple[str, str], ...]
    sort_columns: tuple[tuple[str, str], ...]
    operators: tuple[str, ...]
    tags: tuple[str, ...]
    """All tags of the dataset."""
    kept: tuple[tuple[str, str], ...]
    """Names and values that forms hand on."""
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """The part of a query that can be answered."""

    query: ReportQuery
    """As it was asked."""
    filters: tuple[str, ...]
    """Those that can be applied, with what the view itself demands."""
    sort: str | None
    problems: dict[str, str]
    """By filter, or ``sort``: why it has no effect."""
    positions: NDArray[np.int64]
    """The images of all pages, as positions in the dataset."""

    @property
    def arguments(self) -> dict[str, Any]:
        """What the report's methods are asked with."""
        return {**self.limits, "sort": self.sort, "descending": self.query.descending and self.sort is not None}

    @property
    def limits(self) -> dict[str, Any]:
        """The same without an order."""
        return {"filters": self.filters, "erroneous": self.query.erroneous, "search": self.query.q or None}


def select_images(report: AccuracyReport, query: ReportQuery, *, strict: bool = False) -> Selection:
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
        return _selection(report, query, (*always, *query.filters), query.sort, {})
    except UsageError:
        if strict:
            raise
    problems: dict[str, str] = {}
    for each in query.filters:
        try:
            report.positions((each,))
        except UsageError as error:
            problems[each] = str(error)
    sort = query.sort
    try:
        report.positions(sort=sort)
    except UsageError as error:
        problems["sort"], sort = str(error), None
    filters = tuple(each for each in query.filters if each not in problems)
    return _selection(report, query, (*always, *filters), sort, problems)


def _selection(
    report: AccuracyReport, query: ReportQuery, filters: tuple[str, ...], sort: str | None, problems: dict[str, str]
) -> Selection:
    positions = report.positions(
        filters,
        erroneous=query.erroneous,
        search=query.q or None,
        sort=sort,
        descending=query.descending and sort is not None,
    )
    return Selection(query=query, filters=filters, sort=sort, problems=problems, positions=positions)


def images_view(report: AccuracyReport, query: ReportQuery, *, strict: bool = False) -> ImagesView:
    """Make the view of images.

    Args:
        report: The report.
        query: What is asked.
        strict: Refuse a query that can be answered only in part.

    Raises:
        UsageError: As for `select_images`.
    """
    selection = select_images(report, query, strict=strict)
    size = PAGE_SIZES[query.layout]
    pages = pager(
        len(selection.positions), query.page, size, lambda number: _address(report, query.having(page=number))
    )
    found = report.view(**selection.arguments, offset=max(0, pages.first - 1), limit=size)
    here = query.having(page=pages.page)
    rows = zip(found.positions.tolist(), found.rows.iter_rows(named=True), strict=True)
    facets = report.facets(**selection.limits)
    annotated = report.record.mapping is not None
    return ImagesView(
        annotated=annotated,
        total=len(report.images),
        pager=pages,
        layout=query.layout,
        layouts=tuple(
            Link(
                label=layout.capitalize(),
                address=_address(report, query.having(layout=layout)),
                current=layout == query.layout,
            )
            for layout in PAGE_SIZES
        ),
        columns=tuple(_column(report, query, name) for name in _SHOWN_COLUMNS if annotated or not _needs(name)),
        rows=tuple(_row(report, here, position, row) for position, row in rows),
        chips=_chips(report, selection),
        unlimited=_address(report, query.having(filters=(), erroneous=0, q="")),
        erroneous=_erroneous(report, selection),
        facets=_facets(report, selection, facets),
        confidence=histogram(facets.confidence, lambda each: _facet_link(report, query, each, 1).address),
        sort=selection.sort,
        descending=query.descending,
        search=query.q,
        filter_columns=_choices(annotated=annotated),
        sort_columns=_choices(annotated=annotated),
        operators=OPERATORS,
        tags=tuple(report.tags()),
        kept=tuple(query.pairs(but=("page",))),
        problems=tuple(selection.problems.values()),
    )


def _address(report: AccuracyReport, query: ReportQuery) -> str:
    return report_address(report.id, query)


def _needs(column: str) -> bool:
    """Whether a column says something only with annotations."""
    return column in _ANNOTATED_COLUMNS


def _choices(*, annotated: bool) -> tuple[tuple[str, str], ...]:
    return tuple((name, COLUMN_LABELS[name]) for name in FILTER_COLUMNS if annotated or not _needs(name))


def _column(report: AccuracyReport, query: ReportQuery, name: str) -> Column:
    """A column's head: the first click sorts upwards, the second downwards, the third not at all."""
    if query.sort != name:
        state, then = "none", query.having(sort=name, descending=False)
    elif not query.descending:
        state, then = "ascending", query.having(descending=True)
    else:
        state, then = "descending", query.having(sort=None, descending=False)
    title = REPORT_COLUMNS[name][1]
    return Column(name=name, title=title, address=_address(report, then), sorted=state, number=name in _NUMBERS)


def _row(report: AccuracyReport, query: ReportQuery, position: int, row: dict[str, Any]) -> ImageRow:
    return ImageRow(
        position=position,
        address=image_address(report.id, position, query.having(page=1)),
        thumbnail=image_address(report.id, position) + "/thumbnail.jpg",
        tags=tuple(row["tags"].split(", ")) if row["tags"] else (),
        verdict=_verdict(row),
        **{name: row[name] for name in _SHOWN_COLUMNS},
        **{name: row[name] for name in ("predicted_name", "annotated_name", "status", "failure")},
    )


def _verdict(row: dict[str, Any]) -> str:
    if row["status"] == "failed":
        return "failed"
    if row["annotated_class_rank"] is None:
        return "unknown"
    return "right" if row["annotated_class_rank"] == 0 else "wrong"


def _chips(report: AccuracyReport, selection: Selection) -> tuple[FilterChip, ...]:
    query = selection.query
    chips = [
        FilterChip(
            text=_filter_text(report, each),
            without=_address(report, query.without([each])),
            problem=selection.problems.get(each),
        )
        for each in query.filters
    ]
    if query.q:
        chips.append(FilterChip(text=f"Text “{query.q}”", without=_address(report, query.having(q=""))))
    if query.erroneous:
        text = "Erroneous" if query.erroneous == 1 else f"Annotated class not in top {query.erroneous:,}"
        chips.append(FilterChip(text=text, without=_address(report, query.having(erroneous=0))))
    return tuple(chips)


def _filter_text(report: AccuracyReport, text: str) -> str:
    """A filter as people read it.

    The names of classes stand beside their ids.
    """
    try:
        found = parse_filter(text)
    except UsageError:
        return text
    label = COLUMN_LABELS.get(found.column, found.column)
    value = str(found.value)
    if found.column in {"predicted_class", "annotated_class"} and value.isdecimal() and len(value) < 10:
        name = report.record.class_name(int(value))
        value = value if name is None else f"{name} ({value})"
    signs = {"!=": "≠", "<=": "≤", ">=": "≥"}
    return f"{label} {signs.get(found.operator, found.operator)} {value}"


def _erroneous(report: AccuracyReport, selection: Selection) -> ErroneousChoice:
    query, k = selection.query, chosen_k(report, selection.query)
    k = query.erroneous if query.erroneous > 1 else k
    possible = bool(report.record.summary.top_k)
    reason = "No image is annotated, so none is known to be erroneous." if report.record.summary.n else None
    return ErroneousChoice(
        possible=possible,
        reason=None if possible else reason or "All images failed, so none is known to be erroneous.",
        top1=query.erroneous > 0,
        top1_count=_erroneous_count(report, selection, 1) if possible else 0,
        k=k,
        topk=query.erroneous > 1,
        topk_count=_erroneous_count(report, selection, k) if possible and k > 1 else 0,
    )


def _erroneous_count(report: AccuracyReport, selection: Selection, k: int) -> int:
    """How many images there would be if the view were limited to those not in the top k."""
    shown = selection.query.erroneous
    if shown > k or report.interim:
        limits: dict[str, Any] = selection.limits
        return len(report.positions(**{**limits, "erroneous": k}))
    # Counting among the rows that were found already takes a fraction of searching again.
    return int((report.images["annotated_class_rank"].gather(selection.positions) >= max(k, shown)).sum())


def _facets(report: AccuracyReport, selection: Selection, found: Any) -> tuple[Facet, ...]:
    groups = (
        ("Predicted class", found.predicted_class, found.other_predicted_classes),
        ("Annotated class", found.annotated_class, found.other_annotated_classes),
        ("Rank of annotated class", tuple(each for each in found.rank if each.count), 0),
        ("Status", found.status, 0),
        ("Tags", found.tags, 0),
    )
    return tuple(
        Facet(
            name=name,
            others=others,
            values=tuple(
                _facet_link(report, selection.query, each, max(other.count for other in values)) for each in values
            ),
        )
        for name, values, others in groups
        if values
    )


def _facet_link(report: AccuracyReport, query: ReportQuery, value: FacetValue, largest: int) -> FacetLink:
    current = set(value.filters) <= set(query.filters)
    then = query.without(value.filters) if current else query.adding(value.filters)
    return FacetLink(
        label=value.label,
        count=value.count,
        share=round(100 * value.count / largest, 1) if largest else 0,
        address=_address(report, then),
        current=current,
    )


Facet.model_rebuild()
