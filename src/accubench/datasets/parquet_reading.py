# pyarrow ships no types of its own:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Images in the rows of Parquet files: reading any of them, and neighbours at the speed of files.

Parquet has no way to one row: a row group is decoded from its start.
So each row group that is read has a cursor, which decodes a few rows after the other and keeps the last ones, and the
threads of a run, which take neighbouring rows at about the same time, decode each row once.
Rows that were decoded are taken without waiting for anybody, and whoever takes one of the last of them decodes the next
ones, so that threads seldom wait for each other.
"""

from __future__ import annotations

import threading
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


class _Decoded(NamedTuple):
    """Consecutive rows that were decoded."""

    first_row: int
    values: pa.Array


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
        self._kept: tuple[_Decoded, ...] = ()
        """Replaced and never changed, for other threads look at it meanwhile."""
        self._batches = self._decoded()
        self._rows: int | None = None
        self._failure: Exception | None = None

    @property
    def first_row(self) -> int:
        """The first row that can be had without starting again."""
        kept = self._kept
        return kept[0].first_row if kept else 0

    def decoded(self, row: int) -> _Decoded | None:
        """The decoded rows that a row is among; None where it is not decoded, or no longer kept."""
        found = next((each for each in reversed(self._kept) if each.first_row <= row), None)
        return found if found is not None and row < found.first_row + len(found.values) else None

    def is_last(self, decoded: _Decoded, row: int) -> bool:
        """Whether a row is in the second half of the last decoded rows, and more can be decoded."""
        ends = decoded.first_row + len(decoded.values)
        return ends == self.next_row != self._rows and self._failure is None and 2 * (ends - row) <= len(decoded.values)

    def decode_until(self, row: int) -> _Decoded:
        """The decoded rows that a row from `first_row` on is among.

        Raises:
            pa.ArrowException, OSError, ValueError: The file is damaged before the row's end.
            IndexError: The row group has fewer rows.
        """
        while row >= self.next_row:
            # Remembered, for otherwise each further row would decode all rows before the damage again.
            if self._failure is not None:
                raise self._failure
            self.decode_more()
        found = self.decoded(row)
        if found is None:
            raise IndexError(f"Row {row} is not kept any more.")
        return found

    def decode_more(self) -> None:
        """Decode a few rows further; what goes wrong is remembered."""
        try:
            self._keep(next(self._batches))
        except StopIteration:
            self._failure = IndexError(f"It has only {self.next_row} rows.")
        except (*PARQUET_ERRORS, IndexError) as error:
            self._failure = error

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
        kept = [*self._kept, _Decoded(self.next_row, batch)]
        self.kept_bytes += batch.nbytes
        self.next_row += len(batch)
        if self.next_row == self._rows:
            self.close()  # an open file keeps its last page, or a dictionary of all images, in memory
        while len(kept) > 1 and self._is_too_much(kept):
            self.kept_bytes -= kept.pop(0).values.nbytes
        self._kept = tuple(kept)

    def _is_too_much(self, kept: list[_Decoded]) -> bool:
        return self.kept_bytes > _MOST_KEPT_BYTES or (
            self.kept_bytes > _KEPT_BYTES and self.next_row - kept[1].first_row >= _KEPT_ROWS
        )


class _Cursors:
    """The row groups that were read last.

    A place may have two cursors, so that who looks at one image does not send a run over all images back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used_last: list[_Cursor] = []

    def value(self, place: _Place, row: int) -> bytes | None:
        """The bytes in a row of a row group, None where there are none.

        Raises:
            pa.ArrowException, OSError, ValueError: The file is damaged before the row's end.
            IndexError: The row group has fewer rows.
        """
        for cursor in tuple(self._used_last):
            found = cursor.decoded(row) if cursor.place == place else None
            if found is not None:
                if cursor.is_last(found, row) and self._lock.acquire(blocking=False):
                    try:
                        if cursor.is_last(found, row):
                            cursor.decode_more()
                    finally:
                        self._lock.release()
                break
        else:
            with self._lock:
                found = self._decode(place, row)
        return found.values[row - found.first_row].as_py()

    def _decode(self, place: _Place, row: int) -> _Decoded:
        fitting = [cursor for cursor in self._used_last if cursor.place == place and cursor.first_row <= row]
        cursor = max(fitting, key=lambda cursor: cursor.next_row, default=None) or _Cursor(place)
        if cursor in self._used_last:
            self._used_last.remove(cursor)
        self._used_last.append(cursor)
        found = cursor.decode_until(row)
        while len(self._used_last) > _MOST_CURSORS or (len(self._used_last) > 2 and self._keeps_too_much()):
            self._used_last.pop(0).close()
        return found

    def _keeps_too_much(self) -> bool:
        return sum(cursor.kept_bytes for cursor in self._used_last) > 2 * _KEPT_BYTES


_cursors = _Cursors()
