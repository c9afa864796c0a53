"""What Visualize has for reports of all kinds: pictures, tags, and the way through the images of a view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from accubench.web.pages import PageContext
from accubench.web.report_frame import heading_of
from accubench.web.report_list import PAGE_SIZES
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, image_address, report_address
from accubench.web.report_selection import Selection, looked_at, select_images
from accubench.web.report_shelf import ShelvedReport, is_interim
from accubench.workspace import ViewedReport

__all__ = ["ImageFrame", "Looked", "Place", "image_frame"]


class Place(Part):
    """Where an image stands in the view that it was reached from."""

    number: int | None
    """From 1; None where the view does not have it."""
    count: int
    """Images of the view."""
    previous: str | None
    next: str | None
    previous_picture: str | None
    next_picture: str | None
    list_address: str
    """The view, at the page that has the image."""
    limited: bool
    """Whether the view is not simply all images."""


class ImageFrame(PageContext):
    """One image of a report."""

    report_id: str
    heading: str
    address: str
    image_name: str
    verdict: str
    """Mark of the image: ``right``, ``wrong``, ``failed``, ``unknown``, or a kind of flip."""
    sentence: str
    """The same in words."""
    place: Place
    picture: str | None
    """Address of the decoded image; None where there is none."""
    seen: str | None
    """Address of what the model saw."""
    seen_size: tuple[int, int]
    """Its width and height: those of the model's input."""
    all_tags: tuple[str, ...]
    problems: tuple[str, ...]
    interim: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looked:
    """An image of a view, as it was asked for."""

    shelved: ShelvedReport[Any]
    report: ViewedReport[Any]
    """With the output that the view is about."""
    query: ReportQuery
    selection: Selection
    position: int

    @classmethod
    def at(cls, shelved: ShelvedReport[Any], query: ReportQuery, position: int, *, strict: bool) -> Looked:
        """Sort out what of the view can be answered.

        Args:
            shelved: The report.
            query: The view that the image was reached from.
            position: The image's row in the dataset.
            strict: Refuse a view that can be answered only in part.

        Raises:
            UsageError: `strict`, and a filter or the order is not possible; or there is no such output.
        """
        report = looked_at(shelved, query)
        selection = select_images(report, query, strict=strict)
        return cls(shelved=shelved, report=report, query=query, selection=selection, position=position)


def image_frame(
    looked: Looked, image_name: str, picture_failure: str | None, *, verdict: str, sentence: str
) -> dict[str, Any]:
    """The fields of an `ImageFrame`.

    Args:
        looked: The image and its view.
        image_name: The image's name.
        picture_failure: Why there is no picture of it.
        verdict: Its mark.
        sentence: The same in words.
    """
    report, position = looked.report, looked.position
    base = image_address(report.id, position)
    heading = heading_of(report.record)
    seen = None if picture_failure is not None else _seen_wh(looked.shelved, position)
    return {
        "title": f"{image_name}, Visualize: {heading}",
        "report_id": report.id,
        "heading": heading,
        "address": image_address(report.id, position, looked.query),
        "image_name": image_name,
        "verdict": verdict,
        "sentence": sentence,
        "place": _place(looked),
        "picture": None if picture_failure is not None else f"{base}/decoded.jpg",
        "seen": None if seen is None else f"{base}/seen.png",
        "seen_size": seen or (0, 0),
        "all_tags": tuple(report.tags()),
        "problems": tuple(looked.selection.problems.values()),
        "interim": is_interim(report),
    }


def _seen_wh(shelved: ShelvedReport[Any], position: int) -> tuple[int, int] | None:
    """Width and height of what the model sees, read from a picture of it; None where there is none."""

    def find(report: ViewedReport[Any]) -> tuple[int, int] | None:
        png = report.seen_png(position)
        # The header of a PNG has both as its first values.
        return None if png is None else (int.from_bytes(png[16:20]), int.from_bytes(png[20:24]))

    return shelved.derived("seen size", find)


def _place(looked: Looked) -> Place:
    report, query, positions = looked.report, looked.query, looked.selection.positions
    found = np.flatnonzero(positions == looked.position)
    number = int(found[0]) if len(found) else None

    def beside(step: int) -> tuple[str | None, str | None]:
        if number is None or not 0 <= number + step < len(positions):
            return None, None
        there = int(positions[number + step])
        failed = report.rows_at([there])["status"][0] == "failed"
        picture = None if failed else f"{image_address(report.id, there)}/decoded.jpg"
        return image_address(report.id, there, query), picture

    (before, before_picture), (after, after_picture) = beside(-1), beside(1)
    page_number = 1 if number is None else number // PAGE_SIZES[query.layout] + 1
    return Place(
        number=None if number is None else number + 1,
        count=len(positions),
        previous=before,
        next=after,
        previous_picture=before_picture,
        next_picture=after_picture,
        list_address=report_address(report.id, query.having(page=page_number)),
        limited=bool(query.filters or query.erroneous or query.q or query.view == "failed"),
    )
