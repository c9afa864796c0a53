"""What the pages of models and datasets share: imports that run or failed, and what uses a thing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.requests import ClientDisconnect

from accubench.errors import AccuBenchError, StorageFullError
from accubench.records.any_report import AnyReport
from accubench.records.base import Record
from accubench.records.comparison import Comparison
from accubench.records.job import Job, JobKind
from accubench.records.report import Report
from accubench.web.access import wants_json
from accubench.web.formats import time_text
from accubench.web.job_view import JobView, job_view
from accubench.web.pages import PageContext, render
from accubench.web.uploads import LargeUploadError, Upload, receive_upload
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace import DEFAULT_FOLDER, Workspace, checked_name

__all__ = [
    "FORM_ANSWERS",
    "UPLOAD_ANSWERS",
    "ImportPage",
    "Link",
    "UsedBy",
    "checked_name",
    "import_answer",
    "recent_imports",
    "rejected",
    "router",
    "take_upload",
    "upload_form",
    "used_by",
    "workspace_option",
]

router = APIRouter()

_RECENT = timedelta(hours=24)
_MOST_RECENT = 50
_MOST_FAILED = 5

FORM_ANSWERS: dict[int | str, dict[str, Any]] = {
    303: {"description": "Queued; the address to go on to is in the header Location."},
    422: {"description": "It cannot be imported; the form again, with the reason.", "content": {"text/html": {}}},
}
"""Answers of a form that imports something, for the OpenAPI document."""
UPLOAD_ANSWERS: dict[int | str, dict[str, Any]] = {
    **FORM_ANSWERS,
    201: {
        "description": "Queued, for who accepts JSON only.",
        "content": {"application/json": {"schema": {"type": "object", "required": ["address"]}}},
    },
    400: {"description": "It is no form with files; the form again, with the reason.", "content": {"text/html": {}}},
    413: {"description": "It is larger than the server takes.", "content": {"text/html": {}}},
    507: {"description": "It does not fit on the disk.", "content": {"text/html": {}}},
}
"""Answers of a form with files."""


class ImportPage(PageContext):
    """What a page with a form for imports shows besides its own."""

    imports: tuple[JobView, ...]
    """Imports that run, wait, or failed of late."""
    roots: str
    """Folders that may be imported from, in words."""
    largest_upload_bytes: int


class Link(Record):
    """A thing with a page."""

    name: str
    address: str
    note: str = ""


class UsedBy(Record):
    """What was made with a model or a dataset."""

    projects: tuple[Link, ...]
    reports: tuple[Link, ...]


def recent_imports(workspace: Workspace, kind: JobKind) -> tuple[JobView, ...]:
    """Imports that run or wait, and those that failed or were cancelled within a day."""
    found = [job for job in workspace.jobs.jobs(limit=_MOST_RECENT) if job.kind == kind]
    active = [job for job in found if not job.ended]
    since = datetime.now(UTC) - _RECENT
    unsuccessful = [
        job
        for job in found
        if job.state in {"failed", "cancelled"} and job.created_at > since and not _superseded(job, found)
    ]
    return tuple(_shown(workspace, job) for job in (*active, *unsuccessful[:_MOST_FAILED]))


def used_by(workspace: Workspace, *, model_id: str | None = None, dataset_id: str | None = None) -> UsedBy:
    """The projects and reports of a model or a dataset, newest first."""
    wanted = (model_id, dataset_id)
    projects = [
        Link(
            name=f"{each.model.name} on {each.dataset.name}",
            address=f"/projects/{each.project.id}",
            note=f"{each.project.target.device} of {each.project.target.machine}",
        )
        for each in workspace.projects()
        if wanted in {(each.model.id, None), (None, each.dataset.id)}
    ]
    reports = [
        Link(name=_report_name(record), address=f"/reports/{record.id}", note=time_text(record.created_at))
        for record in (report.record for report in reversed(workspace.all_reports()))
        if any(wanted in {(model.model_id, None), (None, record.dataset_id)} for model in record.evaluated_models)
    ]
    return UsedBy(projects=tuple(projects), reports=tuple(reports))


def _report_name(record: AnyReport) -> str:
    """Such as ``comparison of squeezenet-int8 with squeezenet on imagenet-500``."""
    models = [model.model_name for model in record.evaluated_models]
    if isinstance(record, Report):
        return f"{models[0]} on {record.dataset_name}"
    kind, link = ("comparison", "with") if isinstance(record, Comparison) else ("tensor distance", "to")
    return f"{kind} of {models[0]} {link} {models[1]} on {record.dataset_name}"


def workspace_option(workspace: Workspace) -> str:
    """How commands name this workspace; empty for the one they use by default in the server's folder."""
    return f" --workspace {shlex.quote(str(workspace.folder))}" if workspace.folder.name != DEFAULT_FOLDER else ""


