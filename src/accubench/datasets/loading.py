"""Loading a dataset of whatever layout it has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from accubench.datasets import (
    cifar_binary,
    cifar_python,
    class_folders,
    idx,
    ilsvrc,
    imagenet,
    images,
    parquet_images,
    table,
)
from accubench.datasets.annotation_files import PARQUET_SUFFIX, TABLE_SUFFIXES
from accubench.datasets.content import DatasetContent, Request
from accubench.datasets.splits import choose_split, split_folders
from accubench.errors import DatasetNotFoundError, Finding, UnknownLayoutError, UsageError
from accubench.records.locator import Locator
from accubench.records.sniff import Sniff

__all__ = ["load_dataset"]

_PUBLISHED: tuple[ModuleType, ...] = (ilsvrc, cifar_binary, cifar_python, idx)
"""Datasets as their authors give them away, recognised by the names of their files."""
_LISTED: tuple[ModuleType, ...] = (*_PUBLISHED, imagenet, table, parquet_images)
LAYOUTS: tuple[ModuleType, ...] = (*_LISTED, class_folders, images)
"""In the order in which they are tried: what someone wrote down counts more than where files lie."""


def load_dataset(
    source: Path,
    *,
    split: str | None = None,
    annotations: Path | None = None,
    labels: Path | None = None,
    path_column: str | None = None,
    label_column: str | None = None,
    known_as: Path | None = None,
    packed: Mapping[str, Locator] | None = None,
) -> DatasetContent:
    """Find out the layout of a dataset and read which images and annotations it has; nothing is copied.

    Args:
        source: The dataset's folder, or an annotation file or table in it.
        split: ``train``, ``val`` or ``test`` where the dataset has them.
        annotations: The annotation file or table, where it is not clear; as a path or by its name in the folder.
        labels: A file with the names of the dataset's classes; likewise.
        path_column: The table's column that holds paths.
        label_column: The table's column that holds classes.
        known_as: The archive that `source` was unpacked from, which messages name in its place.
        packed: Images that lie in an archive instead of in the folder, by the paths that they would have there.

    Raises:
        DatasetNotFoundError: If `source` does not exist.
        UnknownLayoutError: If no layout fits; says what was looked for and what was found.
        DatasetProblemsError: If there are problems; carries all of them with file and line.
        LabelError: If `labels` cannot be read.
        UsageError: If a split, file or column that was asked for does not exist.
    """
    request = _request(source, annotations, labels, known_as)
    request = replace(request, split=split, path_column=path_column, label_column=label_column, packed=packed or {})
    looked: dict[ModuleType, Sniff] = {}
    for layout in _LISTED:
        if _sniffed(layout, request, looked):
            return layout.load(request)
    request = _in_split(request)
    for layout in LAYOUTS if request.in_split else LAYOUTS[len(_LISTED) :]:
        if _sniffed(layout, request, looked):
            return layout.load(_with_reasons(request, looked) if layout is images else request)
    raise _unknown_layout(request, looked)


def _sniffed(layout: ModuleType, request: Request, looked: dict[ModuleType, Sniff]) -> bool:
    looked[layout] = layout.sniff(request)
    return looked[layout].fits


def _request(source: Path, annotations: Path | None, labels: Path | None, known_as: Path | None) -> Request:
    source = Path(os.path.abspath(source))  # noqa: PTH100 - links stay as the user wrote them
    if not os.path.exists(source):  # noqa: PTH110 - also false, rather than an error, for impossible names
        raise DatasetNotFoundError(
            f"There is no dataset at {source}. Give a folder of images, or a table or list of them."
        )
    folder = source
    if not source.is_dir():
        if source.suffix.lower() not in {*TABLE_SUFFIXES, ".txt", ".lst", PARQUET_SUFFIX}:
            raise UnknownLayoutError(
                f"{source} is not a dataset. Expected is a folder, an archive (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz),"
                " a table (.csv, .tsv, .parquet) or an annotation file (.txt) in ImageNet's style."
            )
        if annotations is not None:
            raise UsageError(f"{source} is an annotation file itself; give either its folder or no annotations.")
        folder, annotations = source.parent, source
    if not os.access(folder, os.R_OK | os.X_OK):
        raise DatasetNotFoundError(f"The folder {folder} may not be read by this user. Check its permissions.")
    return Request(
        source=source,
        folder=folder,
        annotations=_given_file(annotations, folder, "annotation file", known_as),
        labels=_given_file(labels, folder, "label file", known_as),
        known_as=known_as,
    )


def _given_file(path: Path | None, folder: Path, what: str, known_as: Path | None) -> Path | None:
    """The absolute path of a file that was given as a path or by its place in the dataset's folder."""
    if path is None:
        return None
    places = (path, folder / path)
    for place in places:
        if place.is_file():
            return Path(os.path.abspath(place))  # noqa: PTH100
    if any(os.path.exists(place) for place in places):  # noqa: PTH110 - also false for impossible names
        raise UsageError(f"The {what} {path} is not a file. Give a text file or a table, not a folder, pipe or device.")
    raise UsageError(f"The {what} {path} does not exist, neither here nor in {known_as or folder}.")


def _in_split(request: Request) -> Request:
    """The request for the sub-folder of a split, where the dataset has splits."""
    offered = split_folders(request)
    if not offered:
        if request.split is not None:
            raise UsageError(
                f"There is no split '{request.split}': {request.named(request.folder)} has no folders train, val or"
                " test."
            )
        return request
    split, findings = choose_split(offered, request.split, what="folders")
    return replace(request.below(offered[split]), split=split, in_split=True, annotations=None, findings=findings)


def _with_reasons(request: Request, looked: dict[ModuleType, Sniff]) -> Request:
    """The request with a warning that says why images have no annotations."""
    told = [found for layout, found in looked.items() if found.near or layout not in {*_PUBLISHED, images}]
    why = "; ".join(found.reason for found in told)
    message = f"No annotations were found, so the images are not annotated ({why})."
    finding = Finding(code="not-annotated", message=message, severity="warning")
    return replace(request, findings=(*request.findings, finding))


def _unknown_layout(request: Request, looked: dict[ModuleType, Sniff]) -> UnknownLayoutError:
    looked_for = [f"  - {layout.LOOKED_FOR}: {found.reason}." for layout, found in looked.items()]
    return UnknownLayoutError(
        "\n".join(
            [
                f"The layout of {request.named(request.folder)} is not recognised. Looked for were:",
                *looked_for,
                f"Found were {request.tree.counts()}.",
            ]
        )
    )
