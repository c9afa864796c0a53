"""What the pages of reports of all kinds have around their views."""

from __future__ import annotations

from typing import Any

from accubench.export.numbers import TIMES
from accubench.records.any_report import AnyReport
from accubench.records.report import Report
from accubench.web.job_view import JobView, job_view
from accubench.web.pages import PageContext
from accubench.web.report_files import SameElsewhere, same_elsewhere
from accubench.web.report_kinds import KINDS
from accubench.web.report_list import ImageList
from accubench.web.report_query import ReportQuery, ViewName, report_address
from accubench.web.report_shelf import ShelvedReport, is_interim
from accubench.web.workbench import Workbench

__all__ = ["ReportFrame", "awaited_frame", "frame", "heading_of", "job_of"]


class ReportFrame(PageContext):
    """A report, looked at in one of several ways."""

    report_id: str
    heading: str
    noun: str
    """What kind of report it is, in words."""
    view: ViewName
    address: str
    """Of this very view."""
    query_text: str
    """Its query."""
    same: SameElsewhere | None
    job: JobView | None
    """The job that makes the report, while it does."""


def frame(
    workbench: Workbench, shelved: ShelvedReport[Any], query: ReportQuery, images: ImageList | None
) -> dict[str, Any]:
    """The fields of a `ReportFrame`.

    Args:
        workbench: Holds the report.
        shelved: The report.
        query: What of it.
        images: The images that the view shows, where it is one of images.
    """
    record = shelved.report.record
    heading = heading_of(record)
    view = _view_title(record, query, images)
    return {
        "title": f"{view}: {heading}, {record.created_at.astimezone():%Y-%m-%d %H:%M}",
        "report_id": record.id,
        "heading": heading,
        "noun": KINDS[record.kind].noun,
        "view": query.view,
        "address": report_address(record.id, query),
        "query_text": query.text(),
        "same": same_elsewhere(workbench, shelved, query),
        "job": job_of(workbench, record.id) if is_interim(shelved.report) else None,
    }


def awaited_frame(report_id: str, noun: str, query: ReportQuery, job: JobView) -> dict[str, Any]:
    """The fields of the page of a report of which nothing is there yet."""
    return {
        "title": job.title,
        "report_id": report_id,
        "heading": job.title,
        "noun": noun,
        "view": query.view,
        "address": report_address(report_id, query),
        "query_text": query.text(),
        "same": None,
        "job": job,
    }


def job_of(workbench: Workbench, report_id: str) -> JobView | None:
    """The newest job that makes a report; None where there was none."""
    jobs = workbench.workspace.jobs.jobs(report_id=report_id, limit=1)
    return job_view(jobs[0]) if jobs else None


def heading_of(record: AnyReport) -> str:
    """What a report is of: a model or two, and a dataset."""
    if isinstance(record, Report):
        return f"{record.model_name} {TIMES} {record.dataset_name}"
    against = "against" if record.kind == "comparison" else "from"
    return f"{record.optimised.model_name} {against} {record.parent.model_name} {TIMES} {record.dataset_name}"


def _view_title(record: AnyReport, query: ReportQuery, images: ImageList | None) -> str:
    """What tells this view from others in a list of tabs or bookmarks."""
    label = KINDS[record.kind].views[query.view]
    if images is None:
        return label
    parts = [f"{images.pager.count:,} images" if images.chips else label]
    if images.chips:
        parts.append(", ".join(chip.text for chip in images.chips)[:80])
    if query.layout != "table":
        parts.append(query.layout)
    if images.sort:
        parts.append(f"by {images.sort}")
    if images.pager.page > 1:
        parts.append(f"page {images.pager.page}")
    return ", ".join(parts)
