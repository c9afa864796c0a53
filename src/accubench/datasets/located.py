"""From names in a list to files on the disk, with everything that can be wrong on the way."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from accubench.datasets.content import Request
from accubench.datasets.manifest import ManifestRow
from accubench.datasets.text import is_unicode, shown
from accubench.datasets.tree import Tree, has_image_suffix
from accubench.errors import Finding
from accubench.records.locator import Locator

__all__ = [
    "Finder",
    "ListedImage",
    "in_line_order",
    "listed_rows",
    "present_rows",
    "undecodable_findings",
    "unlisted_finding",
]

_SHOWN_DUPLICATES = 20


class ListedImage(NamedTuple):
    """One entry of an annotation file or table."""

    line: int
    name: str
    dataset_class: int | None


class Finder:
    """Finds the files that an annotation file or a table names.

    A name is a path below the root; failing that, the end of exactly one path below it, so that images may lie in
    sub-folders that the list does not mention; failing that, the same without the suffix of an image.

    Args:
        request: Tells the root and what lies below it; all of it is looked through only when that is needed.
        list_folder: The folder of the list, which paths with ``..`` may start from.
        tree_known: Whether the files below the root are at hand, so that looking there comes first.
        outside_allowed: Whether paths may be absolute and lead out of the root, as they may in tables.
    """

    def __init__(self, request: Request, *, list_folder: Path, tree_known: bool, outside_allowed: bool) -> None:
        self._request = request
        self._root = str(request.folder)
        self._prefix = f"{self._root.rstrip('/')}/"
        self._list_folder = str(list_folder)
        self._tree_known = tree_known
        self._outside_allowed = outside_allowed

    @cached_property
    def _tree(self) -> Tree:
        return self._request.tree

    def find(self, name: str) -> Locator | Finding:
        """The file that is meant by `name`, or what is wrong (a finding without a place)."""
        if self._tree_known and name in self._tree.file_set:
            return self._request.find(name) or self._missing(name)
        relative = os.path.normpath(name) if name else "."
        if relative == ".":
            return Finding(code="unreadable-line", message="The entry names no image.")
        if relative.startswith("../"):
            relative = os.path.normpath(os.path.join(self._list_folder, relative))  # noqa: PTH118
        if relative.startswith("/"):
            relative = relative.removeprefix(self._prefix)
        if relative == ".." or relative.startswith("/"):
            return self._outside(name, relative)
        if not self._tree_known or relative in self._tree.file_set:
            return self._request.find(relative) or self._elsewhere(relative)
        return self._elsewhere(relative)

    def _place(self, path: str) -> str:
        return path if path.startswith("/") else self._prefix + path

    def _outside(self, name: str, path: str) -> Locator | Finding:
        if self._outside_allowed:
            return self._request.find(path) or self._missing(name)
        return Finding(
            code="outside-root",
            message=f"{shown(name)} leads out of the dataset's folder {self._root}.",
            remedy="List images below the folder, or use a CSV table, which may name any path.",
        )

    def _elsewhere(self, path: str) -> Locator | Finding:
        """A file below the root whose path ends in `path`, or is `path` with accents written the other way."""
        file_name = path.rpartition("/")[2]
        candidates = self._tree.by_name.get(file_name, [])
        ending = [candidate for candidate in candidates if candidate.endswith("/" + path)]
        if not ending and not has_image_suffix(file_name):
            candidates = self._tree.by_stem.get(file_name, [])
            stems = [(candidate, os.path.splitext(candidate)[0]) for candidate in candidates]  # noqa: PTH122
            ending = [candidate for candidate, stem in stems if f"/{stem}".endswith(f"/{path}")]
        if len(ending) > 1:
            places = ", ".join(shown(candidate) for candidate in ending[:3]) + (", ..." if len(ending) > 3 else "")
            return Finding(
                code="ambiguous-image",
                message=f"{shown(path)} could be any of {len(ending)} files: {places}.",
                remedy="List the path below the dataset's folder.",
            )
        composed = None if path.isascii() else self._tree.by_composed_name.get(unicodedata.normalize("NFC", path))
        for candidate in (*ending, composed, path):
            if candidate and (found := self._request.find(candidate)):
                return found
        return self._missing(path)

    def _missing(self, name: str) -> Finding:
        stem = os.path.splitext(name.rpartition("/")[2])[0].lower()  # noqa: PTH122
        similar = self._tree.by_lower_stem.get(stem) or self._tree.by_lower_stem.get(name.rpartition("/")[2].lower())
        place = self._place(name)
        what = "does not exist"
        if os.path.exists(place):  # noqa: PTH110
            what = "is not a file"
        elif os.path.islink(place):  # noqa: PTH114
            what = "is a link that leads nowhere"
        return Finding(
            code="missing-image",
            message=f"{shown(name)} {what}.",
            remedy=f"There is {shown(similar)}, though: names must agree in every letter." if similar else None,
        )


def listed_rows(images: Iterable[ListedImage], finder: Finder, file: str) -> tuple[list[ManifestRow], list[Finding]]:
    """Manifest rows of the images of a list in its order, and what is wrong with them.

    An image that is listed twice with the same class is taken once and gives a warning; with different classes it is
    an error.
    """
    rows: list[ManifestRow] = []
    findings: list[Finding] = []
    row_by_path: dict[tuple[str, str | None], int] = {}
    repeated: list[Finding] = []
    for line, name, dataset_class in images:
        found = finder.find(name)
        if isinstance(found, Finding):
            place = {"file": file, "line": line}
            findings.append(Finding(code=found.code, message=found.message, remedy=found.remedy, **place))
            continue
        first = row_by_path.setdefault(found[:2], len(rows))
        if first < len(rows):
            finding = _duplicate(rows[first], name, dataset_class, file, line)
            (findings if finding.severity == "error" else repeated).append(finding)
            continue
        image_name = os.path.normpath(name)
        if image_name.startswith("/"):
            image_name = found.path
        rows.append(ManifestRow.of(image_name, found, dataset_class=dataset_class, line=line))
    return rows, [*findings, *_first_of(repeated, file)]


def _duplicate(first: ManifestRow, name: str, dataset_class: int | None, file: str, line: int) -> Finding:
    if dataset_class == first.dataset_class:
        message = f"{shown(name)} was listed in line {first.line} already; it is counted once."
        return Finding(code="duplicate-image", message=message, severity="warning", file=file, line=line)
    return Finding(
        code="contradicting-duplicate",
        message=(f"{shown(name)} has class {dataset_class} here and class {first.dataset_class} in line {first.line}."),
        file=file,
        line=line,
    )


def _first_of(repeated: list[Finding], file: str) -> list[Finding]:
    """The first warnings about duplicates and, where there are many, one that counts the rest."""
    if len(repeated) <= _SHOWN_DUPLICATES:
        return repeated
    rest = len(repeated) - _SHOWN_DUPLICATES
    more = Finding(
        code="duplicate-image",
        message=f"{rest} more images were listed again with the same class; each is counted once.",
        severity="warning",
        file=file,
    )
    return [*repeated[:_SHOWN_DUPLICATES], more]


def in_line_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by their line; those without one come last."""
    return sorted(findings, key=lambda finding: (finding.line is None, finding.line or 0))


