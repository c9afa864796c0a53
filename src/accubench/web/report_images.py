"""The images of an accuracy report's view."""

from __future__ import annotations

from typing import Any

from accubench.web.report_head import chosen_k
from accubench.web.report_list import ImageList, ListedImage, image_list, rows_of_page
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery
from accubench.web.report_selection import Selection, select_images
from accubench.workspace import AccuracyReport

__all__ = ["ImagesView", "images_view"]

_CELLS = (
    "predicted_class",
    "predicted_name",
    "annotated_class",
    "annotated_name",
    "annotated_class_rank",
    "predicted_confidence",
    "annotated_confidence",
)


class ImageRow(ListedImage):
    """One image of a page."""

    predicted_class: int | None
    predicted_name: str | None
    annotated_class: int | None
    annotated_name: str | None
    annotated_class_rank: int | None
    predicted_confidence: float | None
    annotated_confidence: float | None


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


class ImagesView(ImageList):
    """One page of the images that a query selects, and everything to change the query with."""

    rows: tuple[ImageRow, ...]
    erroneous: ErroneousChoice


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
    return ImagesView(
        **image_list(report, selection, annotated=report.record.mapping is not None),
        rows=tuple(
            ImageRow(**listed, verdict=_verdict(row), **{name: row[name] for name in _CELLS})
            for row, listed in rows_of_page(report, selection)
        ),
        erroneous=_erroneous(report, selection),
    )


def _verdict(row: dict[str, Any]) -> str:
    if row["status"] == "failed":
        return "failed"
    if row["annotated_class_rank"] is None:
        return "unknown"
    return "right" if row["annotated_class_rank"] == 0 else "wrong"


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
