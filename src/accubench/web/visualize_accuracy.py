"""One image of an accuracy report: the top predictions of its model."""

from __future__ import annotations

from typing import Literal

from accubench.records.image_detail import ImageDetail
from accubench.web.report_head import chosen_k
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.visualize_frame import ImageFrame, Looked, image_frame
from accubench.workspace import AccuracyReport

__all__ = ["AccuracyImagePage", "accuracy_image_page"]


class Prediction(Part):
    """One of the classes with the highest scores, as a bar."""

    rank: int
    class_id: int
    name: str | None
    confidence: float
    width: float
    """Length of its bar, in percent."""
    annotated: bool
    address: str
    """The report's images that are predicted as this class."""


class AccuracyImagePage(ImageFrame):
    """One image of an accuracy report."""

    kind: Literal["accuracy"] = "accuracy"
    detail: ImageDetail
    predictions: tuple[Prediction, ...]
    annotated: bool


def accuracy_image_page(report: AccuracyReport, detail: ImageDetail, looked: Looked) -> AccuracyImagePage:
    """Make the page of one image.

    Args:
        report: The report.
        detail: The image.
        looked: The view that it was reached from.
    """
    return AccuracyImagePage(
        **image_frame(
            looked,
            detail.row.image_name,
            detail.picture_failure,
            verdict=_verdict(detail),
            sentence=_sentence(detail, chosen_k(report, looked.query)),
        ),
        detail=detail,
        predictions=_predictions(report, detail),
        annotated=report.record.mapping is not None,
    )


def _verdict(detail: ImageDetail) -> str:
    if detail.row.status == "failed":
        return "failed"
    if detail.row.annotated_class_rank is None:
        return "unknown"
    return "right" if detail.row.annotated_class_rank == 0 else "wrong"


def _sentence(detail: ImageDetail, k: int) -> str:
    rank = detail.row.annotated_class_rank
    if detail.row.status == "failed":
        return "The image could not be evaluated."
    if rank is None:
        return "The image is not annotated, so nobody knows whether the prediction is right."
    if rank == 0:
        return "Right: the predicted class is the annotated one."
    where = f"{rank:,} {'class' if rank == 1 else 'classes'} scored higher than the annotated one"
    return f"Wrong: {where}, so it {'is' if rank < k else 'is not'} in the top {k:,}."


def _predictions(report: AccuracyReport, detail: ImageDetail) -> tuple[Prediction, ...]:
    return tuple(
        Prediction(
            rank=each.rank,
            class_id=each.class_id,
            name=each.name,
            confidence=each.confidence,
            width=round(max(0.4, 100 * each.confidence), 2),
            annotated=each.annotated,
            address=report_address(report.id, ReportQuery(filters=(f"predicted_class={each.class_id}",))),
        )
        for each in detail.top
    )
