"""The page of one dataset: its facts, what its check found, its classes and some of its images."""

from __future__ import annotations

import shlex
import threading
from collections import OrderedDict
from typing import Annotated, Literal, cast
from urllib.parse import urlencode

import polars as pl
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from accubench.records.base import Record
from accubench.records.dataset import Dataset, DatasetLayout
from accubench.web.dataset_health import HealthCard, health_card
from accubench.web.import_views import UsedBy, used_by, workspace_option
from accubench.web.pages import PageContext, page
from accubench.web.subset_form import SubsetForm, subset_form
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace import DatasetImages

__all__ = ["LAYOUTS", "DatasetId", "router", "show_dataset"]

router = APIRouter()

LAYOUTS: dict[DatasetLayout, str] = {
    "ilsvrc": "ILSVRC2012",
    "cifar_binary": "CIFAR, binary",
    "cifar_python": "CIFAR, Python",
    "idx": "IDX (MNIST)",
    "imagenet": "ImageNet list",
    "class_folders": "Class folders",
    "table": "Table",
    "parquet_images": "Parquet with images",
    "images": "Images",
}
_SAMPLES = 24
# Instead of an error, which browsers report as a fault of the page.
_NO_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 136 136">'
    b'<path d="m50 50 36 36m0-36-36 36" stroke="#888" stroke-width="3"/></svg>'
)
_THUMBNAIL_SIDE = 272
_CLASSES_PER_PAGE = 25
_FINDINGS_PER_PAGE = 50
_KEPT = 8
_BAR_WIDTH = 120.0
_LARGEST = 2**31 - 1

Sort = Literal["id", "name", "images"]
DatasetId = Annotated[str, Path(max_length=64, description="A dataset's id.")]


class FindingRow(Record):
    """One thing that the check noticed."""

    place: str
    """File and line, where it has one."""
    message: str
    code: str


class ClassRow(Record):
    """A class of the dataset."""

    class_id: int
    name: str
    n_images: int
    bar: float
    """Length of its bar, of 120."""


class Sample(Record):
    """An image of the dataset."""

    position: int
    name: str
    class_text: str


class Column(Record):
    """A column of the table of classes, with the address that sorts by it."""

    title: str
    address: str
    sorted: Literal["", "ascending", "descending"]
    style: str
    """Name of its style."""


class DatasetPage(PageContext):
    """Everything that is known of a dataset."""

    dataset: Dataset
    layout: str
    source: str
    findings: tuple[FindingRow, ...]
    n_findings: int
    findings_next: str
    findings_previous: str
    classes: tuple[ClassRow, ...]
    columns: tuple[Column, ...]
    n_classes: int
    """All of them, also those without images."""
    n_found: int
    """Those that the search found."""
    balance: str
    """How evenly images are spread over the classes, in words."""
    search: str
    classes_next: str
    classes_previous: str
    samples: tuple[Sample, ...]
    subset: SubsetForm
    used_by: UsedBy
    versions: tuple[tuple[str, str], ...]
    """Other versions, and their addresses."""
    health_card: HealthCard
    command: str
    python: str


@page(router, "/datasets/{dataset_id}", "dataset.html", DatasetPage)
def show_dataset(
    workbench: WorkbenchDependency,
    dataset_id: DatasetId,
    *,
    classes: Annotated[str, Query(max_length=200, description="Only classes that contain this text.")] = "",
    sort: Annotated[Sort, Query(description="Order of the classes.")] = "id",
    descending: Annotated[bool, Query(description="Whether the order is reversed.")] = False,
    page: Annotated[int, Query(ge=1, le=_LARGEST, description="Page of the classes.")] = 1,
    findings: Annotated[int, Query(ge=1, le=_LARGEST, description="Page of the findings.")] = 1,
) -> DatasetPage:
    """One dataset: facts, all findings of its check, its classes, and some images."""
    workspace = workbench.workspace
    images = _images(workbench, dataset_id)
    dataset = images.dataset
    state = {"classes": classes, "sort": sort, "descending": int(descending), "page": page, "findings": findings}
    found = _found_classes(images, classes, sort, descending=descending)
    shown = found.slice((page - 1) * _CLASSES_PER_PAGE, _CLASSES_PER_PAGE)
    first = (findings - 1) * _FINDINGS_PER_PAGE
    return DatasetPage(
        title=dataset.name,
        dataset=dataset,
        layout=LAYOUTS[dataset.layout],
        source=_source(workbench, dataset),
        findings=tuple(_finding_rows(dataset, first)),
        n_findings=len(dataset.findings),
        findings_next=_address(state, "findings", findings=findings + 1)
        if first + _FINDINGS_PER_PAGE < len(dataset.findings)
        else "",
        findings_previous=_address(state, "findings", findings=findings - 1) if findings > 1 else "",
        classes=_class_rows(shown, images),
        columns=_columns(state, sort, descending=descending),
        n_classes=len(images.classes),
        n_found=len(found),
        balance=_balance(images),
        search=classes,
        classes_next=_address(state, "classes", page=page + 1) if page * _CLASSES_PER_PAGE < len(found) else "",
        classes_previous=_address(state, "classes", page=page - 1) if page > 1 else "",
        samples=_samples(images),
        subset=subset_form(workspace, dataset),
        used_by=used_by(workspace, dataset_id=dataset.id),
        versions=tuple(
            (f"version {other.version}", f"/datasets/{other.id}")
            for other in workspace.datasets()
            if other.name == dataset.name and other.id != dataset.id
        ),
        health_card=health_card(workspace, dataset),
        command=f"accubench datasets show {shlex.quote(dataset.id)}{workspace_option(workspace)}",
        python=_python(workbench, dataset),
    )


