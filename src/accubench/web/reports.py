"""Reports of all kinds: their pages, their data, tags on their images."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from pydantic import Field
from starlette.background import BackgroundTask

from accubench.export import EXPORT_SUFFIXES, csv_bytes
from accubench.web.access import wants_json
from accubench.web.pages import page
from accubench.web.report_changes import changed_query
from accubench.web.report_files import MEDIA_TYPES, DataSuffix, view_bytes
from accubench.web.report_pages import ReportPage, report_page
from accubench.web.report_query import LARGEST_NUMBER, ReportQuery, ReportQueryDependency, report_address
from accubench.web.report_selection import looked_at
from accubench.web.report_shelf import shelved_report
from accubench.web.workbench import WorkbenchDependency

__all__ = ["router"]

router = APIRouter()
_MOST_SELECTED = 1000
_BINARY = {"schema": {"type": "string", "format": "binary"}}

Positions = Annotated[
    list[Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]],
    Form(alias="position", max_length=_MOST_SELECTED, description="Selected images by their rows in the dataset."),
]
ExportSuffix = Literal["csv", "parquet", "json", "html"]
assert {f".{each}" for each in ExportSuffix.__args__} == set(EXPORT_SUFFIXES)


@page(router, "/reports/{report_id}", "report.html", ReportPage)
def show_report(
    request: Request, workbench: WorkbenchDependency, report_id: str, query: ReportQueryDependency
) -> ReportPage:
    """A report: headline, and one of its views."""
    return report_page(workbench, report_id, query, strict=wants_json(request.url.path, request.headers))


@router.get("/reports/{report_id}/go", include_in_schema=False)
def change_view(request: Request, workbench: WorkbenchDependency, report_id: str) -> RedirectResponse:
    """What the forms of the page lead to: the address of the view that they ask for."""
    shelved = shelved_report(workbench, report_id)
    query = changed_query(shelved.report.record, request.query_params)
    return RedirectResponse(report_address(report_id, query), 303)


@router.get(
    "/reports/{report_id}/data.{suffix}",
    response_class=Response,
    responses={200: {"content": {media: _BINARY for name, media in MEDIA_TYPES.items() if name in {"csv", "parquet"}}}},
    summary="The data of a view, all its pages, as a file",
)
def download_view(
    workbench: WorkbenchDependency, report_id: str, suffix: DataSuffix, query: ReportQueryDependency
) -> Response:
    """The rows of a view in its order: what the page shows, on all its pages."""
    content = view_bytes(workbench, shelved_report(workbench, report_id), query, suffix)
    return _attachment(content, f"{report_id}-{query.view}.{suffix}", MEDIA_TYPES[suffix])


@router.get(
    "/reports/{report_id}/export.{suffix}",
    response_class=FileResponse,
    responses={200: {"content": dict.fromkeys(MEDIA_TYPES.values(), _BINARY)}},
    summary="The whole report as a file",
)
def download_report(workbench: WorkbenchDependency, report_id: str, suffix: ExportSuffix) -> FileResponse:
    """The whole report, the same file that `accubench reports export` writes."""
    report = workbench.workspace.find_report(report_id)
    return _written(f"{report_id}.{suffix}", MEDIA_TYPES[suffix], report.export)


@router.get(
    "/reports/{report_id}/flips.csv",
    response_class=FileResponse,
    responses={200: {"content": {MEDIA_TYPES["csv"]: _BINARY}}},
    summary="The flips of a comparison, for a person to fill in the right classes",
)
def download_flips(workbench: WorkbenchDependency, report_id: str) -> FileResponse:
    """The same file that `accubench compare --flips` writes."""
    report = workbench.workspace.comparison(report_id)
    return _written(f"{report_id}-flips.csv", MEDIA_TYPES["csv"], report.write_flips)


def _written(name: str, media_type: str, write: Callable[[Path], Path]) -> FileResponse:
    """A file that is written for this answer and then deleted."""
    folder = tempfile.TemporaryDirectory(prefix="accubench-export-")
    path = write(Path(folder.name) / name)
    return FileResponse(path, media_type=media_type, filename=name, background=BackgroundTask(folder.cleanup))


@router.post(
    "/reports/{report_id}/tags",
    response_class=RedirectResponse,
    status_code=303,
    summary="Tag images, or take a tag away",
)
def tag_images(  # noqa: PLR0917 - the fields of a form
    workbench: WorkbenchDependency,
    report_id: str,
    tag: Annotated[str, Form(max_length=500, description="The tag.")],
    positions: Positions,
    action: Annotated[Literal["tag", "untag"], Form(description="What to do with it.")] = "tag",
    then: Annotated[str, Form(max_length=10_000, description="Page of the report to return to.")] = "",
) -> RedirectResponse:
    """Tag images; tags belong to the dataset, so that all reports on it show them."""
    report = shelved_report(workbench, report_id).report
    change = report.tag if action == "tag" else report.untag
    change(report.rows_at(positions)["image_name"], tag)
    return RedirectResponse(_within(report_id, then), 303)


@router.post(
    "/reports/{report_id}/selection.{suffix}",
    response_class=Response,
    responses={200: {"content": {"text/csv": _BINARY, "text/plain": _BINARY}}},
    summary="Selected images as a table or as a list of paths",
)
def download_selection(
    workbench: WorkbenchDependency,
    report_id: str,
    suffix: Literal["csv", "txt"],
    positions: Positions,
    output: Annotated[str, Form(max_length=2000, description="Output whose distances are looked at.")] = "",
) -> Response:
    """The rows of selected images as CSV in dataset order, or their paths on the server in the order chosen."""
    report = looked_at(shelved_report(workbench, report_id), ReportQuery(output=output))
    if suffix == "txt":
        return PlainTextResponse("".join(f"{path}\n" for path in report.paths(positions)))
    chosen = report.rows_at(sorted(set(positions)))
    return _attachment(csv_bytes(chosen), f"{report_id}-selected.csv", MEDIA_TYPES["csv"])


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _within(report_id: str, then: str) -> str:
    """Where to return to: a page of this report and of nothing else."""
    home: str = report_address(report_id)
    inside = then == home or then.startswith((f"{home}?", f"{home}/"))
    return then if inside and then.isprintable() and "\\" not in then and "/.." not in then else home
