"""Which columns of a table hold the paths and the classes of images."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from accubench.datasets.content import Request, relative_to_root, split_findings
from accubench.datasets.text import shown
from accubench.datasets.tree import has_image_suffix
from accubench.errors import DatasetProblemsError, Finding, UsageError

__all__ = ["Columns", "TableRecord", "columns_of", "image_columns", "names_classes"]

_PATH_COLUMNS = (
    "path", "imagepath", "filepath", "file", "filename", "image", "imagefile", "imagename", "imagefilename", "img",
    "imgpath", "imgname", "name", "imageid", "id",
)  # fmt: skip
_LABEL_COLUMNS = (
    "class", "label", "classid", "labelid", "target", "category", "categoryid", "annotation", "groundtruth", "y",
    "classname", "labelname", "classindex", "labelindex", "datasetclass",
)  # fmt: skip
_SAMPLED_RECORDS = 20


class TableRecord(NamedTuple):
    """One record of the table; `line` is where it starts, since quoted fields may hold line breaks."""

    line: int
    fields: list[str]


class Columns(NamedTuple):
    """Where paths and classes stand."""

    path: int
    label: int | None
    has_header: bool
    width: int
    findings: tuple[Finding, ...] = ()


def columns_of(records: Sequence[TableRecord], request: Request, path: Path) -> Columns:
    """Where paths and classes stand: as given, by the usual names, by the values, or without a header."""
    header = records[0].fields
    if not request.path_column and any(has_image_suffix(field.strip()) for field in header):
        return _columns_without_header(header, request, path)
    if request.path_column:
        path_index = _given_column(header, request.path_column, request.named(path))
    else:
        images = image_columns([record.fields for record in records], path.parent)
        path_index = _path_column(header, images)
    if path_index is None:
        raise _no_path_column(header, request, path, remedy="Say which one with the option path_column.")
    if request.label_column:
        label_index = _given_column(header, request.label_column, request.named(path))
    else:
        label_index = _find_column(header, _LABEL_COLUMNS, [place != path_index for place in range(len(header))])
    if label_index is None and len(header) == 2 and not request.label_column:
        label_index = 1 - path_index
    _refuse_shared_names(header, [path_index, label_index], request, path)
    findings = () if request.label_column else _choice(header, path_index, label_index, request, path)
    return Columns(path_index, label_index, has_header=True, width=len(header), findings=findings)


def image_columns(records: Sequence[list[str]], folder: Path) -> list[bool]:
    """For each column, whether half of its first values are images by their suffix or because there is such a file."""
    sample = records[1 : _SAMPLED_RECORDS + 1] or records
    columns = range(len(sample[0]) if sample else 0)
    values = [[fields[column].strip() for fields in sample if column < len(fields)] for column in columns]
    return [2 * sum(_is_image(value, folder) for value in column) >= len(sample) for column in values]


def names_classes(header: Sequence[str]) -> bool:
    """Whether a column is called as columns of classes are.

    >>> names_classes(["file_name", "Label"]), names_classes(["file_name", "caption"])
    (True, False)
    """
    return _find_column(header, _LABEL_COLUMNS, [True] * len(header)) is not None


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def _find_column(header: Sequence[str], usual: Sequence[str], allowed: Sequence[bool]) -> int | None:
    """The allowed column whose name stands first among the usual ones."""
    plain = {
        _plain(column): place
        for place, column in reversed(list(enumerate(header)))
        if allowed[place : place + 1] == [True]
    }
    return next((plain[name] for name in usual if name in plain), None)


def _path_column(header: Sequence[str], images: Sequence[bool]) -> int | None:
    """The column of images: among those whose values are images, the one with the most usual name."""
    by_name = _find_column(header, _PATH_COLUMNS, images)
    if by_name is not None:
        return by_name
    if sum(images) == 1:
        return images.index(True)
    return None if any(images) else _find_column(header, _PATH_COLUMNS, [True] * len(header))


def _columns_without_header(header: Sequence[str], request: Request, path: Path) -> Columns:
    """Columns of a table whose first line is an image already: one or two, of which one is the image."""
    places = [place for place, field in enumerate(header) if has_image_suffix(field.strip())]
    if len(header) > 2 or len(places) != 1 or request.label_column:
        remedy = "Write a first line with the names of the columns, such as `path,class`."
        raise _no_path_column(header, request, path, remedy=remedy)
    label_index = 1 - places[0] if len(header) == 2 else None
    return Columns(places[0], label_index, has_header=False, width=len(header))


def _no_path_column(header: Sequence[str], request: Request, path: Path, *, remedy: str) -> DatasetProblemsError:
    message = f"No column is known to hold paths; the first line has: {', '.join(map(shown, header))}."
    file = relative_to_root(path, request.folder)
    finding = Finding(code="no-path-column", message=message, file=file, line=1, remedy=remedy)
    return DatasetProblemsError(f"The table {request.named(path)} cannot be used: 1 problem.", [finding])


def _refuse_shared_names(header: list[str], chosen: Sequence[int | None], request: Request, path: Path) -> None:
    """Refuse a column whose name another one has, too: which of them is meant cannot be said."""
    file = relative_to_root(path, request.folder)
    shared = [header[place] for place in chosen if place is not None and header.count(header[place]) > 1]
    findings = [
        Finding(
            code="duplicate-column",
            message=f"{header.count(name)} columns are called {shown(name) or 'nothing'}.",
            file=file,
            line=1,
            remedy="Give each its own name.",
        )
        for name in shared
    ]
    split_findings(f"The table {request.named(path)} cannot be used", findings)


def _given_column(header: list[str], wanted: str, table: str) -> int:
    if wanted in header:
        return header.index(wanted)
    stripped = [column.strip() for column in header]
    if wanted.strip() in stripped:
        return stripped.index(wanted.strip())
    raise UsageError(f"{table} has no column '{wanted}'; it has {', '.join(map(shown, header))}.")


def _choice(
    header: list[str], path_index: int, label_index: int | None, request: Request, path: Path
) -> tuple[Finding, ...]:
    """A warning where several columns could hold the class, or where none is called so."""
    fitting = [
        column for place, column in enumerate(header) if _plain(column) in _LABEL_COLUMNS and place != path_index
    ]
    if label_index is None or len(fitting) == 1:
        return ()
    columns = ", ".join(map(shown, fitting or header))
    message = f"The columns are {columns}; {shown(header[label_index])} was taken for the class."
    file = relative_to_root(path, request.folder)
    remedy = "Say which one with the option label_column."
    return (Finding(code="column-chosen", message=message, severity="warning", file=file, line=1, remedy=remedy),)


def _is_image(value: str, folder: Path) -> bool:
    if has_image_suffix(value):
        return True
    try:
        return bool(value) and (folder / value).is_file()
    except (OSError, ValueError):
        return False
