"""Layout: MNIST and its kin in IDX files, also compressed with gzip; images are read where they are.

Described by Y. LeCun, C. Cortes and C. Burges at http://yann.lecun.com/exdb/mnist: a number that says type and
dimensions, the sizes, then bytes.
EMNIST's images lie on their side, as its authors made them; they are given as they are.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from accubench.datasets.batches import Batch, batch_rows, chosen_files
from accubench.datasets.classes import find_label_names
from accubench.datasets.content import DatasetContent, Request, split_findings
from accubench.datasets.manifest import make_manifest
from accubench.datasets.raw_pixels import Pixels, gunzipped
from accubench.datasets.splits import split_of
from accubench.datasets.tree import is_hidden
from accubench.errors import DatasetProblemsError, Finding
from accubench.records.sniff import Sniff

__all__ = ["load", "sniff"]

LOOKED_FOR = "IDX files as MNIST has them (t10k-images-idx3-ubyte with t10k-labels-idx1-ubyte)"

_IMAGES = re.compile(r"(?P<set>.+)[-_.]images[-_.]idx3[-_.]ubyte(?P<gz>\.gz)?", re.IGNORECASE)
_LABELS = re.compile(r"(?P<set>.+)[-_.]labels[-_.]idx1[-_.]ubyte(?P<gz>\.gz)?", re.IGNORECASE)
_UNSIGNED_BYTES = 8
_HEAD_BYTES = 4
MOST_IMAGES = 2_000_000
"""EMNIST's largest set has 0.8 million; every image is a row in memory, however few its pixels are."""


class _Pair(NamedTuple):
    """Images with their classes."""

    name: str
    images: Path
    labels: Path | None


def sniff(request: Request) -> Sniff:
    """Whether there is an IDX file of images."""
    if request.path_column or request.label_column:
        return Sniff(fits=False, reason="columns of a table were given")
    if request.annotations is not None and not _LABELS.fullmatch(request.annotations.name):
        return Sniff(fits=False, reason=f"{request.annotations.name} was given")
    pairs = _pairs(request)
    if not pairs:
        return Sniff(fits=False, reason="there are no such files")
    return Sniff(fits=True, reason=f"there is {pairs[0].images.name}")


def load(request: Request) -> DatasetContent:
    """The images of the chosen file, in its order.

    Raises:
        DatasetProblemsError: A file is damaged, or images and classes are not as many.
        LabelError: If the label file that was given cannot be read.
        UsageError: The split that was asked for is not there.
    """
    split, pair, notes = _chosen(request)
    names, findings = find_label_names(request)
    batch = _batch(pair, findings)
    if pair.labels is None:
        message = f"There is no file of classes beside {pair.images.name}, so the images are not annotated."
        findings.append(Finding(code="not-annotated", message=message, severity="warning", file=pair.images.name))
    fits = names is not None and max(batch.classes or [0]) < len(names.names)
    problems = split_findings(
        f"The IDX file {request.named(pair.images)} cannot be used", [*findings, *notes, *request.findings]
    )
    return DatasetContent(
        root=request.folder,
        source=request.source,
        layout="idx",
        split=split,
        annotation_file=None if pair.labels is None else pair.labels.name,
        manifest=make_manifest(list(batch_rows(batch, request.folder))),
        annotated=pair.labels is not None,
        class_names=names.names if names is not None and fits else None,
        findings=problems,
    )


def _pairs(request: Request) -> list[_Pair]:
    """Files of images with those of their classes, sorted by name; a file that is not packed before its packed twin."""
    files = sorted(path for path in request.folder.iterdir() if not is_hidden(path.name) and path.is_file())
    labels = {match["set"]: path for path in reversed(files) if (match := _LABELS.fullmatch(path.name))}
    images = {match["set"]: path for path in reversed(files) if (match := _IMAGES.fullmatch(path.name))}
    if request.annotations is not None:
        labels = {name: path for name, path in labels.items() if path == request.annotations}
        images = {name: path for name, path in images.items() if name in labels}
    return [_Pair(name, images[name], labels.get(name)) for name in sorted(images)]


def _split_of(name: str) -> str | None:
    """The split of a set of files: that of the last word of its name; MNIST calls its test set ``t10k``."""
    last = re.split(r"[-_.]", name)[-1]
    return "test" if last.lower() == "t10k" else split_of(last)


