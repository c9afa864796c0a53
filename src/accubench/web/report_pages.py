"""The page of a report of any kind, put together: head, and the view that is looked at."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator

from accubench.errors import ReportNotFoundError
from accubench.web.comparison_pages import ComparisonPage, ComparisonViews, comparison_page
from accubench.web.distance_pages import DistancePage, DistanceViews, distance_page
from accubench.web.job_view import JobView
from accubench.web.report_calibration import CalibrationView, calibration_view
from accubench.web.report_classes import ClassesView, classes_view
from accubench.web.report_confusion import ConfusionView, confusion_view
from accubench.web.report_details import DetailsView, HistoryView, details_view, history_view
from accubench.web.report_files import check_view
from accubench.web.report_frame import ReportFrame, awaited_frame, frame, job_of
from accubench.web.report_head import ReportHead, report_head
from accubench.web.report_images import ImagesView, images_view
from accubench.web.report_kinds import KINDS
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery
from accubench.web.report_selection import looked_at
from accubench.web.report_shelf import ShelvedReport, is_of, shelved_report
from accubench.web.workbench import Workbench
from accubench.workspace import AccuracyReport, ComparisonReport, DistanceReport

__all__ = ["ReportPage", "report_page"]


class AccuracyViews(Part):
    """The view that is looked at; the others are absent."""

    images: ImagesView | None = None
    """Also of the failed images."""
    classes: ClassesView | None = None
    confusion: ConfusionView | None = None
    calibration: CalibrationView | None = None
    details: DetailsView | None = None
    history: HistoryView | None = None


class AccuracyPage(ReportFrame):
    """An accuracy report, looked at in one of several ways."""

    kind: Literal["accuracy"] = "accuracy"
    head: ReportHead | None
    """None while nothing is evaluated yet."""
    views: AccuracyViews


ReportPage = Annotated[AccuracyPage | ComparisonPage | DistancePage, Discriminator("kind")]
"""The page of a report of any kind."""


def report_page(
    workbench: Workbench, report_id: str, query: ReportQuery, *, strict: bool
) -> AccuracyPage | ComparisonPage | DistancePage:
    """Make the page.

    Args:
        workbench: Holds the report.
        report_id: Which.
        query: What of it.
        strict: Refuse what can be answered only in part; else the page says what it left out.

    Raises:
        ReportNotFoundError: There is no such report, and no job that will make it.
        UsageError: Reports of this kind have no such view; or `strict`, and something is not possible.
    """
    try:
        shelved = shelved_report(workbench, report_id)
    except ReportNotFoundError:
        job = job_of(workbench, report_id)
        if job is None:
            raise
        return _awaited(report_id, query, job)
    check_view(shelved.report, query)
    with looked_at(shelved, query).tags_held():
        return _page(workbench, shelved, query, strict=strict)


def _page(
    workbench: Workbench, shelved: ShelvedReport[Any], query: ReportQuery, *, strict: bool
) -> AccuracyPage | ComparisonPage | DistancePage:
    if is_of(shelved, ComparisonReport):
        return comparison_page(workbench, shelved, query, strict=strict)
    if is_of(shelved, DistanceReport):
        return distance_page(workbench, shelved, query, strict=strict)
    assert is_of(shelved, AccuracyReport)
    views = _views(workbench, shelved, query, strict=strict)
    return AccuracyPage(**frame(workbench, shelved, query, views.images), head=report_head(shelved, query), views=views)


def _awaited(report_id: str, query: ReportQuery, job: JobView) -> AccuracyPage | ComparisonPage | DistancePage:
    """The page of a report of which nothing is there yet."""
    if job.kind == "compare":
        fields = awaited_frame(report_id, KINDS["comparison"].noun, query, job)
        return ComparisonPage(**fields, head=None, views=ComparisonViews())
    if job.kind == "distance":
        fields = awaited_frame(report_id, KINDS["distance"].noun, query, job)
        return DistancePage(**fields, head=None, views=DistanceViews())
    fields = awaited_frame(report_id, KINDS["accuracy"].noun, query, job)
    return AccuracyPage(**fields, head=None, views=AccuracyViews())


def _views(
    workbench: Workbench, shelved: ShelvedReport[AccuracyReport], query: ReportQuery, *, strict: bool
) -> AccuracyViews:
    if query.view in {"images", "failed"}:
        return AccuracyViews(images=images_view(shelved.report, query, strict=strict))
    if query.view == "classes":
        return AccuracyViews(classes=classes_view(shelved, query, strict=strict))
    if query.view == "confusion":
        return AccuracyViews(confusion=confusion_view(shelved, query, strict=strict))
    if query.view == "calibration":
        return AccuracyViews(calibration=calibration_view(shelved))
    if query.view == "details":
        return AccuracyViews(details=details_view(workbench, shelved.report))
    return AccuracyViews(history=history_view(workbench, shelved.report))
