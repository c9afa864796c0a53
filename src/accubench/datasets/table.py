"""Layout: a table (CSV or TSV) with a column of paths and a column of classes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from accubench.datasets import class_folders
from accubench.datasets.annotation_files import TABLE_SUFFIXES, choose_annotation_file, fits_split
from accubench.datasets.classes import Classes, LabelledLine, classes_of, find_label_names
from accubench.datasets.content import DatasetContent, Request, relative_to_root, split_findings
from accubench.datasets.located import (
    Finder,
    ListedImage,
    in_line_order,
    listed_rows,
    undecodable_findings,
    unlisted_finding,
)
from accubench.datasets.manifest import make_manifest
from accubench.datasets.table_columns import Columns, TableRecord, columns_of, image_columns, names_classes
from accubench.datasets.text import is_unicode, read_head, read_text, unreadable_lines
from accubench.datasets.tree import is_hidden
from accubench.errors import Finding
from accubench.records.sniff import Sniff

__all__ = ["load", "sniff"]

_METADATA = "metadata.csv"
LOOKED_FOR = "a table (.csv or .tsv with a column of paths and a column of classes)"


def sniff(request: Request) -> Sniff:
    """Whether there is a table with a column of paths."""
    if request.annotations is not None:
        if request.annotations.suffix.lower() not in TABLE_SUFFIXES:
            return Sniff(fits=False, reason=f"{request.annotations.name} is no .csv or .tsv file")
        return Sniff(fits=True, reason=f"{request.annotations.name} was given")
    tables = _table_files(request.folder)
    if not tables:
        return Sniff(fits=False, reason="there is no .csv or .tsv file")
    listing = [path for path in tables if _lists_images(path)]
    usable = [path for path in listing if not _only_describes(path, request)]
    if usable:
        return fits_split(usable, request)
    if request.path_column or request.label_column:
        return Sniff(fits=True, reason="columns of a table were given")
    return Sniff(fits=False, reason=_why_none(tables, listing))


def load(request: Request) -> DatasetContent:
    """The images that the table lists, in its order.

    Raises:
        DatasetProblemsError: If records cannot be read, images are missing or classes contradict each other.
        LabelError: If the label file that was given cannot be read.
        UsageError: If a column that was asked for does not exist.
    """
    path, split, findings = _table_file(request)
    file = relative_to_root(path, request.folder)
    text = read_text(path)
    findings += unreadable_lines(text, file)
    summary = f"The table {request.named(path)} cannot be used"
    records, problems = _records(text, file)
    if not records:
        findings += [*problems, Finding(code="no-images", message="The table has no records.", file=file)]
        split_findings(summary, findings)
    columns = columns_of(records, request, path)
    entries, more = _entries(records[1:] if columns.has_header else records, columns, file)
    if not entries and not more:
        more.append(Finding(code="no-images", message="The table lists no images.", file=file))
    label_names, label_findings = find_label_names(request, besides=path)
    classes = classes_of(entries, label_names, file)
    images = [ListedImage(entry.line, entry.name, own) for entry, own in zip(entries, classes.ids, strict=True)]
    whole_folder = request.source.is_dir()
    finder = Finder(request, list_folder=path.parent, tree_known=whole_folder, outside_allowed=True)
    rows, missing = listed_rows(images, finder, file)
    findings += in_line_order([*problems, *more, *missing, *classes.findings])
    findings += [*columns.findings, *label_findings, *_annotation_finding(classes, columns, file), *request.findings]
    if whole_folder:
        findings += [*unlisted_finding(request, request.tree.images, rows, file), *request.tree.findings]
        findings += undecodable_findings(request.tree, severity="warning")
    return DatasetContent(
        root=request.folder,
        source=request.source,
        layout="table",
        split=split,
        annotation_file=file,
        findings=split_findings(summary, findings),
        manifest=make_manifest(rows),
        annotated=any(class_id is not None for class_id in classes.ids),
        class_names=classes.class_names,
        names_decide=classes.names_decide,
    )


def _table_file(request: Request) -> tuple[Path, str | None, list[Finding]]:
    own_split = request.split if request.in_split else None
    if request.annotations is not None:
        return request.annotations, own_split, []
    tables = _table_files(request.folder)
    usable = [path for path in tables if _lists_images(path)] or tables
    path, split, findings = choose_annotation_file(usable, None if request.in_split else request.split)
    return path, own_split or split, findings


def _table_files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in TABLE_SUFFIXES and not is_hidden(path.name) and path.is_file()
    )


def _lists_images(path: Path) -> bool:
    """Whether one of the columns of a table holds images, as far as its first records show."""
    records, _ = _records(read_head(path), path.name)
    return any(image_columns([record.fields for record in records], path.parent))


def _why_none(tables: Sequence[Path], listing: Sequence[Path]) -> str:
    if listing:
        return f"{_METADATA} has no column of classes, and there are folders of them"
    names = ", ".join(path.name for path in tables[:3])
    return f"{names} has no column whose values are images"


def _only_describes(path: Path, request: Request) -> bool:
    """Whether a table is what an imagefolder says of images, such as captions, while its folders are the classes."""
    if path.name != _METADATA or request.path_column or request.label_column:
        return False
    records, _ = _records(read_head(path), path.name)
    return not names_classes(records[0].fields) and class_folders.sniff(request).fits


def _delimiter(text: str) -> str:
    """The one of tab, semicolon, comma and bar that the first line has most of outside quotes; comma without any.

    >>> _delimiter('path;"class, by name"')
    ';'
    """
    first = next((line for line in text.split("\n", 1000) if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max("\t;,|", key=lambda delimiter: (unquoted.count(delimiter), delimiter == ","))


def _records(text: str, file: str) -> tuple[list[TableRecord], list[Finding]]:
    """All records that are not blank, up to the first that cannot be read."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    records: list[TableRecord] = []
    line = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return records, []
        except csv.Error as error:
            message = f"The record that starts here cannot be read: {error}."
            remedy = "Check the quotes: inside a quoted field they are doubled."
            finding = Finding(code="unreadable-line", message=message, file=file, line=line, remedy=remedy)
            return records, [finding]
        if any(field.strip() for field in fields) and all(map(_is_readable, fields)):
            records.append(TableRecord(line, fields))
        line = reader.line_num + 1


