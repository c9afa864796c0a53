"""Pages of datasets: what there is, importing, the list."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path as FilePath
from pathlib import PurePosixPath
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from accubench.errors import AccuBenchError, UsageError
from accubench.records.base import Record
from accubench.records.job import Job
from accubench.web.allowed_paths import allowed_path, roots_text
from accubench.web.dataset_page import LAYOUTS
from accubench.web.import_views import (
    FORM_ANSWERS,
    UPLOAD_ANSWERS,
    ImportPage,
    checked_name,
    import_answer,
    recent_imports,
    rejected,
    take_upload,
    upload_form,
)
from accubench.web.pages import page
from accubench.web.uploads import Upload
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace import ARCHIVE_SUFFIXES

__all__ = ["router"]

router = APIRouter()

Split = Literal["", "train", "val", "test"]
_LONGEST_NAME = 100
_FIELDS = ("name", "split", "limit", "every", "annotations", "labels", "path_column", "label_column")

NameField = Annotated[str, Form(max_length=200, description="What to call it; by default the folder's name.")]
SplitField = Annotated[Split, Form(description="Which of the splits that the folder has.")]
FileField = Annotated[str, Form(max_length=1000, description="A file, by its place in the dataset's folder.")]
NumberField = Annotated[str, Form(max_length=12, description="A whole number: how many images, or every which.")]
ColumnField = Annotated[str, Form(max_length=300, description="A column of the table.")]


class DatasetForm(Record):
    """An import as it was filled in, and what is wrong with it."""

    way: str = "upload"
    """``upload`` or ``path``: which form it is."""
    path: str = ""
    name: str = ""
    split: str = ""
    limit: str = ""
    every: str = ""
    annotations: str = ""
    labels: str = ""
    path_column: str = ""
    label_column: str = ""
    error: str = ""

    @property
    def has_options(self) -> bool:
        """Whether one of the further fields is filled in."""
        return any(getattr(self, field) for field in _FIELDS)


class DatasetRow(Record):
    """A dataset in the list."""

    id: str
    name: str
    version: int
    layout: str
    n_images: int
    n_classes: int
    """0 where it is not annotated."""
    annotated: bool
    n_findings: int
    source: str
    imported_at: str
    n_projects: int


class DatasetsPage(ImportPage):
    """All datasets, and how to add one."""

    datasets: tuple[DatasetRow, ...]
    form: DatasetForm = DatasetForm()


@page(router, "/datasets", "datasets.html", DatasetsPage)
def list_datasets(workbench: WorkbenchDependency) -> DatasetsPage:
    """All datasets, with imports that run or failed."""
    return _datasets_page(workbench, DatasetForm())


@router.post(
    "/datasets", status_code=303, response_class=Response, responses=FORM_ANSWERS, summary="Import a dataset by path"
)
def import_by_path(
    request: Request,
    workbench: WorkbenchDependency,
    *,
    path: Annotated[str, Form(max_length=5000, description="A folder, table or archive on the server.")] = "",
    name: NameField = "",
    split: SplitField = "",
    limit: NumberField = "",
    every: NumberField = "",
    annotations: FileField = "",
    labels: FileField = "",
    path_column: ColumnField = "",
    label_column: ColumnField = "",
) -> Response:
    """Queue the import of a dataset that lies below one of the server's roots; its images stay where they are."""
    form = DatasetForm(
        way="path",
        path=path,
        name=name,
        split=split,
        limit=limit,
        every=every,
        annotations=annotations,
        labels=labels,
        path_column=path_column,
        label_column=label_column,
    )
    try:
        where = allowed_path(path, workbench.settings.roots)
        return import_answer(request, _submit(workbench, where, form))
    except AccuBenchError as error:
        return _rejected(request, workbench, form, error)


@router.post(
    "/datasets/upload",
    status_code=303,
    response_class=Response,
    responses=UPLOAD_ANSWERS,
    summary="Upload an archive or single images and import them",
    openapi_extra=upload_form(_FIELDS),
)
async def upload_dataset(request: Request, workbench: WorkbenchDependency) -> Response:
    """Take one archive, or images with or without a list of their classes, and queue the import."""

    async def go_on(received: Upload | AccuBenchError) -> Response:
        return await run_in_threadpool(_queue_upload, request, workbench, received)

    return await take_upload(request, workbench, go_on)


