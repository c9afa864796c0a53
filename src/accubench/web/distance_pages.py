"""The page of a tensor distance, put together: head, and the view that is looked at."""

from __future__ import annotations

from typing import Literal

from accubench.web.comparison_details import (
    PairDetails,
    PairHistory,
    pair_details,
    pair_history,
)
from accubench.web.distance_head import DistanceHead, distance_head
from accubench.web.distance_images import MeasuredImages, measured_images
from accubench.web.distance_outputs import OutputsView, outputs_view
from accubench.web.report_frame import ReportFrame, frame
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery
from accubench.web.report_selection import looked_at
from accubench.web.report_shelf import ShelvedReport
from accubench.web.workbench import Workbench
from accubench.workspace import DistanceReport

__all__ = ["DistancePage", "DistanceViews", "distance_page"]


class DistanceViews(Part):
    """The view that is looked at; the others are absent."""

    images: MeasuredImages | None = None
    """Also of the failed images."""
    outputs: OutputsView | None = None
    details: PairDetails | None = None
    history: PairHistory | None = None


class DistancePage(ReportFrame):
    """A tensor distance to the parent model's output, looked at in one of several ways."""

    kind: Literal["distance"] = "distance"
    head: DistanceHead | None
    """None while there is no report yet."""
    views: DistanceViews


def distance_page(
    workbench: Workbench, shelved: ShelvedReport[DistanceReport], query: ReportQuery, *, strict: bool
) -> DistancePage:
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
    return DistancePage(**fields, head=distance_head(shelved, query), views=views)


def _views(
    workbench: Workbench, shelved: ShelvedReport[DistanceReport], query: ReportQuery, *, strict: bool
) -> DistanceViews:
    if query.view in {"images", "failed"}:
        report = looked_at(shelved, query)
        assert isinstance(report, DistanceReport)
        return DistanceViews(images=measured_images(report, query, strict=strict))
    if query.view == "outputs":
        return DistanceViews(outputs=outputs_view(shelved.report.record))
    if query.view == "details":
        return DistanceViews(details=pair_details(shelved.report.record))
    return DistanceViews(history=pair_history(workbench, shelved.report.record))
