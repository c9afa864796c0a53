# pyarrow ships no types of its own:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Images in the rows of Parquet files: reading any of them, and neighbours at the speed of files.

Parquet has no way to one row: a row group is decoded from its start.
So each row group that is read has a cursor, which decodes a few rows after the other and keeps the last ones, and the
threads of a run, which take neighbouring rows at about the same time, decode each row once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from typing import NamedTuple

import pyarrow as pa

from accubench.datasets.packed import OpenFile
from accubench.datasets.parquet_files import PARQUET_ERRORS, flat, open_parquet, reason_of, rows_at_once
from accubench.errors import ImageError

__all__ = ["parquet_member", "read_parquet_member"]

_MOST_CURSORS = 4
_KEPT_BYTES = 32 << 20
_KEPT_ROWS = 256
"""So many rows are kept even if they are large: threads that lag behind must not send the cursor back."""
_MOST_KEPT_BYTES = 512 << 20


class _Place(NamedTuple):
    """A column of images in a row group of a file as it is now."""

    file: str
    size_bytes: int
    modified_ns: int
    leaf: int
    row_group: int


def parquet_member(leaf: int, row_group: int, row: int) -> str:
    """How a locator names the image in a row of a Parquet file.

    Args:
        leaf: Position of the column of bytes among the file's columns, nested ones counted.
        row_group: Position of the row group.
        row: Position in the row group.
    """
    return f"parquet:{leaf},{row_group},{row}"


def read_parquet_member(file: OpenFile, place: str, size_bytes: int | None) -> bytes:  # noqa: ARG001 - as its like
    """The bytes of an image in a row of a Parquet file; any number of threads may ask.

    Raises:
        ImageError: The file is damaged there, or the row has no image.
    """
    leaf, row_group, row = (int(number) for number in place.split(","))
    try:
        image = _cursors.value(_Place(file.place, file.size_bytes, file.modified_ns, leaf, row_group), row)
    except (*PARQUET_ERRORS, IndexError) as error:
        raise ImageError(f"row {row} of row group {row_group} is damaged. {reason_of(error)}") from error
    if image is None:
        raise ImageError(f"row {row} of row group {row_group} has no image.")
    return image


class _Cursor:
    """Decodes a row group forwards and keeps what it decoded last."""

    def __init__(self, place: _Place) -> None:
        self.place = place
        self.next_row = 0
        self.kept_bytes = 0
        self._kept: deque[tuple[int, pa.Array]] = deque()
        self._batches = self._decoded()
        self._rows: int | None = None
        self._failure: Exception | None = None

    @property
    def first_row(self) -> int:
        """The first row that can be had without starting again."""
        return self._kept[0][0] if self._kept else 0

    def value(self, row: int) -> bytes | None:
        """The bytes in a row from `first_row` on, None where there are none.

        Raises:
            pa.ArrowException, OSError, ValueError: The file is damaged before the row's end.
            IndexError: The row group has fewer rows.
        """
        while row >= self.next_row:
            # Remembered, for otherwise each further row would decode all rows before the damage again.
            if self._failure is not None:
                raise self._failure
            try:
                self._keep(next(self._batches))
            except StopIteration:
                self._failure = IndexError(f"It has only {self.next_row} rows.")
            except (*PARQUET_ERRORS, IndexError) as error:
                self._failure = error
        start, batch = next((start, batch) for start, batch in reversed(self._kept) if start <= row)
        return batch[row - start].as_py()

    def close(self) -> None:
        """Close the file."""
        self._batches.close()

    def _decoded(self) -> Generator[pa.Array]:
        with open_parquet(self.place.file) as file:
            group, leaf = self.place.row_group, self.place.leaf
            if group >= file.metadata.num_row_groups or leaf >= len(file.schema):
                raise IndexError("there is no such row group")
            column = file.schema.column(leaf).path
            self._rows = file.metadata.row_group(group).num_rows
            rows = rows_at_once(file, group, leaf)
            for batch in file.iter_batches(rows, row_groups=[group], columns=[column], use_threads=False):
                yield flat(batch)

    def _keep(self, batch: pa.Array) -> None:
        self._kept.append((self.next_row, batch))
        self.kept_bytes += batch.nbytes
        self.next_row += len(batch)
        if self.next_row == self._rows:
            self.close()  # an open file keeps its last page, or a dictionary of all images, in memory
        while len(self._kept) > 1 and self._is_too_much():
            self.kept_bytes -= self._kept.popleft()[1].nbytes

    def _is_too_much(self) -> bool:
        return self.kept_bytes > _MOST_KEPT_BYTES or (
            self.kept_bytes > _KEPT_BYTES and self.next_row - self._kept[1][0] >= _KEPT_ROWS
        )


class _Cursors:
    """The row groups that were read last.

    A place may have two cursors, so that who looks at one image does not send a run over all images back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used_last: list[_Cursor] = []

    def value(self, place: _Place, row: int) -> bytes | None:
        """The bytes in a row of a row group."""
        # One lock for all: decoding copies bytes and takes little beside what follows, the decoding of images.
        with self._lock:
            fitting = [cursor for cursor in self._used_last if cursor.place == place and cursor.first_row <= row]
            cursor = max(fitting, key=lambda cursor: cursor.next_row, default=None) or _Cursor(place)
            if cursor in self._used_last:
                self._used_last.remove(cursor)
            self._used_last.append(cursor)
            value = cursor.value(row)
            while len(self._used_last) > _MOST_CURSORS or (len(self._used_last) > 2 and self._keeps_too_much()):
                self._used_last.pop(0).close()
            return value

    def _keeps_too_much(self) -> bool:
        return sum(cursor.kept_bytes for cursor in self._used_last) > 2 * _KEPT_BYTES


_cursors = _Cursors()
