"""Settings: what this server is, what it can run on, and what the workspace takes of the disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, StreamingResponse

from accubench.records.base import Record
from accubench.records.device import Device
from accubench.records.housekeeping import DiskUse
from accubench.web.pages import PageContext, page
from accubench.web.workbench import WorkbenchDependency

__all__ = ["router"]

router = APIRouter()
_LARGEST_COUNT = 2**53  # what JSON's readers hold exactly
_CHUNK_BYTES = 1 << 18
_PART_NOTES = {
    "models": "Copies of imported model files",
    "datasets": "Tables of images; the images stay where they are",
    "predictions": "Scores, as the models gave them",
    "reports": "Reports with their tables",
    "jobs": "Progress and logs of jobs",
    "uploads": "Files that were uploaded, until they are imported",
    "cache": "Compiled models and thumbnails, made again when needed",
    "logs": "Logs of the server and its worker",
    "other": "The catalogue, unpacked archives, locks",
}


class DiskRow(Record):
    """One part of the workspace."""

    name: str
    note: str
    size_bytes: int
    n_files: int
    share: float
    """Of the whole workspace, in percent: the length of its bar."""


class SettingsPage(PageContext):
    """What runs here, and where."""

    workspace: str
    database: str
    """A URL without password."""
    roots: tuple[str, ...]
    """Folders below which files may be imported by path."""
    address: str
    largest_upload_bytes: int
    versions: dict[str, str]
    devices: tuple[Device, ...]
    disk: tuple[DiskRow, ...]
    used_bytes: int
    free_bytes: int
    disk_bytes: int
    log_bytes: int
    n_job_logs: int
    freed_bytes: int | None
    """What clearing the cache has just freed."""


@page(router, "/settings", "settings.html", SettingsPage)
def show_settings(
    workbench: WorkbenchDependency,
    freed: Annotated[
        int | None, Query(ge=0, le=_LARGEST_COUNT, description="Bytes that clearing the cache freed.")
    ] = None,
) -> SettingsPage:
    """Versions, devices, disk use and logs."""
    workspace, settings = workbench.workspace, workbench.settings
    housekeeping = workspace.housekeeping
    use = housekeeping.disk_use()
    logs = housekeeping.logs()
    return SettingsPage(
        title="Settings",
        workspace=str(workspace.folder),
        database=housekeeping.database,
        roots=tuple(str(root) for root in settings.roots),
        address=f"{settings.host}, port {settings.port}",
        largest_upload_bytes=settings.largest_upload_bytes,
        versions=housekeeping.versions(),
        devices=workspace.devices(),
        disk=_disk_rows(use),
        used_bytes=use.size_bytes,
        free_bytes=use.free_bytes,
        disk_bytes=use.disk_bytes,
        log_bytes=sum(log.size_bytes for log in logs),
        n_job_logs=sum(log.name.startswith("jobs/") for log in logs),
        freed_bytes=freed,
    )


@router.post(
    "/settings/clear-cache", response_class=RedirectResponse, status_code=303, summary="Delete what can be made again"
)
def clear_cache(workbench: WorkbenchDependency) -> RedirectResponse:
    """Compiled models and thumbnails are deleted; they are made again when they are needed."""
    return RedirectResponse(f"/settings?freed={workbench.workspace.housekeeping.clear_cache()}", 303)


@router.get(
    "/settings/logs.zip",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
    summary="All logs as a zip archive",
)
def download_logs(workbench: WorkbenchDependency) -> StreamingResponse:
    """Logs of the server, its worker and all jobs."""
    archive = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was sent
    workbench.workspace.housekeeping.write_logs(archive)
    archive.seek(0)
    return StreamingResponse(
        _chunks(archive),
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="accubench-logs.zip"'},
    )


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _disk_rows(use: DiskUse) -> tuple[DiskRow, ...]:
    whole = max(1, use.size_bytes)
    return tuple(
        DiskRow(
            name=part.name,
            note=_PART_NOTES[part.name],
            size_bytes=part.size_bytes,
            n_files=part.n_files,
            share=round(100 * part.size_bytes / whole, 2),
        )
        for part in use.parts
    )
