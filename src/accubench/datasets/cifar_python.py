"""Layout: CIFAR-10 and CIFAR-100 in their Python version, whose pickles are never run.

Described by A. Krizhevsky at https://www.cs.toronto.edu/~kriz/cifar.html: a dictionary with ``data``, a row of 3072
bytes for each image (32 x 32 of red, of green, of blue), and ``labels`` (CIFAR-100: ``fine_labels``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from accubench.datasets.batches import Batch, batches_content, chosen_files, label_findings
from accubench.datasets.content import DatasetContent, Request
from accubench.datasets.pickled_table import PickleRefusedError, PixelTable, read_pickled_table
from accubench.datasets.raw_pixels import Pixels
from accubench.errors import Finding
from accubench.records.class_names import ClassNames
from accubench.records.sniff import Sniff

__all__ = ["load", "sniff"]

LOOKED_FOR = "CIFAR's Python version (test_batch with batches.meta, or test with meta)"

_SIDE, _CHANNELS = 32, 3
_COLUMNS = _CHANNELS * _SIDE * _SIDE
_FOLDERS = ("", "cifar-10-batches-py", "cifar-100-python")
_PICKLE = b"\x80"


class _Kind(NamedTuple):
    """One of the two datasets."""

    classes: int
    labels: str
    names: str
    names_file: str
    files: dict[str, tuple[str, ...]]
    """Patterns of the batch files by split."""


_KINDS = (
    _Kind(10, "labels", "label_names", "batches.meta", {"train": ("data_batch_?",), "test": ("test_batch",)}),
    _Kind(100, "fine_labels", "fine_label_names", "meta", {"train": ("train",), "test": ("test",)}),
)


def sniff(request: Request) -> Sniff:
    """Whether pickled batches of one of the two datasets are there."""
    found = _found(request)
    if found is None:
        return Sniff(fits=False, reason="there are no such files")
    return Sniff(fits=True, reason=f"{found[0].name or found[0]} holds batches of CIFAR-{found[1].classes}")


def load(request: Request) -> DatasetContent:
    """The images of the chosen split, in the order of the files' names and of their rows.

    Raises:
        DatasetProblemsError: A file is damaged, no such table, or holds classes that there are not.
        UsageError: The split that was asked for is not there.
    """
    found = _found(request)
    assert found is not None, "load is called for what sniff fits only"
    folder, kind = found
    split, paths, notes = chosen_files(request, _files(folder, kind))
    names, findings = _names(folder / kind.names_file, kind)
    batches = [_batch(path, kind, findings) for path in paths]
    return batches_content(
        request,
        batches,
        layout="cifar_python",
        folder=folder,
        split=split,
        class_names=names,
        findings=[*findings, *notes],
        called="batches",
    )


def _found(request: Request) -> tuple[Path, _Kind] | None:
    """The folder with batches and which dataset they are of."""
    if request.annotations is not None or request.path_column or request.label_column:
        return None
    for name in _FOLDERS:
        for kind in _KINDS:
            folder = request.folder / name
            if _files(folder, kind) and (kind.classes == 10 or _is_pickle(folder / kind.names_file)):
                return folder, kind
    return None


def _files(folder: Path, kind: _Kind) -> dict[str, list[Path]]:
    found = {
        split: sorted(path for pattern in patterns for path in folder.glob(pattern) if _is_pickle(path))
        for split, patterns in kind.files.items()
    }
    return {split: paths for split, paths in found.items() if paths}


def _is_pickle(path: Path) -> bool:
    """Whether there is a file that begins as pickles since Python 2.3 do."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(1) == _PICKLE
    except OSError:
        return False


def _names(path: Path, kind: _Kind) -> tuple[ClassNames | None, list[Finding]]:
    """Names of the classes; a warning where they cannot be had."""
    try:
        names: Any = read_pickled_table(path).get(kind.names)
        problem = None if isinstance(names, list) and len(names) == kind.classes else f"does not name {kind.classes}"
    except FileNotFoundError:
        names, problem = None, "is missing"
    except (PickleRefusedError, OSError) as error:
        names, problem = None, str(error)
    if problem is None:
        return ClassNames(names=tuple(str(name) for name in names), origin=path.name), []
    message = f"{path.name} {problem}, so classes have no names."
    return None, [Finding(code="names-do-not-fit", message=message, severity="warning", file=path.name)]


def _batch(path: Path, kind: _Kind, findings: list[Finding]) -> Batch:
    """The images of a pickle; what is wrong with it is appended to `findings`."""
    try:
        data, labels = _images_and_classes(path, kind)
    except (PickleRefusedError, OSError) as error:
        message = f"The file {error}."
        remedy = "Fetch the original, or use the binary version."
        findings.append(Finding(code="unreadable-batch", message=message, file=path.name, remedy=remedy))
        return Batch(path, [], [], [])
    findings += label_findings(labels, kind.classes, path.name)
    pixels = [Pixels(data.offset + row * _COLUMNS, _CHANNELS, _SIDE, _SIDE) for row in range(data.rows)]
    return Batch(path, pixels, labels, [f"{path.name}/{row:05d}" for row in range(data.rows)])


def _images_and_classes(path: Path, kind: _Kind) -> tuple[PixelTable, list[int]]:
    table = read_pickled_table(path)
    data, labels = table.get("data"), table.get(kind.labels)
    if not isinstance(data, PixelTable) or data.columns != _COLUMNS:
        raise PickleRefusedError(f"has no array 'data' of rows of {_COLUMNS} bytes")
    if not isinstance(labels, list) or not all(isinstance(label, int) for label in labels):
        raise PickleRefusedError(f"has no list '{kind.labels}' of whole numbers")
    if len(labels) != data.rows:
        raise PickleRefusedError(f"has {data.rows} images and {len(labels)} classes")
    return data, labels
