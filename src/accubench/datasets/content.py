"""What loading a dataset asks for and what it gives."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from accubench.datasets.tree import Tree, holds_images, scan_tree
from accubench.errors import DatasetProblemsError, Finding
from accubench.records.class_names import ClassNames
from accubench.records.dataset import DatasetLayout
from accubench.records.locator import Locator

__all__ = ["DatasetContent", "Request", "relative_to_root", "split_findings"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """Which dataset to load, and what the user said about it."""

    source: Path
    """Absolute path that was given: a folder, or an annotation file or table in it."""
    folder: Path
    """Absolute path of the folder that holds the images: the dataset's root."""
    split: str | None = None
    """The split that was asked for or chosen, such as ``val``."""
    in_split: bool = False
    """Whether `folder` is the sub-folder of a split."""
    annotations: Path | None = None
    labels: Path | None = None
    path_column: str | None = None
    label_column: str | None = None
    findings: tuple[Finding, ...] = ()
    """What was noticed before a layout was chosen."""
    known_as: Path | None = None
    """What the user knows `folder` as, where it is a place of our own: the archive that it was unpacked from."""
    packed: Mapping[str, Locator] = field(default_factory=dict[str, Locator])
    """Images that lie in an archive instead of below `folder`, by the paths that they would have there."""

    @cached_property
    def tree(self) -> Tree:
        """All files below `folder`, looked up once, and those in the archive."""
        return scan_tree(self.folder, self.packed)

    def find(self, path: str) -> Locator | None:
        """The file at a path below `folder` (or at an absolute one), or None if there is no regular file."""
        if path in self.packed:
            return self.packed[path]
        try:
            status = os.stat(path if path.startswith("/") else f"{self._prefix}{path}")  # noqa: PTH116 - one of 50,000
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return Locator(path, size_bytes=status.st_size, modified_ns=status.st_mtime_ns)

    def holds_images(self, folder: str) -> bool:
        """Whether there is an image anywhere below a folder directly in `folder`."""
        return any(path.startswith(f"{folder}/") for path in self.packed) or holds_images(self.folder / folder)

    def named(self, path: Path) -> str:
        """A path as messages name it: below the archive where it was unpacked from one."""
        if self.known_as is None or not path.is_relative_to(self.folder):
            return str(path)
        return str(self.known_as / path.relative_to(self.folder))

    def below(self, folder: str) -> Request:
        """The same request for a folder directly in `folder`."""
        known_as = None if self.known_as is None else self.known_as / folder
        start = f"{folder}/"
        packed = {path.removeprefix(start): place for path, place in self.packed.items() if path.startswith(start)}
        return replace(self, folder=self.folder / folder, known_as=known_as, packed=packed)

    @cached_property
    def _prefix(self) -> str:
        return f"{str(self.folder).rstrip('/')}/"


@dataclass(frozen=True, kw_only=True)
class DatasetContent:
    """The images of a dataset, referenced in place, with their annotations."""

    root: Path
    """Absolute path of the folder that image paths are relative to."""
    source: Path
    """Absolute path that was given."""
    layout: DatasetLayout
    split: str | None = None
    """``train``, ``val`` or ``test`` where one of them was chosen."""
    annotation_file: str | None = None
    """Path of the annotation file, relative to `root` where it lies below."""
    manifest: pl.DataFrame
    """One row per image with the columns of `accubench.records.dataset.MANIFEST_COLUMNS`."""
    annotated: bool
    class_names: ClassNames | None = None
    """Names by *dataset* id."""
    names_decide: bool = False
    """Whether ids are only positions in `class_names`, so that a model's classes must be matched by name."""
    findings: tuple[Finding, ...] = ()
    """Warnings; errors are raised."""


def split_findings(summary: str, findings: list[Finding]) -> tuple[Finding, ...]:
    """The warnings among findings, in order.

    Raises:
        DatasetProblemsError: If there are errors; it carries all findings, errors first.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    if errors:
        count = f"{len(errors)} problem" + ("" if len(errors) == 1 else "s")
        raise DatasetProblemsError(f"{summary}: {count}.", [*errors, *warnings])
    return tuple(warnings)


def relative_to_root(path: Path, root: Path) -> str:
    """A path as findings and records name it: relative to the dataset's root where it lies below."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