def _is_readable(field: str) -> bool:
    """Whether a field is text; `unreadable_lines` reports the lines of those that are not."""
    return "\0" not in field and is_unicode(field)


def _entries(records: Sequence[TableRecord], columns: Columns, file: str) -> tuple[list[LabelledLine], list[Finding]]:
    entries: list[LabelledLine] = []
    findings: list[Finding] = []
    for line, fields in records:
        if len(fields) > columns.width or columns.path >= len(fields):
            message = f"The record has {len(fields)} fields, but the first line has {columns.width}."
            remedy = "Fields that hold the delimiter must be quoted."
            findings.append(Finding(code="unreadable-line", message=message, file=file, line=line, remedy=remedy))
            continue
        name = fields[columns.path].strip()
        if not name:
            findings.append(Finding(code="unreadable-line", message="The path is empty.", file=file, line=line))
            continue
        has_label = columns.label is not None and columns.label < len(fields)
        label = fields[columns.label].strip() if has_label and columns.label is not None else ""
        entries.append(LabelledLine(line, name, label or None))
    return entries, findings


def _annotation_finding(classes: Classes, columns: Columns, file: str) -> list[Finding]:
    """A warning where some or all images are not annotated."""
    missing = sum(class_id is None for class_id in classes.ids)
    if not missing:
        return []
    if columns.label is None:
        message = "No column is known to hold classes; the images are not annotated."
        remedy = "Say which one with the option label_column."
        return [Finding(code="not-annotated", message=message, severity="warning", file=file, remedy=remedy)]
    message = f"{missing} of {len(classes.ids)} images have no class."
    return [Finding(code="not-annotated", message=message, severity="warning", file=file)]
