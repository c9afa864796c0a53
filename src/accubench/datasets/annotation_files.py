"""Which of several files in a folder is the list of its images: the split that was asked for, or the only one."""

from __future__ import annotations

from pathlib import Path

from accubench.datasets.content import Request
from accubench.datasets.splits import choose_split, split_of
from accubench.errors import DatasetProblemsError, Finding
from accubench.records.sniff import Sniff

__all__ = ["PARQUET_SUFFIX", "TABLE_SUFFIXES", "choose_annotation_file", "fits_split"]

TABLE_SUFFIXES = (".csv", ".tsv")
"""Endings of the lists that are tables; any case."""
PARQUET_SUFFIX = ".parquet"
"""Ending of the tables that hold their images themselves; any case."""


def fits_split(candidates: list[Path], request: Request) -> Sniff:
    """Whether files that list images are there for the split that was asked for; a folder may have it otherwise."""
    names = ", ".join(path.name for path in candidates)
    if request.split is None or request.in_split:
        return Sniff(fits=True, reason=f"{names} lists images")
    if any(split_of(path.stem) == split_of(request.split) for path in candidates):
        return Sniff(fits=True, reason=f"{names} lists images")
    return Sniff(fits=False, reason=f"{names} lists images, but not those of the split {request.split}")


def choose_annotation_file(candidates: list[Path], split: str | None) -> tuple[Path, str | None, list[Finding]]:
    """The annotation file among several, its split, and a warning where the choice was ours.

    Files that are named after splits are chosen from as folders of splits are.

    Raises:
        DatasetProblemsError: If it is not clear which one is meant.
    """
    by_split = {named: path for path in candidates if (named := split_of(path.stem)) is not None}
    if len(candidates) > 1 and len(by_split) == len(candidates):
        offered = {named: path.name for named, path in by_split.items()}
        chosen, findings = choose_split(offered, split, what="files")
        return by_split[chosen], chosen, list(findings)
    if len(candidates) > 1:
        names = ", ".join(path.name for path in candidates)
        findings = [
            Finding(code="annotation-candidate", message="This file lists images.", file=p.name) for p in candidates
        ]
        raise DatasetProblemsError(
            f"Several files could be the annotations: {names}. Say which one with the option annotations.", findings
        )
    return candidates[0], split_of(candidates[0].stem), []
