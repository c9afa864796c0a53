"""The images of a comparison's view: what both models predict, and what kind of flip it is."""

from __future__ import annotations

from typing import Any

from accubench.records.facets import FacetValue
from accubench.web.report_list import FacetLink, ImageList, ListedImage, image_list, rows_of_page
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_selection import Selection, select_images
from accubench.workspace import ComparisonReport

__all__ = ["FLIP_MEANINGS", "ComparedImages", "compared_images", "mark_of"]

FLIP_MEANINGS = {
    "broken": "right by the parent, wrong by the optimised model",
    "fixed": "wrong by the parent, right by the optimised model",
    "moved": "wrong by both models, with another class each",
    "changed": "another class by each model; not annotated, so nobody knows which is right",
}
_QUICK = ("agreed=false", *(f"flip={flip}" for flip in FLIP_MEANINGS))
_CELLS = (
    "flip",
    "optimised_class",
    "optimised_name",
    "parent_class",
    "parent_name",
    "annotated_class",
    "annotated_name",
    "parent_class_rank",
    "optimised_confidence",
    "optimised_confidence_in_parent_class",
    "parent_confidence",
    "optimised_annotated_rank",
    "parent_annotated_rank",
)


class ComparedRow(ListedImage):
    """One image of a page."""

    flip: str | None
    optimised_class: int | None
    optimised_name: str | None
    parent_class: int | None
    parent_name: str | None
    annotated_class: int | None
    annotated_name: str | None
    parent_class_rank: int | None
    optimised_confidence: float | None
    optimised_confidence_in_parent_class: float | None
    parent_confidence: float | None
    optimised_annotated_rank: int | None
    parent_annotated_rank: int | None


class ComparedImages(ImageList):
    """One page of the images that a query selects, and everything to change the query with."""

    rows: tuple[ComparedRow, ...]
    limits: tuple[FacetLink, ...]
    """All images, only flips, and each kind of flip, with how many of the otherwise limited view they are."""


def compared_images(report: ComparisonReport, query: ReportQuery, *, strict: bool = False) -> ComparedImages:
    """Make the view of images.

    Args:
        report: The report.
        query: What is asked.
        strict: Refuse a query that can be answered only in part.

    Raises:
        UsageError: As for `select_images`.
    """
    selection = select_images(report, query, strict=strict)
    return ComparedImages(
        **image_list(report, selection, annotated=_annotated(report)),
        rows=tuple(
            ComparedRow(**listed, verdict=mark_of(row), **{name: row[name] for name in _CELLS})
            for row, listed in rows_of_page(report, selection)
        ),
        limits=_limits(report, selection),
    )


def mark_of(row: dict[str, Any]) -> str:
    """The mark of an image: its kind of flip, else ``right`` or ``wrong`` by both, ``unknown`` or ``failed``."""
    if row["status"] == "failed":
        return "failed"
    if row["flip"] is not None:
        return row["flip"]
    if row["optimised_annotated_rank"] is None:
        return "unknown"
    return "right" if row["optimised_annotated_rank"] == 0 else "wrong"


def _limits(report: ComparisonReport, selection: Selection) -> tuple[FacetLink, ...]:
    """Links to kinds of flips, each in place of the others."""
    query = selection.query
    limits = {**selection.limits, "filters": tuple(each for each in selection.filters if each not in _QUICK)}
    found = report.facets(**limits)
    flips = next((each.values for each in found.pair if each.column == "flip"), ())
    counts = {each.value: each.count for each in flips}
    total = sum(counts.values())
    values = [FacetValue(value="agreed", label="Only flips", count=total, filters=("agreed=false",))]
    values += [
        FacetValue(value=flip, label=flip.capitalize(), count=counts.get(flip, 0), filters=(f"flip={flip}",))
        for flip in _kinds_shown(report, counts)
    ]
    return (
        _limit(report, query, FacetValue(value="", label="All", count=found.count, filters=()), found.count),
        *(_limit(report, query, each, total) for each in values),
    )


def _kinds_shown(report: ComparisonReport, counts: dict[str, int]) -> tuple[str, ...]:
    """Kinds to choose from: without any annotation there is only one, and that is all flips."""
    if not _annotated(report):
        return ()
    return ("broken", "fixed", "moved", *(["changed"] if counts.get("changed") else []))


def _annotated(report: ComparisonReport) -> bool:
    return report.record.summary.outcomes is not None or report.record.summary.labelled_flips is not None


def _limit(report: ComparisonReport, query: ReportQuery, value: FacetValue, largest: int) -> FacetLink:
    then = query.without(_QUICK).adding(value.filters)
    return FacetLink(
        label=value.label,
        count=value.count,
        share=round(100 * value.count / largest, 1) if largest else 0,
        address=report_address(report.id, then),
        current={each for each in query.filters if each in _QUICK} == set(value.filters),
    )
