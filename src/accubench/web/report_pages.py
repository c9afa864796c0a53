"""The page of a report, put together: head, and the view that is looked at."""

from __future__ import annotations

from accubench.errors import ReportNotFoundError
from accubench.export.numbers import TIMES
from accubench.web.job_view import JobView, job_view
from accubench.web.pages import PageContext
from accubench.web.report_calibration import CalibrationView, calibration_view
from accubench.web.report_classes import ClassesView, classes_view
from accubench.web.report_confusion import ConfusionView, confusion_view
from accubench.web.report_details import DetailsView, HistoryView, details_view, history_view
from accubench.web.report_files import SameElsewhere, same_elsewhere
from accubench.web.report_head import VIEW_LABELS, ReportHead, report_head
from accubench.web.report_images import ImagesView, images_view
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, ViewName, report_address
from accubench.web.report_shelf import ShelvedReport, shelved_report
from accubench.web.workbench import Workbench

__all__ = ["ReportPage", "report_page"]


class Views(Part):
    """The view that is looked at; the others are absent."""

    images: ImagesView | None = None
    """Also of the failed images."""
    classes: ClassesView | None = None
    confusion: ConfusionView | None = None
    calibration: CalibrationView | None = None
    details: DetailsView | None = None
    history: HistoryView | None = None


class ReportPage(PageContext):
    """An accuracy report, looked at in one of several ways."""

    report_id: str
    heading: str
    view: ViewName
    address: str
    """Of this very view."""
    query_text: str
    """Its query."""
    head: ReportHead | None
    """None while nothing is evaluated yet."""
    views: Views
    same: SameElsewhere | None
    job: JobView | None
    """The job that makes the report, while it does."""


def report_page(workbench: Workbench, report_id: str, query: ReportQuery, *, strict: bool) -> ReportPage:
    """Make the page.

    Args:
        workbench: Holds the report.
        report_id: Which.
        query: What of it.
        strict: Refuse what can be answered only in part; else the page says what it left out.

    Raises:
        ReportNotFoundError: There is no such report, and no job that will make it.
        UsageError: `strict`, and something is not possible.
    """
    try:
        shelved = shelved_report(workbench, report_id)
    except ReportNotFoundError:
        job = _job(workbench, report_id)
        if job is None:
            raise
        return _awaited(report_id, query, job)
    record = shelved.report.record
    views = _views(workbench, shelved, query, strict=strict)
    heading = f"{record.model_name} {TIMES} {record.dataset_name}"
    return ReportPage(
        title=f"{_view_title(query, views)}: {heading}, {record.created_at.astimezone():%Y-%m-%d %H:%M}",
        report_id=report_id,
        heading=heading,
        view=query.view,
        address=report_address(report_id, query),
        query_text=query.text(),
        head=report_head(shelved, query),
        views=views,
        same=same_elsewhere(workbench, shelved, query),
        job=_job(workbench, report_id) if shelved.report.interim else None,
    )


def _job(workbench: Workbench, report_id: str) -> JobView | None:
    jobs = workbench.workspace.jobs.jobs(report_id=report_id, limit=1)
    return job_view(jobs[0]) if jobs else None


def _awaited(report_id: str, query: ReportQuery, job: JobView) -> ReportPage:
    """The page of a report of which nothing is there yet."""
    return ReportPage(
        title=job.title,
        report_id=report_id,
        heading=job.title,
        view=query.view,
        address=report_address(report_id, query),
        query_text=query.text(),
        head=None,
        views=Views(),
        same=None,
        job=job,
    )


def _views(workbench: Workbench, shelved: ShelvedReport, query: ReportQuery, *, strict: bool) -> Views:
    if query.view in {"images", "failed"}:
        return Views(images=images_view(shelved.report, query, strict=strict))
    if query.view == "classes":
        return Views(classes=classes_view(shelved, query, strict=strict))
    if query.view == "confusion":
        return Views(confusion=confusion_view(shelved, query, strict=strict))
    if query.view == "calibration":
        return Views(calibration=calibration_view(shelved))
    if query.view == "details":
        return Views(details=details_view(shelved.report))
    return Views(history=history_view(workbench, shelved.report))


def _view_title(query: ReportQuery, views: Views) -> str:
    """What tells this view from others in a list of tabs or bookmarks."""
    if views.images is None:
        return VIEW_LABELS[query.view]
    found = views.images
    parts = [f"{found.pager.count:,} images" if found.chips else VIEW_LABELS[query.view]]
    if found.chips:
        parts.append(", ".join(chip.text for chip in found.chips)[:80])
    if query.layout != "table":
        parts.append(query.layout)
    if found.sort:
        parts.append(f"by {found.sort}")
    if found.pager.page > 1:
        parts.append(f"page {found.pager.page}")
    return ", ".join(parts)
