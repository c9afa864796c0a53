"""Visualize: one image of a view, what the model saw of it, what it predicted, and the images beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import PlainTextResponse, Response

from accubench.errors import UsageError
from accubench.export.numbers import TIMES
from accubench.records.image_detail import ImageDetail
from accubench.web.access import wants_json
from accubench.web.pages import PageContext, page
from accubench.web.report_head import chosen_k
from accubench.web.report_images import PAGE_SIZES, select_images
from accubench.web.report_parts import Part
from accubench.web.report_query import LARGEST_NUMBER, ReportQuery, ReportQueryDependency, image_address, report_address
from accubench.web.report_shelf import ShelvedReport, shelved_report
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace import AccuracyReport

__all__ = ["router"]

router = APIRouter()
Position = Annotated[int, Path(ge=0, le=LARGEST_NUMBER, description="The image's row in the dataset, from 0.")]
_THUMBNAIL_SIDE = 256
_DECODED_SIDE = 1024
_KEPT_S = 7 * 24 * 3600
_PICTURES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}, "image/png": {}}, "description": "The picture."},
    304: {"description": "The picture that the browser has is still right."},
    404: {"content": {"text/plain": {}}, "description": "There is no such image, or no picture of it."},
}


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


class ImagePage(PageContext):
    """One image of a report."""

    report_id: str
    heading: str
    address: str
    detail: ImageDetail
    verdict: str
    """``right``, ``wrong``, ``failed``, or ``unknown`` without annotation."""
    sentence: str
    """The same in words."""
    predictions: tuple[Prediction, ...]
    place: Place
    picture: str | None
    """Address of the decoded image; None where there is none."""
    seen: str | None
    """Address of what the model saw."""
    seen_size: tuple[int, int]
    """Its width and height: those of the model's input."""
    all_tags: tuple[str, ...]
    annotated: bool
    problems: tuple[str, ...]
    interim: bool


@page(router, "/reports/{report_id}/images/{position}", "visualize.html", ImagePage)
def show_image(
    request: Request,
    workbench: WorkbenchDependency,
    report_id: str,
    position: Position,
    query: ReportQueryDependency,
) -> ImagePage:
    """One image: what the model saw, what it predicted, and the images beside it in the view."""
    shelved = shelved_report(workbench, report_id)
    report, record = shelved.report, shelved.report.record
    selection = select_images(report, query, strict=wants_json(request.url.path, request.headers))
    try:
        detail = report.image(position)
    except UsageError as error:
        raise HTTPException(404, str(error)) from error
    base = image_address(report_id, position)
    seen = None if detail.picture_failure is not None else _seen_wh(shelved, position)
    return ImagePage(
        title=f"{detail.row.image_name}, Visualize: {record.model_name} {TIMES} {record.dataset_name}",
        report_id=report_id,
        heading=f"{record.model_name} {TIMES} {record.dataset_name}",
        address=image_address(report_id, position, query),
        detail=detail,
        verdict=_verdict(detail),
        sentence=_sentence(detail, chosen_k(report, query)),
        predictions=_predictions(report, detail),
        place=_place(report, query, selection.positions, position),
        picture=None if detail.picture_failure is not None else f"{base}/decoded.jpg",
        seen=None if seen is None else f"{base}/seen.png",
        seen_size=seen or (0, 0),
        all_tags=tuple(report.tags()),
        annotated=record.mapping is not None,
        problems=tuple(selection.problems.values()),
        interim=report.interim,
    )


@router.get(
    "/reports/{report_id}/images/{position}/thumbnail.jpg",
    response_class=Response,
    responses=_PICTURES,
    summary="A small picture of an image",
)
def show_thumbnail(request: Request, workbench: WorkbenchDependency, report_id: str, position: Position) -> Response:
    """At most 256 pixels on the longer side, decoded by the report's rule."""
    return _picture(request, workbench, report_id, position, lambda report: report.thumbnail(position, _THUMBNAIL_SIDE))


@router.get(
    "/reports/{report_id}/images/{position}/decoded.jpg",
    response_class=Response,
    responses=_PICTURES,
    summary="A picture of an image",
)
def show_decoded(request: Request, workbench: WorkbenchDependency, report_id: str, position: Position) -> Response:
    """At most 1024 pixels on the longer side, decoded by the report's rule."""
    return _picture(
        request, workbench, report_id, position, lambda report: report.decoded_jpeg(position, _DECODED_SIDE)
    )


@router.get(
    "/reports/{report_id}/images/{position}/seen.png",
    response_class=Response,
    responses=_PICTURES,
    summary="What the model saw of an image",
)
def show_seen(request: Request, workbench: WorkbenchDependency, report_id: str, position: Position) -> Response:
    """All steps but the arithmetic on values, pixel for pixel."""
    return _picture(request, workbench, report_id, position, lambda report: report.seen_png(position))


def _picture(
    request: Request,
    workbench: Workbench,
    report_id: str,
    position: int,
    make: Callable[[AccuracyReport], bytes | None],
) -> Response:
    """The picture, or 304 where the browser has it: a position of a report always shows the same image."""
    report = shelved_report(workbench, report_id).report
    kind = request.url.path.rpartition("/")[2]
    tag = f'"{report_id}-{position}-{kind}"'
    headers = {"Cache-Control": f"private, max-age={_KEPT_S}", "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    try:
        content = make(report)
    except UsageError as error:
        return PlainTextResponse(str(error), 404)
    if content is None:
        return PlainTextResponse(report.image(position).picture_failure or "There is no picture of this image.", 404)
    return Response(content, media_type="image/png" if kind.endswith(".png") else "image/jpeg", headers=headers)


def _seen_wh(shelved: ShelvedReport, position: int) -> tuple[int, int] | None:
    """Width and height of what the model sees, read from a picture of it; None where there is none."""

    def find(report: AccuracyReport) -> tuple[int, int] | None:
        png = report.seen_png(position)
        # The header of a PNG has both as its first values.
        return None if png is None else (int.from_bytes(png[16:20]), int.from_bytes(png[20:24]))

    return shelved.derived("seen size", find)


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


def _place(report: AccuracyReport, query: ReportQuery, positions: Any, position: int) -> Place:
    found = np.flatnonzero(positions == position)
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