@router.get(
    "/datasets/{dataset_id}/images/{position}/thumbnail.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "image/svg+xml": {}}}},
    summary="A small picture of an image; a cross where it cannot be decoded",
)
def show_thumbnail(
    workbench: WorkbenchDependency,
    dataset_id: DatasetId,
    position: Annotated[int, Path(ge=0, le=_LARGEST, description="Row of the image in the dataset, from 0.")],
) -> Response:
    """An image, decoded by us and encoded anew, never the file itself."""
    jpeg = _images(workbench, dataset_id).thumbnail(position, _THUMBNAIL_SIDE)
    if jpeg is None:
        return Response(_NO_PICTURE, media_type="image/svg+xml")
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


_lock = threading.Lock()


def _images(workbench: Workbench, dataset_id: str) -> DatasetImages:
    """The dataset's images, kept from one request to the next: thumbnails come two dozen at a time."""
    dataset = workbench.workspace.dataset_by_id(dataset_id)
    with _lock:
        kept = cast("OrderedDict[str, DatasetImages]", workbench.caches.setdefault(__name__, OrderedDict()))
        if dataset.id not in kept:
            kept[dataset.id] = workbench.workspace.dataset_images(dataset.id)
        kept.move_to_end(dataset.id)
        while len(kept) > _KEPT:
            kept.popitem(last=False)
        return kept[dataset.id]


def _found_classes(images: DatasetImages, search: str, sort: Sort, *, descending: bool) -> pl.DataFrame:
    found = images.classes
    wanted = search.strip().lower()
    if wanted:
        named = pl.col("class_name").str.to_lowercase().str.contains(wanted, literal=True).fill_null(value=False)
        found = found.filter(named | (pl.col("class_id").cast(pl.String) == wanted))
    column = {"id": "class_id", "name": "class_name", "images": "n_images"}[sort]
    return found.sort(column, "class_id", descending=[descending, False], nulls_last=True)


def _class_rows(shown: pl.DataFrame, images: DatasetImages) -> tuple[ClassRow, ...]:
    most = max(1, *(images.classes["n_images"].to_list() or [1]))
    return tuple(
        ClassRow(class_id=class_id, name=name or "", n_images=count, bar=round(_BAR_WIDTH * count / most, 1))
        for class_id, name, count in shown.iter_rows()
    )


def _columns(state: dict[str, str | int], sort: Sort, *, descending: bool) -> tuple[Column, ...]:
    titles: dict[Sort, str] = {"id": "Class", "name": "Name", "images": "Images"}
    return tuple(
        Column(
            title=title,
            address=_address(
                state, "classes", sort=key, page=1, descending=int(not descending if key == sort else key == "images")
            ),
            sorted=("descending" if descending else "ascending") if key == sort else "",
            style={"id": "class-id", "name": "", "images": "number"}[key],
        )
        for key, title in titles.items()
    )


def _balance(images: DatasetImages) -> str:
    counts = images.classes["n_images"].to_list()
    if not images.dataset.annotated or not counts:
        return ""
    least, most = min(counts), max(counts)
    empty = f"; {counts.count(0):,} have none" if least == 0 else ""
    if least == most:
        return "1 image each" if most == 1 else f"{most:,} images each"
    return f"{least:,} to {most:,} images each{empty}"


def _samples(images: DatasetImages) -> tuple[Sample, ...]:
    names = images.dataset.class_names
    samples: list[Sample] = []
    for position in images.sample(_SAMPLES):
        row = images.row(position)
        class_id = cast("int | None", row["dataset_class"])
        name = names.name(class_id) if names else None
        text = "" if class_id is None else name or f"class {class_id}"
        samples.append(Sample(position=position, name=str(row["image_name"]), class_text=text))
    return tuple(samples)


def _finding_rows(dataset: Dataset, first: int) -> list[FindingRow]:
    return [
        FindingRow(
            place=":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None),
            message=f"{finding.message} {finding.remedy or ''}".strip(),
            code=finding.code,
        )
        for finding in dataset.findings[first : first + _FINDINGS_PER_PAGE]
    ]


def _address(state: dict[str, str | int], anchor: str, **changes: str | int) -> str:
    """The same page with another state; what is as by default is left out."""
    defaults = {"classes": "", "sort": "id", "descending": 0, "page": 1, "findings": 1}
    changed = {key: value for key, value in {**state, **changes}.items() if value != defaults[key]}
    return f"?{urlencode(changed)}#{anchor}"


def _source(workbench: Workbench, dataset: Dataset) -> str:
    uploads = workbench.workspace.uploads
    if dataset.archive is not None:
        uploaded = dataset.archive.startswith(f"{uploads}/")
        return f"uploaded from {dataset.archive.rpartition('/')[2]}" if uploaded else dataset.archive
    return "uploaded" if dataset.root.startswith(f"{uploads}/") else dataset.source


def _python(workbench: Workbench, dataset: Dataset) -> str:
    return (
        "import accubench\n\n"
        f"with accubench.Workspace({str(workbench.workspace.folder)!r}) as workspace:\n"
        f"    images = workspace.dataset_images({dataset.id!r})\n"
        "    print(images.dataset, images.classes, images.manifest)\n"
    )
