"""The page of a comparison, put together: head, and the view that is looked at."""

from __future__ import annotations

from typing import Literal

from accubench.web.comparison_calibration import BothCalibrations, both_calibrations
from accubench.web.comparison_classes import ChangedClasses, changed_classes
from accubench.web.comparison_details import (
    PairDetails,
    PairHistory,
    pair_details,
    pair_history,
)
from accubench.web.comparison_head import ComparisonHead, comparison_head
from accubench.web.comparison_images import ComparedImages, compared_images
from accubench.web.comparison_speed import SpeedView, speed_view
from accubench.web.report_frame import ReportFrame, frame
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery
from accubench.web.report_shelf import ShelvedReport
from accubench.web.workbench import Workbench
from accubench.workspace import ComparisonReport

__all__ = ["ComparisonPage", "ComparisonViews", "comparison_page"]


class ComparisonViews(Part):
    """The view that is looked at; the others are absent."""

    images: ComparedImages | None = None
    """Also of the failed images."""
    classes: ChangedClasses | None = None
    calibration: BothCalibrations | None = None
    speed: SpeedView | None = None
    details: PairDetails | None = None
    history: PairHistory | None = None


class ComparisonPage(ReportFrame):
    """A comparison of optimised and parent model predictions, looked at in one of several ways."""

    kind: Literal["comparison"] = "comparison"
    head: ComparisonHead | None
    """None while there is no report yet."""
    views: ComparisonViews


def comparison_page(
    workbench: Workbench, shelved: ShelvedReport[ComparisonReport], query: ReportQuery, *, strict: bool
) -> ComparisonPage:
    """Make the page.

    Args:
        workbench: Holds the report.
        shelved: The report.
        query: What of it.
        strict: Refuse what can be answered only in part; else the page says what it left out.

    Raises:
        UsageError: `strict`, and something is not possible.
    """
    views = _views(workbench, shelved, query, strict=strict)
    fields = frame(workbench, shelved, query, views.images)
    return ComparisonPage(**fields, head=comparison_head(workbench, shelved, query), views=views)


def _views(
    workbench: Workbench, shelved: ShelvedReport[ComparisonReport], query: ReportQuery, *, strict: bool
) -> ComparisonViews:
    if query.view in {"images", "failed"}:
        return ComparisonViews(images=compared_images(shelved.report, query, strict=strict))
    if query.view == "classes":
        return ComparisonViews(classes=changed_classes(shelved, query, strict=strict))
    if query.view == "calibration":
        return ComparisonViews(calibration=both_calibrations(shelved.report))
    if query.view == "speed":
        return ComparisonViews(speed=speed_view(shelved.report))
    if query.view == "details":
        return ComparisonViews(details=pair_details(shelved.report.record))
    return ComparisonViews(history=pair_history(workbench, shelved.report.record))
