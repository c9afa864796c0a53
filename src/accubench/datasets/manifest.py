"""The table of a dataset's images, and the hashes that notice when it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from accubench.records.dataset import MANIFEST_COLUMNS
from accubench.records.locator import Locator

__all__ = ["ManifestRow", "annotations_hash", "first_lines", "images_hash", "locators", "make_manifest"]


class ManifestRow(NamedTuple):
    """One image; the fields are those of `MANIFEST_COLUMNS`."""

    image_name: str
    path: str
    dataset_class: int | None
    size_bytes: int | None
    modified_ns: int | None
    line: int | None
    member: str | None = None

    @classmethod
    def of(cls, image_name: str, found: Locator, *, dataset_class: int | None, line: int | None = None) -> ManifestRow:
        """The row of an image that was found."""
        return cls(image_name, found.path, dataset_class, found.size_bytes, found.modified_ns, line, found.member)


_SCHEMA: dict[str, pl.DataType] = {
    name: pl.String() if name in {"image_name", "path", "member"} else pl.Int64() for name in MANIFEST_COLUMNS
}


def make_manifest(rows: Sequence[ManifestRow]) -> pl.DataFrame:
    """The manifest of images in the order in which they are given."""
    columns = list(zip(*rows, strict=True)) or [()] * len(_SCHEMA)
    return pl.DataFrame(
        [pl.Series(name, values, dtype=_SCHEMA[name]) for name, values in zip(_SCHEMA, columns, strict=True)]
    )


def locators(manifest: pl.DataFrame) -> list[Locator]:
    """Where the images of a manifest are, in its order."""
    return [Locator(*row) for row in manifest.select(Locator._fields).iter_rows()]


def first_lines(manifest: pl.DataFrame) -> dict[int, int]:
    """The line of the annotation file that mentions a class first, by class; empty without an annotation file."""
    lines = manifest.drop_nulls(["dataset_class", "line"]).group_by("dataset_class").agg(pl.col("line").min())
    return dict(lines.sort("dataset_class").iter_rows())


def images_hash(manifest: pl.DataFrame) -> str:
    """The SHA-256 over name, path, size and time of every image in order, in hexadecimal.

    Where images lie inside of other files, also over their places there.
    It depends on the values only, not on how polars stores them, so it may be compared across versions.
    """
    inside = manifest["member"].null_count() < len(manifest)
    return _hash(manifest, ("image_name", "path", "size_bytes", "modified_ns", *(["member"] if inside else [])))


def annotations_hash(manifest: pl.DataFrame) -> str:
    """The SHA-256 over the class of every image in order, in hexadecimal."""
    return _hash(manifest, ("dataset_class",))


def _hash(manifest: pl.DataFrame, columns: Iterable[str]) -> str:
    digest = hashlib.sha256(f"manifest 1: {len(manifest)}".encode())
    for name in columns:
        digest.update(f"\n{name}\n".encode())
        series = manifest[name]
        for buffer in _text_buffers(series) if series.dtype == pl.String else _integer_buffers(series):
            digest.update(buffer)
    return digest.hexdigest()


def _text_buffers(series: pl.Series) -> tuple[bytes, bytes]:
    """Lengths in bytes as 64-bit little-endian integers (so that moving a boundary shows), then all text."""
    texts = [(text or "").encode() for text in series.to_list()]
    return np.array([len(text) for text in texts], dtype="<i8").tobytes(), b"".join(texts)


def _integer_buffers(series: pl.Series) -> tuple[bytes, bytes]:
    """One byte per value that says whether it is null, then the values as 64-bit little-endian integers."""
    nulls = series.is_null().to_numpy().astype(np.uint8)
    return nulls.tobytes(), series.fill_null(0).to_numpy().astype("<i8").tobytes()
