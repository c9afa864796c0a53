"""What loading a dataset asks for and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from accubench.datasets.tree import Tree, scan_tree
from accubench.errors import DatasetProblemsError, Finding
from accubench.records.class_names import ClassNames
from accubench.records.dataset import DatasetLayout

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

    @cached_property
    def tree(self) -> Tree:
        """All files below `folder`, looked up once."""
        return scan_tree(self.folder)


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