def present_rows(request: Request, images: Sequence[tuple[str, int | None]]) -> tuple[list[ManifestRow], list[Finding]]:
    """Manifest rows of images that were found by looking through the folder, given as path and class."""
    rows: list[ManifestRow] = []
    findings: list[Finding] = []
    for path, dataset_class in images:
        found = request.find(path)
        if found is None:
            message = "The image cannot be looked at: it is no file any more, or may not be read."
            findings.append(Finding(code="missing-image", message=message, file=shown(path)))
            continue
        rows.append(ManifestRow.of(path, found, dataset_class=dataset_class))
    return rows, findings


def unlisted_finding(request: Request, images: Iterable[str], rows: Sequence[ManifestRow], file: str) -> list[Finding]:
    """At most one warning that counts the images that lie below the root but are not listed."""
    listed = {(row.path, row.member) for row in rows}
    unlisted = [path for path in images if _place(request, path) not in listed]
    if not unlisted:
        return []
    first = ", ".join(shown(path) for path in unlisted[:3]) + (", ..." if len(unlisted) > 3 else "")
    count = "1 image below the folder is" if len(unlisted) == 1 else f"{len(unlisted)} images below the folder are"
    return [
        Finding(
            code="unlisted-images",
            message=f"{count} not listed and left out: {first}.",
            severity="warning",
            file=file,
        )
    ]


def _place(request: Request, path: str) -> tuple[str, str | None]:
    packed = request.packed.get(path)
    return (path, None) if packed is None else (packed.path, packed.member)


def undecodable_findings(tree: Tree, *, severity: Literal["error", "warning"]) -> list[Finding]:
    """A finding for each file or folder whose name is not UTF-8."""
    return [
        Finding(
            code="undecodable-name",
            message="The name is not UTF-8, so nothing can refer to it.",
            severity=severity,
            file=name,
            remedy="Rename it.",
        )
        for name in tree.undecodable
        if is_unicode(name)
    ]
