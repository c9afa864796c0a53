"""Layout: CIFAR-10 and CIFAR-100 in their binary version, images read where they are in the batch files.

Described by A. Krizhevsky at https://www.cs.toronto.edu/~kriz/cifar.html: a record is one byte with the class (two in
CIFAR-100: coarse, then fine), then 32 x 32 pixels of red, of green and of blue.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from accubench.datasets.batches import Batch, batches_content, chosen_files, label_findings
from accubench.datasets.content import DatasetContent, Request
from accubench.datasets.raw_pixels import Pixels
from accubench.errors import Finding
from accubench.labels import read_label_file
from accubench.records.class_names import ClassNames
from accubench.records.sniff import Sniff

__all__ = ["load", "sniff"]

LOOKED_FOR = "CIFAR's binary version (test_batch.bin, or test.bin with fine_label_names.txt)"

_SIDE, _CHANNELS = 32, 3
_FOLDERS = ("", "cifar-10-batches-bin", "cifar-100-binary")


class _Kind(NamedTuple):
    """One of the two datasets."""

    classes: int
    label_bytes: int
    """Bytes before the pixels; the last of them is the class."""
    names_file: str
    files: dict[str, tuple[str, ...]]
    """Patterns of the batch files by split."""


_KINDS = (
    _Kind(10, 1, "batches.meta.txt", {"train": ("data_batch_*.bin",), "test": ("test_batch.bin",)}),
    _Kind(100, 2, "fine_label_names.txt", {"train": ("train.bin",), "test": ("test.bin",)}),
)


def sniff(request: Request) -> Sniff:
    """Whether batch files of one of the two datasets are there."""
    found = _found(request)
    if found is None:
        return Sniff(fits=False, reason="there are no such files")
    return Sniff(fits=True, reason=f"{found[0].name or found[0]} holds batches of CIFAR-{found[1].classes}")


def load(request: Request) -> DatasetContent:
    """The images of the chosen split, in the order of the files' names and of their records.

    Raises:
        DatasetProblemsError: A file is cut off, or holds classes that there are not.
        UsageError: The split that was asked for is not there.
    """
    found = _found(request)
    assert found is not None, "load is called for what sniff fits only"
    folder, kind = found
    split, paths, notes = chosen_files(request, _files(folder, kind))
    names, findings = _names(folder, kind)
    batches = [_batch(path, kind, findings) for path in paths]
    return batches_content(
        request,
        batches,
        layout="cifar_binary",
        folder=folder,
        split=split,
        class_names=names,
        findings=[*findings, *notes],
        called="batch files",
    )


def _found(request: Request) -> tuple[Path, _Kind] | None:
    """The folder with batch files and which dataset they are of."""
    if request.annotations is not None or request.path_column or request.label_column:
        return None
    for name in _FOLDERS:
        folder = request.folder / name
        for kind in _KINDS:
            # Other things are called test.bin, too.
            known = kind.classes == 10 or (folder / kind.names_file).is_file() or len(_files(folder, kind)) == 2
            if known and _files(folder, kind):
                return folder, kind
    return None


def _files(folder: Path, kind: _Kind) -> dict[str, list[Path]]:
    found = {
        split: sorted(path for pattern in patterns for path in folder.glob(pattern) if path.is_file())
        for split, patterns in kind.files.items()
    }
    return {split: paths for split, paths in found.items() if paths}


def _names(folder: Path, kind: _Kind) -> tuple[ClassNames | None, list[Finding]]:
    """Names of the classes; a warning where the file is missing or has another number of them."""
    path = folder / kind.names_file
    if not path.is_file():
        message = f"{kind.names_file} is missing, so classes have no names."
        return None, [Finding(code="names-do-not-fit", message=message, severity="warning", file=kind.names_file)]
    names = read_label_file(path)
    if len(names) != kind.classes:
        message = f"There are {len(names)} names for {kind.classes} classes; they are not used."
        return None, [Finding(code="names-do-not-fit", message=message, severity="warning", file=path.name)]
    return names, []


def _batch(path: Path, kind: _Kind, findings: list[Finding]) -> Batch:
    """The records of a file; what is wrong with it is appended to `findings`."""
    record = kind.label_bytes + _CHANNELS * _SIDE * _SIDE
    size = path.stat().st_size
    count, rest = divmod(size, record)
    if rest or not count:
        message = f"The file has {size:,} bytes, not a multiple of {record:,}: record {count} (from 0) is cut off."
        remedy = "Fetch it again."
        findings.append(Finding(code="truncated-file", message=message, file=path.name, remedy=remedy))
        count = 0
    labels = np.memmap(path, np.uint8, mode="r")[kind.label_bytes - 1 : count * record : record] if count else []
    classes = [int(label) for label in labels]
    findings += label_findings(classes, kind.classes, path.name)
    pixels = [Pixels(number * record + kind.label_bytes, _CHANNELS, _SIDE, _SIDE) for number in range(count)]
    names = [f"{path.stem}/{number:05d}" for number in range(count)]
    return Batch(path, pixels, classes, names)
