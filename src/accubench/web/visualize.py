"""Visualize: one image of a view, what the model saw of it, what was predicted, and the images beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import Discriminator

from accubench.errors import UsageError
from accubench.web.access import wants_json
from accubench.web.comparison_visualize import ComparedImagePage, compared_image_page
from accubench.web.distance_visualize import MeasuredImagePage, measured_image_page
from accubench.web.pages import page
from accubench.web.report_query import LARGEST_NUMBER, ReportQueryDependency
from accubench.web.report_selection import looked_at
from accubench.web.report_shelf import shelved_report
from accubench.web.visualize_accuracy import AccuracyImagePage, accuracy_image_page
from accubench.web.visualize_frame import Looked
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace import AccuracyReport, ComparisonReport, DistanceReport, ViewedReport

__all__ = ["router"]

router = APIRouter()
ImagePage = Annotated[AccuracyImagePage | ComparedImagePage | MeasuredImagePage, Discriminator("kind")]
Position = Annotated[int, Path(ge=0, le=LARGEST_NUMBER, description="The image's row in the dataset, from 0.")]
_THUMBNAIL_SIDE = 256
_DECODED_SIDE = 1024
_KEPT_S = 7 * 24 * 3600
_PICTURES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}, "image/png": {}}, "description": "The picture."},
    304: {"description": "The picture that the browser has is still right."},
    404: {"content": {"text/plain": {}}, "description": "There is no such image, or no picture of it."},
}


@page(router, "/reports/{report_id}/images/{position}", "visualize.html", ImagePage)
def show_image(
    request: Request,
    workbench: WorkbenchDependency,
    report_id: str,
    position: Position,
    query: ReportQueryDependency,
) -> AccuracyImagePage | ComparedImagePage | MeasuredImagePage:
    """One image: what the model saw, what was predicted, and the images beside it in the view."""
    shelved = shelved_report(workbench, report_id)
    with looked_at(shelved, query).tags_held():
        looked = Looked.at(shelved, query, position, strict=wants_json(request.url.path, request.headers))
        try:
            return _image_page(looked)
        except UsageError as error:
            raise HTTPException(404, str(error)) from error


def _image_page(looked: Looked) -> AccuracyImagePage | ComparedImagePage | MeasuredImagePage:
    report, position = looked.report, looked.position
    if isinstance(report, ComparisonReport):
        return compared_image_page(report, report.image(position), looked)
    if isinstance(report, DistanceReport):
        return measured_image_page(report, report.image(position), looked)
    assert isinstance(report, AccuracyReport)
    return accuracy_image_page(report, report.image(position), looked)


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
    make: Callable[[ViewedReport[Any]], bytes | None],
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
        return PlainTextResponse(report.picture_failure(position) or "There is no picture of this image.", 404)
    return Response(content, media_type="image/png" if kind.endswith(".png") else "image/jpeg", headers=headers)