def _queue_upload(request: Request, workbench: Workbench, received: Upload | AccuBenchError) -> Response:
    if isinstance(received, AccuBenchError):
        return _rejected(request, workbench, DatasetForm(), received, 400)
    form = DatasetForm(way="upload", **{key: received.fields.get(key, "")[:1000] for key in _FIELDS})
    try:
        archive = _only_archive(received.names)
        named = form if archive or form.name.strip() else form.model_copy(update={"name": _name_of(received.names)})
        job = received.finish(workbench, lambda folder: _submit(workbench, folder / (archive or ""), named))
    except AccuBenchError as error:
        received.discard()
        return _rejected(request, workbench, form, error)
    return import_answer(request, job)


def _only_archive(names: list[str]) -> str | None:
    """The archive that was sent, or None for single files.

    Raises:
        UsageError: An archive came with other files.
    """
    archives = [name for name in names if name.lower().endswith(ARCHIVE_SUFFIXES)]
    if archives and len(names) > 1:
        raise UsageError(f"Send one archive alone, or single files. These are {len(names)} files with {archives[0]}.")
    return archives[0] if archives else None


def _name_of(names: list[str]) -> str:
    """What to call uploaded files: after the table of images that was sent alone, else after the time."""
    if len(names) == 1 and names[0].lower().endswith(".parquet") and names[0].isprintable():
        return FilePath(names[0]).stem[:_LONGEST_NAME].strip()
    return f"images-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"


def _submit(workbench: Workbench, path: FilePath, form: DatasetForm) -> Job:
    if form.split not in {"", "train", "val", "test"}:
        raise UsageError("A split is one of train, val and test.")
    return workbench.workspace.background.import_dataset(
        path,
        name=checked_name(form.name),
        roots=workbench.settings.roots,
        split=form.split or None,
        limit=form.limit.strip() or None,
        every=form.every.strip() or None,
        annotations=_file_inside(path, form.annotations),
        labels=_file_inside(path, form.labels),
        path_column=form.path_column.strip() or None,
        label_column=form.label_column.strip() or None,
    )


def _file_inside(dataset: FilePath, given: str) -> str | None:
    """A file that is named by its place in the dataset's folder, or in its archive.

    Raises:
        UsageError: It leads out of it.
    """
    given = given.strip()
    if not given:
        return None
    parts = PurePosixPath(given).parts
    outside = given.startswith("/") or ".." in parts or not given.isprintable()
    folder = dataset if dataset.is_dir() else dataset.parent
    if not outside and not dataset.name.lower().endswith(ARCHIVE_SUFFIXES):
        found = (folder / given).resolve()
        outside = not found.is_relative_to(folder.resolve())
        given = str(found)
    if outside:
        raise UsageError(
            f"{given[:200]!r} is no file in the dataset's folder. Give its place there, such as labels.txt."
        )
    return given


def _rejected(
    request: Request, workbench: Workbench, form: DatasetForm, error: AccuBenchError, status: int = 422
) -> Response:
    shown = _datasets_page(workbench, form.model_copy(update={"error": str(error)}))
    return rejected(request, "datasets.html", shown, error, status)


def _datasets_page(workbench: Workbench, form: DatasetForm) -> DatasetsPage:
    workspace = workbench.workspace
    workspace.tidy()
    projects = [each.dataset.id for each in workspace.projects()]
    return DatasetsPage(
        title="Datasets",
        datasets=tuple(
            DatasetRow(
                id=dataset.id,
                name=dataset.name,
                version=dataset.version,
                layout=LAYOUTS[dataset.layout],
                n_images=dataset.n_images,
                n_classes=len(dataset.class_ids),
                annotated=dataset.annotated,
                n_findings=len(dataset.findings),
                source=dataset.archive or dataset.source,
                imported_at=f"{dataset.imported_at.astimezone():%Y-%m-%d %H:%M}",
                n_projects=projects.count(dataset.id),
            )
            for dataset in reversed(workspace.datasets())
        ),
        imports=recent_imports(workspace, "import_dataset"),
        roots=roots_text(workbench.settings.roots),
        largest_upload_bytes=workbench.settings.largest_upload_bytes,
        form=form,
    )