def _chosen(request: Request) -> tuple[str | None, _Pair, tuple[Finding, ...]]:
    """Which set of files is meant.

    Raises:
        DatasetProblemsError: Several could be.
        UsageError: The split that was asked for is not there.
    """
    pairs = _pairs(request)
    by_split: dict[str, list[_Pair]] = {}
    for pair in pairs:
        by_split.setdefault(_split_of(pair.name) or "test", []).append(pair)
    if len(pairs) == 1 and request.split is None:
        return _split_of(pairs[0].name), pairs[0], ()
    split, files, notes = chosen_files(
        request, {split: [pair.images for pair in several] for split, several in by_split.items()}
    )
    if len(files) > 1:
        names = ", ".join(path.name for path in files)
        raise DatasetProblemsError(
            f"Several sets of IDX files could be meant: {names}. Give the file of classes of the one that is meant "
            "with the option annotations.",
            [Finding(code="annotation-candidate", message="This file holds images.", file=path.name) for path in files],
        )
    return split, by_split[split][0], notes


def _batch(pair: _Pair, findings: list[Finding]) -> Batch:
    """The images of a file with their classes; what is wrong is appended to `findings`."""
    gzipped = pair.images.suffix.lower() == ".gz"
    try:
        (count, height, width), start = _sizes(pair.images, dimensions=3)
        problem = _count_problem(pair, count)
    except _IdxError as error:
        findings.append(Finding(code="truncated-file", message=f"The file {error}.", file=error.file.name))
        return Batch(pair.images, [], None, [])
    if problem is not None:
        findings.append(problem)
        return Batch(pair.images, [], None, [])
    labels = None if pair.labels is None else _labels(pair.labels)
    pixels = [Pixels(start + number * height * width, 1, height, width) for number in range(count)]
    names = [f"{pair.name}/{number:05d}" for number in range(count)]
    return Batch(pair.images, pixels, labels, names, gzipped)


def _count_problem(pair: _Pair, count: int) -> Finding | None:
    """What is wrong with the number of images; told before anything is made for each of them.

    Raises:
        _IdxError: The file of classes is no such file.
    """
    if count > MOST_IMAGES:
        message = f"The file has {count:,} images; more than {MOST_IMAGES:,} are not read."
        return Finding(code="too-many-images", message=message, file=pair.images.name)
    if pair.labels is None:
        return None
    ((classes,), _) = _sizes(pair.labels, dimensions=1)
    if classes == count:
        return None
    message = f"There are {count:,} images, but {classes:,} classes in {pair.labels.name}."
    return Finding(code="counts-differ", message=message, file=pair.images.name)


class _IdxError(Exception):
    """The file is no IDX file of the expected kind; the message completes a sentence that begins with it."""

    def __init__(self, file: Path, message: str) -> None:
        super().__init__(message)
        self.file = file


def _sizes(path: Path, *, dimensions: int) -> tuple[tuple[int, ...], int]:
    """The sizes that a file states, which must be those it has, and where its bytes begin."""
    start = _HEAD_BYTES * (1 + dimensions)
    try:
        if path.suffix.lower() == ".gz":
            data = gunzipped(path)
            head, size = data[:start], len(data)
        else:
            size = path.stat().st_size
            with path.open("rb") as file:
                head = file.read(start)
    except (OSError, ValueError) as error:
        reason = f"cannot be read: {error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)
        raise _IdxError(path, reason) from error
    if head[:4] != bytes([0, 0, _UNSIGNED_BYTES, dimensions]) or len(head) < start:
        raise _IdxError(path, f"does not begin as an IDX file of bytes with {dimensions} dimensions does")
    sizes = tuple(int(number) for number in np.frombuffer(head, ">u4", offset=4))
    stated = start + int(np.prod([int(each) for each in sizes], dtype=object))
    if stated != size or 0 in sizes:
        raise _IdxError(path, f"says that it has {stated:,} bytes, but it has {size:,}")
    return sizes, start


def _labels(path: Path) -> bytes:
    """The classes of a file whose sizes were found to be right; every byte is one."""
    data = gunzipped(path) if path.suffix.lower() == ".gz" else path.read_bytes()
    return data[2 * _HEAD_BYTES :]
