"""What layouts with many images in one file have in common: their splits, and rows for the records of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from accubench.datasets.content import DatasetContent, Request, split_findings
from accubench.datasets.manifest import ManifestRow, make_manifest
from accubench.datasets.raw_pixels import Pixels
from accubench.datasets.splits import choose_split
from accubench.errors import Finding
from accubench.records.class_names import ClassNames
from accubench.records.dataset import DatasetLayout

__all__ = ["Batch", "batch_rows", "batches_content", "chosen_files", "label_findings"]

_SHOWN_LABELS = 20


class Batch(NamedTuple):
    """The records of one file: where pixels are, and classes."""

    path: Path
    pixels: Sequence[Pixels]
    classes: Sequence[int] | None
    """One class a record; None where they are not annotated."""
    names: Sequence[str]
    """Names of the images."""
    gzipped: bool = False


def chosen_files(
    request: Request, offered: Mapping[str, Sequence[Path]]
) -> tuple[str, Sequence[Path], tuple[Finding, ...]]:
    """The files of the split that was asked for, or of the one that is taken by itself.

    Args:
        request: Says which one was asked for.
        offered: Files by split, each with at least one.

    Raises:
        UsageError: The split that was asked for is not there.
    """
    named = {split: ", ".join(path.name for path in files) for split, files in offered.items()}
    split, findings = choose_split(named, request.split, what="files")
    return split, offered[split], findings


def batch_rows(batch: Batch, root: Path) -> Iterator[ManifestRow]:
    """A row for each record of a file."""
    modified_ns = batch.path.stat().st_mtime_ns
    place = batch.path.relative_to(root).as_posix()
    classes = batch.classes or [None] * len(batch.pixels)
    for name, pixels, dataset_class in zip(batch.names, batch.pixels, classes, strict=True):
        member = pixels.member(gzipped=batch.gzipped)
        yield ManifestRow(name, place, dataset_class, pixels.size_bytes, modified_ns, None, member)


def batches_content(
    request: Request,
    batches: Sequence[Batch],
    *,
    layout: DatasetLayout,
    folder: Path,
    split: str,
    class_names: ClassNames | None,
    findings: Sequence[Finding],
    called: str,
) -> DatasetContent:
    """What annotated batches hold, unless something is wrong with them.

    Args:
        request: What was asked for.
        batches: The batches of the split.
        layout: The name of their layout.
        folder: Where they are.
        split: Which split they are of.
        class_names: The names of their classes by number.
        findings: What was found wrong with them.
        called: What messages call them, such as ``batch files``.

    Raises:
        DatasetProblemsError: One of the findings is an error.
    """
    return DatasetContent(
        root=folder,
        source=request.source,
        layout=layout,
        split=split,
        manifest=make_manifest([row for batch in batches for row in batch_rows(batch, folder)]),
        annotated=True,
        class_names=class_names,
        findings=split_findings(
            f"The {called} in {request.named(folder)} cannot be used", [*findings, *request.findings]
        ),
    )


def label_findings(classes: Sequence[int], class_count: int, file: str) -> list[Finding]:
    """An error for each record whose class has no name, the first of them and a count of the rest."""
    outside = [(record, label) for record, label in enumerate(classes) if not 0 <= label < class_count]
    findings = [
        Finding(
            code="unknown-class",
            message=f"Record {record} (from 0) has class {label}, but there are {class_count} classes.",
            file=file,
        )
        for record, label in outside[:_SHOWN_LABELS]
    ]
    if len(outside) > _SHOWN_LABELS:
        message = f"{len(outside) - _SHOWN_LABELS} more records have classes that there are not."
        findings.append(Finding(code="unknown-class", message=message, file=file))
    return findings