def import_answer(request: Request, job: Job) -> Response:
    """Go on to where the import can be watched, and from there to what it made."""
    address = f"/imports/{job.id}"
    if wants_json(request.url.path, request.headers):
        return JSONResponse({"address": address, "job_id": job.id}, 201)
    return RedirectResponse(address, 303)


def rejected(request: Request, template: str, page: PageContext, error: AccuBenchError, status: int = 422) -> Response:
    """The page with the form as it was filled in and what is wrong with it."""
    if isinstance(error, StorageFullError):
        status = 507
    if isinstance(error, LargeUploadError):
        status = 413
    if wants_json(request.url.path, request.headers):
        return JSONResponse({"detail": str(error)}, status)
    return HTMLResponse(render(request, template, page=page), status)


async def take_upload(
    request: Request, workbench: Workbench, go_on: Callable[[Upload | AccuBenchError], Awaitable[Response]]
) -> Response:
    """Receive files; what goes wrong is told to the form they came from."""
    try:
        upload = await receive_upload(request, workbench)
    except ClientDisconnect:
        return Response(status_code=400)
    except AccuBenchError as error:
        return await go_on(error)
    return await go_on(upload)


def upload_form(fields: Iterable[str]) -> dict[str, Any]:
    """What a form with files holds, for the OpenAPI document."""
    properties: dict[str, Any] = {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1},
        **{name: {"type": "string", "maxLength": 1000} for name in fields},
    }
    schema = {"type": "object", "required": ["files"], "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@router.get(
    "/imports/{job_id}",
    response_class=RedirectResponse,
    status_code=303,
    summary="Where to go on from an import: to what it made, or to where it can be watched",
)
def follow_import(workbench: WorkbenchDependency, job_id: Annotated[str, Path(max_length=64)]) -> RedirectResponse:
    """To the model or dataset once it is there; before that, and where it failed, to the list of imports."""
    job = workbench.workspace.jobs.job(job_id)
    made = {} if job.outcome is None else job.outcome.result
    workbench.workspace.tidy()
    if "model_id" in made:
        return RedirectResponse(f"/models/{made['model_id']}", 303)
    if "dataset_id" in made:
        return RedirectResponse(f"/datasets/{made['dataset_id']}", 303)
    places = {"import_model": "/models", "import_dataset": "/datasets"}
    return RedirectResponse(places.get(job.kind, f"/jobs/{job.id}"), 303)


def _shown(workspace: Workspace, job: Job) -> JobView:
    """An import as its list shows it: uploads under the names that their owner knows."""
    shown = job_view(job)
    own = rf"{re.escape(str(workspace.folder))}/(?:uploads|unpacked)/[^/\s]+/"
    return shown.model_copy(update={"error": re.sub(own, "", shown.error)})


def _superseded(job: Job, found: list[Job]) -> bool:
    """Whether the same was imported later with success, so that the failure is history."""
    return any(
        other.created_at > job.created_at and other.title == job.title and other.state == "succeeded" for other in found
    )
