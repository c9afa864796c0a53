"""Layout: Parquet files with a column of images, as the Hugging Face Hub has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from accubench.datasets.classes import Classes, LabelledLine, LabelNames, classes_of, find_label_names, words_of
from accubench.datasets.content import DatasetContent, Request, split_findings
from accubench.datasets.manifest import ManifestRow, make_manifest
from accubench.datasets.parquet_files import (
    ImageColumns,
    ImageRow,
    image_columns_of,
    image_rows,
    open_parquet,
    parquet_problems,
)
from accubench.datasets.parquet_reading import parquet_member
from accubench.datasets.parquet_shards import choose_files, parquet_files
from accubench.datasets.text import shown
from accubench.errors import DatasetProblemsError, Finding
from accubench.labels import is_synset
from accubench.records.class_names import ClassNames
from accubench.records.locator import Locator
from accubench.records.sniff import Sniff

__all__ = ["load", "sniff"]

LOOKED_FOR = "Parquet files (.parquet) with a column of images"

_UNLABELLED = -1
"""What Hugging Face's `datasets` writes where a class is not told, as in ImageNet's test set."""


class _Row(NamedTuple):
    """A row of one of the files."""

    file: str
    number: int
    """0-based in the file."""
    found: ImageRow
    leaf: int


def sniff(request: Request) -> Sniff:
    """Whether there are Parquet files of which the first has images, or cannot be looked into."""
    files = parquet_files(request)
    if not files:
        return Sniff(fits=False, reason="there is no .parquet file")
    if request.annotations is not None or request.path_column is not None:
        return Sniff(fits=True, reason=f"{shown(files[0])} was given")
    try:
        columns = _columns(request, files[0])
    except DatasetProblemsError:
        return Sniff(fits=True, reason=f"{shown(files[0])} is there")
    reason = f"{shown(files[0])} has {'a' if columns else 'no'} column of images"
    return Sniff(fits=columns is not None, reason=reason)


def load(request: Request) -> DatasetContent:
    """The images in the rows of all files of a split, in the order of the files and rows.

    Raises:
        DatasetProblemsError: If a file cannot be read, has no column of images, or classes cannot be understood.
        LabelError: If the label file that was given cannot be read.
        UsageError: If a split or column that was asked for does not exist.
    """
    files, split, findings = choose_files(parquet_files(request), request)
    columns = {file: _image_columns(request, file) for file in files}
    rows = [row for file in files for row in _rows(request, file, columns[file])]
    summary = f"The images in {request.named(request.source)} cannot be used"
    if not rows:
        findings.append(Finding(code="no-images", message="The table has no rows.", file=shown(files[0])))
    declared = _declared_names(columns)
    given, label_findings = find_label_names(request)
    label_names = given if given is not None and (given.given or declared is None) else declared
    classes = _classes(rows, label_names)
    tables = {file: request.find(file) or Locator(file) for file in files}
    found = [_locator(request, row, tables[row.file]) for row in rows]
    manifest = make_manifest(
        [
            ManifestRow.of(name, place, dataset_class=class_id)
            for name, place, class_id in zip(_names(rows), found, classes.ids, strict=True)
        ]
    )
    findings += [*classes.findings, *label_findings, *_annotation_finding(classes, columns), *request.findings]
    synsets = classes.class_names is not None and classes.class_names.synsets is not None
    return DatasetContent(
        root=request.folder,
        source=request.source,
        layout="parquet_images",
        split=split,
        annotation_file=files[0] if len(files) == 1 else None,
        findings=split_findings(summary, findings),
        manifest=manifest,
        annotated=any(class_id is not None for class_id in classes.ids),
        class_names=classes.class_names,
        # The numbers of synset ids are positions in this dataset's list; a list of names is mostly the model's, too.
        names_decide=classes.names_decide or (label_names is declared and synsets),
    )


def _columns(request: Request, file: str) -> ImageColumns | None:
    with parquet_problems(file), open_parquet(request.folder / file) as opened:
        return image_columns_of(opened, file, path_column=request.path_column, label_column=request.label_column)


def _image_columns(request: Request, file: str) -> ImageColumns:
    columns = _columns(request, file)
    if columns is None:
        message = "No column holds images: expected is `image` or `img` with bytes."
        remedy = "Say which one with the option path_column."
        finding = Finding(code="no-path-column", message=message, file=shown(file), remedy=remedy)
        raise DatasetProblemsError(f"The Parquet file {shown(file)} cannot be used: 1 problem.", [finding])
    return columns


def _rows(request: Request, file: str, columns: ImageColumns) -> list[_Row]:
    texts = [columns.name] if columns.name else []
    texts += [columns.label] if columns.label and not columns.integer_labels else []
    with parquet_problems(file), open_parquet(request.folder / file, texts=tuple(texts)) as opened:
        return [_Row(file, number, row, columns.leaf) for number, row in enumerate(image_rows(opened, columns))]


def _declared_names(columns: dict[str, ImageColumns]) -> LabelNames | None:
    """The names that the files declare; they must not differ.

    Raises:
        DatasetProblemsError: They do.
    """
    declared = {file: of_file.class_names for file, of_file in columns.items() if of_file.class_names is not None}
    if not declared:
        return None
    (first, names), *others = declared.items()
    findings = [
        Finding(
            code="contradicting-names",
            message=f"The names of the classes are others than in {shown(first)}.",
            file=shown(file),
        )
        for file, other in others
        if other != names
    ]
    if findings:
        raise DatasetProblemsError("The Parquet files do not belong together:", findings)
    origin = f"ClassLabel in {shown(first)}"
    if all(is_synset(name) for name in names):
        return LabelNames(ClassNames(names=words_of(names, None), synsets=names, origin=origin), first, given=False)
    return LabelNames(ClassNames(names=names, origin=origin), first, given=False)


def _classes(rows: Sequence[_Row], label_names: LabelNames | None) -> Classes:
    """Class ids of all rows; findings tell the file and, as its line, the 1-based row."""
    lines = [LabelledLine(place, "", _label(row.found.label)) for place, row in enumerate(rows)]
    classes = classes_of(lines, label_names, rows[0].file if rows else "")
    findings = [
        finding
        if finding.line is None
        else replace(finding, file=shown(rows[finding.line].file), line=rows[finding.line].number + 1)
        for finding in classes.findings
    ]
    return replace(classes, findings=findings)


def _label(label: str | int | None) -> str | None:
    if label is None or label == _UNLABELLED:
        return None
    return str(label).strip() or None


def _locator(request: Request, row: _Row, table: Locator) -> Locator:
    """Where the image of a row is: in the row or, where that has a path only, in a file below the dataset's folder."""
    path = row.found.path
    if (
        not row.found.has_bytes
        and path
        and "\0" not in path
        and not path.startswith("/")
        and ".." not in path.split("/")
    ):
        folder = Path(row.file).parent.as_posix()
        for place in dict.fromkeys([path if folder == "." else f"{folder}/{path}", path]):
            found = request.find(place)
            if found is not None:
                return found
    member = parquet_member(row.leaf, row.found.row_group, row.found.row)
    return table._replace(member=member, size_bytes=None)


def _names(rows: Sequence[_Row]) -> list[str]:
    """The names of images: the paths that stand beside them where each is there once, else file and row."""
    often = Counter(row.found.path for row in rows)
    by_place = [f"{row.file}/{row.number}" for row in rows]
    names = [
        row.found.path if row.found.path and often[row.found.path] == 1 else place
        for row, place in zip(rows, by_place, strict=True)
    ]
    return names if len(set(names)) == len(names) else by_place


def _annotation_finding(classes: Classes, columns: dict[str, ImageColumns]) -> list[Finding]:
    """A warning where some or all images are not annotated."""
    missing = sum(class_id is None for class_id in classes.ids)
    if not missing:
        return []
    if not any(of_file.label for of_file in columns.values()):
        message = "No column is known to hold classes; the images are not annotated."
        remedy = "Say which one with the option label_column."
        return [Finding(code="not-annotated", message=message, severity="warning", remedy=remedy)]
    message = f"{missing} of {len(classes.ids)} images have no class."
    return [Finding(code="not-annotated", message=message, severity="warning")]
