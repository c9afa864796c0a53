"""The images of a tensor distance's view: how far the outputs of both models are from each other."""

from __future__ import annotations

from typing import Any

from accubench.web.report_list import ImageList, ListedImage, image_list, rows_of_page
from accubench.web.report_parts import Link
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_selection import select_images
from accubench.workspace import DistanceReport

__all__ = ["MeasuredImages", "measured_images"]

_CELLS = ("mse", "cosine_distance", "kl_divergence", "max_abs_difference", "agreed")


class MeasuredRow(ListedImage):
    """One image of a page."""

    mse: float | None
    cosine_distance: float | None
    kl_divergence: float | None
    max_abs_difference: float | None
    agreed: bool | None


class MeasuredImages(ImageList):
    """One page of the images that a query selects, and everything to change the query with."""

    rows: tuple[MeasuredRow, ...]
    output: str
    """Whose distances these are."""
    outputs: tuple[Link, ...]
    """The outputs to choose from; empty where there is only one."""


def measured_images(report: DistanceReport, query: ReportQuery, *, strict: bool = False) -> MeasuredImages:
    """Make the view of images.

    Args:
        report: The report, with the output that is looked at.
        query: What is asked.
        strict: Refuse a query that can be answered only in part.

    Raises:
        UsageError: As for `select_images`.
    """
    selection = select_images(report, query, strict=strict)
    outputs = report.record.outputs
    return MeasuredImages(
        **image_list(report, selection, annotated=False),
        rows=tuple(
            MeasuredRow(
                **listed,
                verdict=_mark(row),
                **{name: row[name] for name in _CELLS},
            )
            for row, listed in rows_of_page(report, selection)
        ),
        output=report.output,
        outputs=tuple(
            Link(
                label=each.output,
                address=report_address(
                    report.id, query.having(output="" if each is report.record.outputs[0] else each.output)
                ),
                current=each.output == report.output,
            )
            for each in (outputs if len(outputs) > 1 else ())
        ),
    )


def _mark(row: dict[str, Any]) -> str:
    if row["status"] == "failed":
        return "failed"
    return "changed" if row["agreed"] is False else "unknown"
