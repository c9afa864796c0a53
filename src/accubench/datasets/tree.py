"""Looking through a folder: which files are there, quickly and without running in circles."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from accubench.datasets.text import is_unicode, shown
from accubench.errors import Finding

__all__ = ["IMAGE_SUFFIXES", "Tree", "has_image_suffix", "holds_images", "is_hidden", "scan_tree"]

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
"""Endings of the files that are taken for images where no list names them; any case."""

_CLUTTER = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "lost+found"})


def has_image_suffix(name: str) -> bool:
    """Whether a file is taken for an image by the end of its name.

    >>> has_image_suffix("n01440764_tench.JPEG")
    True
    """
    return name.lower().endswith(IMAGE_SUFFIXES)


def is_hidden(name: str) -> bool:
    """Whether a file or folder is none of the user's: its name starts with a dot, or an operating system made it."""
    return name.startswith(".") or name.lower() in _CLUTTER


@dataclass(frozen=True)
class Tree:
    """The visible files below a folder; paths are relative to it, with forward slashes."""

    root: Path
    files: tuple[str, ...]
    """Sorted by code points."""
    folders: tuple[str, ...]
    """Names of the folders directly in `root`, sorted."""
    undecodable: tuple[str, ...] = ()
    """Names that are not UTF-8, as they can be shown; such files can be referenced nowhere."""
    findings: tuple[Finding, ...] = ()
    """Warnings about links that were not followed and errors about folders that could not be read."""

    @cached_property
    def images(self) -> tuple[str, ...]:
        """The files with the suffix of an image."""
        return tuple(path for path in self.files if has_image_suffix(path))

    @cached_property
    def file_set(self) -> frozenset[str]:
        """The same as `files`, to look things up."""
        return frozenset(self.files)

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """Paths by file name without folders."""
        paths: defaultdict[str, list[str]] = defaultdict(list)
        for path in self.files:
            paths[path.rpartition("/")[2]].append(path)
        return dict(paths)

    @cached_property
    def by_composed_name(self) -> dict[str, str]:
        """Paths by their composed (NFC) form: macOS decomposes accents, lists are mostly written composed."""
        return {unicodedata.normalize("NFC", path): path for path in self.files if not path.isascii()}

    @cached_property
    def by_stem(self) -> dict[str, list[str]]:
        """Paths of images by file name without folders and suffix."""
        paths: defaultdict[str, list[str]] = defaultdict(list)
        for path in self.images:
            paths[os.path.splitext(path.rpartition("/")[2])[0]].append(path)  # noqa: PTH122
        return dict(paths)

    @cached_property
    def by_lower_stem(self) -> dict[str, str]:
        """Paths by file name in lower case without suffix: where a misspelt entry of a list may have been meant."""
        return {os.path.splitext(path.rpartition("/")[2])[0].lower(): path for path in reversed(self.files)}  # noqa: PTH122

    def counts(self) -> str:
        """How many files of which suffix there are, most frequent first, and the first few names."""
        suffixes = Counter(os.path.splitext(path)[1].lower() or "(no suffix)" for path in self.files)  # noqa: PTH122
        if not suffixes:
            return "no files"
        counted = ", ".join(f"{count} {suffix}" for suffix, count in suffixes.most_common(8))
        first = ", ".join(shown(path) for path in self.files[:3])
        return f"{counted} ({first}{', ...' if len(self.files) > 3 else ''})"


@dataclass
class _Scan:
    """What is collected on the way through a folder."""

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    undecodable: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    entered_by_link: set[tuple[int, int]] = field(default_factory=set)


def scan_tree(root: Path, further: Collection[str] = ()) -> Tree:
    """All visible files below `root`, symbolic links followed.

    A link to a folder is not followed when it leads back to a folder that it lies in, or to one that another link
    led to before; both give a warning.

    Args:
        root: The folder.
        further: Paths of files that lie elsewhere and count as if they were there; their folders exist.
    """
    scan = _Scan()
    waiting = [("", frozenset({_identity(str(root))}))]
    while waiting:
        prefix, above = waiting.pop()
        try:
            with os.scandir(root / prefix) as entries:
                waiting += [
                    (f"{prefix}{entry.name}/", identities)
                    for entry in entries
                    if (identities := _visit(scan, prefix, entry, above)) is not None
                ]
        except OSError as error:
            message = f"The folder cannot be read: {error.strerror}."
            scan.findings.append(Finding(code="unreadable-folder", message=message, file=shown(prefix or str(root))))
    return Tree(
        root=root,
        files=tuple(sorted([*scan.files, *further])),
        folders=tuple(sorted(scan.folders)),
        undecodable=tuple(sorted(scan.undecodable)),
        findings=tuple(scan.findings),
    )


def holds_images(folder: Path) -> bool:
    """Whether there is an image anywhere below `folder`."""
    waiting = [folder]
    seen = {_identity(str(folder))}
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    kind = None if is_hidden(entry.name) else _kind(entry)
                    if kind == "file" and has_image_suffix(entry.name):
                        return True
                    if kind == "folder" and (identity := _identity(entry.path)) not in seen:
                        seen.add(identity)
                        waiting.append(Path(entry.path))
        except OSError:
            continue
    return False


def _kind(entry: os.DirEntry[str]) -> Literal["file", "folder"] | None:
    """What an entry of a folder is or leads to; None for a link in a circle, a pipe, or what may not be looked at."""
    try:
        if entry.is_dir():
            return "folder"
        return "file" if entry.is_file() else None
    except OSError:
        return None


def _identity(path: str) -> tuple[int, int]:
    status = os.stat(path)  # noqa: PTH116
    return status.st_dev, status.st_ino


def _visit(
    scan: _Scan, prefix: str, entry: os.DirEntry[str], above: frozenset[tuple[int, int]]
) -> frozenset[tuple[int, int]] | None:
    """Note one entry of a folder; for a folder to go into, return the identities of it and all folders above."""
    name = entry.name
    if is_hidden(name):
        return None
    path = prefix + name
    if not is_unicode(name):
        scan.undecodable.append(shown(path))
        return None
    try:
        if not entry.is_dir():
            if entry.is_file():
                scan.files.append(path)
            return None
        identity = _identity(entry.path)
    except OSError as error:
        message = f"It cannot be followed: {error.strerror}."
        scan.findings.append(Finding(code="link-not-followed", message=message, file=shown(path), severity="warning"))
        return None
    if entry.is_symlink():
        if identity in above or identity in scan.entered_by_link:
            why = "a folder that it lies in" if identity in above else "a folder that another link led to"
            message = f"The link leads to {why} and is not followed."
            scan.findings.append(
                Finding(code="link-not-followed", message=message, file=shown(path), severity="warning")
            )
            return None
        scan.entered_by_link.add(identity)
    if not prefix:
        scan.folders.append(name)
    return above | {identity}
