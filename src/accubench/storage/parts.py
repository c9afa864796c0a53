# pyarrow ships no types of its own:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Scores on disk: one Parquet file per part of a dataset, each whole or absent.

float32 scores are written with the encoding BYTE_STREAM_SPLIT and zstd, which keeps every bit and takes about 3.6 kB
for an image with 1000 classes.
The same rows always give the same bytes: no times, no ids, one row group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.datasets.arrow_runtime import pq
from accubench.errors import WorkspaceError
from accubench.records.predictions import PART_COLUMNS
from accubench.storage.disk import remove_leftovers, storage_errors, whole_file

__all__ = ["Part", "PartFolder", "rows_per_part"]

_TARGET_PARTS = 200
_SMALLEST, _LARGEST = 64, 4096
_PART_BYTES = 16 * 2**20


def rows_per_part(n_images: int, score_columns: int) -> int:
    """How many images go into one part: a power of two that keeps parts few, small in memory, and quick to redo.

    It depends on nothing but the arguments, so that an interrupted and an undisturbed run write the same files.

    >>> rows_per_part(500, 1000), rows_per_part(50_000, 1000), rows_per_part(1_281_167, 1000)
    (64, 256, 4096)
    """
    rows = _SMALLEST
    while rows < n_images / _TARGET_PARTS and rows < _LARGEST and 2 * rows * score_columns * 4 <= _PART_BYTES:
        rows *= 2
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The scores of consecutive images of a dataset."""

    first_row: int
    """Row of the manifest that the first image has."""
    scores_nk: NDArray[Any]
    """Scores as the model gave them, shape (images, score columns); zeros where the image failed."""
    failures: Sequence[str | None]
    """For each image why it failed, or None."""


class PartFolder:
    """The parts of one set of predictions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Create the folder where it is absent and clear what a dead process left half-written."""
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers(self.folder)

    def path(self, number: int) -> Path:
        """Where part `number` is stored."""
        return self.folder / f"part-{number:06d}.parquet"

    def finished(self) -> set[int]:
        """The numbers of all parts that are on disk, each of them whole."""
        return {int(path.stem.removeprefix("part-")) for path in self.folder.glob("part-*.parquet")}

    def write(self, number: int, part: Part) -> None:
        """Store a part, replacing one of the same number.

        Raises:
            StorageFullError: The disk is full; no part of that number is left behind.
        """
        n, k = part.scores_nk.shape
        # Made by polars: pyarrow's own constructors would import pandas where it is installed.
        columns = pl.DataFrame(
            {
                "row": pl.Series(np.arange(part.first_row, part.first_row + n, dtype=np.int64)),
                "failure": pl.Series(list(part.failures), dtype=pl.String),
                "scores": pl.Series(part.scores_nk.reshape(-1)).reshape((n, k)),
            }
        )
        table = columns.select(*PART_COLUMNS).to_arrow(compat_level=pl.CompatLevel.oldest())
        floats = part.scores_nk.dtype.kind == "f"
        encodings = {"row": "DELTA_BINARY_PACKED", "failure": "PLAIN"}
        encodings["scores.list.element"] = "BYTE_STREAM_SPLIT" if floats else "PLAIN"
        with whole_file(self.path(number)) as temporary:
            pq.write_table(
                table,
                temporary,
                compression="zstd",
                use_dictionary=False,
                column_encoding=encodings,
                row_group_size=n,
                write_statistics=False,
            )

    def read(self, number: int) -> Part:
        """Read a part back.

        Raises:
            WorkspaceError: The part is missing or damaged.
        """
        path = self.path(number)
        try:
            table = pl.read_parquet(path)
            first_row = int(table["row"][0])
            return Part(first_row=first_row, scores_nk=table["scores"].to_numpy(), failures=table["failure"].to_list())
        except (OSError, pl.exceptions.PolarsError, IndexError) as error:
            raise WorkspaceError(
                f"{path} cannot be read ({error}). Run the evaluation again with --fresh to infer anew."
            ) from error

    def read_all(self, n_parts: int) -> Iterator[Part]:
        """Read parts 0 to `n_parts` - 1, one at a time."""
        for number in range(n_parts):
            yield self.read(number)
