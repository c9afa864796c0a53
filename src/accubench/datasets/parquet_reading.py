# pyarrow ships no types of its own:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Images in the rows of Parquet files: reading any of them, and neighbours at the speed of files.

Parquet has no way to one row: a row group is decoded from its start.
So each row group that is read has a cursor, which decodes a few rows after the other and keeps the last ones, and the
threads of a run, which take neighbouring rows at about the same time, decode each row once.
Rows that were decoded are taken without waiting for anybody, and whoever takes one of the last of them decodes the next
ones, those of the next row group too, so that threads seldom wait for each other.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from typing import NamedTuple

from accubench.datasets.arrow_runtime import pa, types
from accubench.datasets.packed import OpenFile
from accubench.datasets.parquet_files import PARQUET_ERRORS, flat, open_parquet, reason_of, rows_at_once
from accubench.errors import ImageError

__all__ = ["parquet_member", "read_parquet_member"]

_MOST_CURSORS = 32
_THREADS = (os.cpu_count() or 1) + 1
_AHEAD_ROWS = 16 * _THREADS
"""So many rows are decoded beyond the one that is asked for: the threads of a run take some 16 rows each."""
_KEPT_ROWS = 48 * _THREADS
_KEPT_BYTES = 8 << 20
"""So many decoded rows are kept, and more of small images: a thread that lags behind must not send a cursor back."""
_MOST_KEPT_BYTES = 512 << 20


class _Place(NamedTuple):
    """A column of images in a row group of a file as it is now."""

    file: str
    size_bytes: int
    modified_ns: int
    leaf: int
    row_group: int


class _Decoded:
    """Consecutive rows that were decoded."""

    def __init__(self, first_row: int, images: pa.Array) -> None:
        self.first_row = first_row
        self.ends = first_row + len(images)
        self.size_bytes: int = images.nbytes
        self._images = images
        _, offsets, content = images.buffers()
        wide = types.is_large_binary(images.type)
        self._offsets = memoryview(offsets).cast("q" if wide else "i")[images.offset :]
        self._content = memoryview(content)

    def image(self, row: int) -> bytes | None:
        """The bytes of the image in a row that is among these, None where there are none."""
        place = row - self.first_row
        if self._images.null_count and not self._images[place].is_valid:
            return None
        # A scalar of pyarrow has its bytes copied already, and would copy them again.
        return self._content[self._offsets[place] : self._offsets[place + 1]].tobytes()


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
        self._row_groups = 0
        self._failure: Exception | None = None

    @property
    def first_row(self) -> int:
        """The first row that can be had without starting again."""
        kept = self._kept
        return kept[0].first_row if kept else 0

    @property
    def kept_rows(self) -> int:
        """How many decoded rows are kept."""
        return self.next_row - self.first_row

    def decoded(self, row: int) -> _Decoded | None:
        """The decoded rows that a row is among; None where it is not decoded, or no longer kept."""
        found = next((each for each in reversed(self._kept) if each.first_row <= row), None)
        return found if found is not None and row < found.ends else None

    def runs_out(self, row: int) -> bool:
        """Whether few rows are decoded beyond a row, and more could be."""
        return self.next_row != self._rows and self._failure is None and self.next_row - row < _AHEAD_ROWS

    def following(self, row: int) -> _Place | None:
        """The row group that is soon asked for: all rows of this one are decoded, and few follow a row; else None."""
        group = self.place.row_group + 1
        soon = self.next_row == self._rows and self.next_row - row < _AHEAD_ROWS and group < self._row_groups
        return self.place._replace(row_group=group) if soon else None

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
        """Decode a few rows further, unless something went wrong; what does is remembered."""
        if self._failure is not None:
            return
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
            self._rows, self._row_groups = file.metadata.row_group(group).num_rows, file.metadata.num_row_groups
            rows = rows_at_once(file, group, leaf)
            for batch in file.iter_batches(rows, row_groups=[group], columns=[column], use_threads=False):
                yield flat(batch)

    def _keep(self, batch: pa.Array) -> None:
        kept = [*self._kept, _Decoded(self.next_row, batch)]
        self.kept_bytes += kept[-1].size_bytes
        self.next_row = kept[-1].ends
        if self.next_row == self._rows:
            self.close()  # an open file keeps its last page, or a dictionary of all images, in memory
        while len(kept) > 1 and self._is_too_much(kept):
            self.kept_bytes -= kept.pop(0).size_bytes
        self._kept = tuple(kept)

    def _is_too_much(self, kept: list[_Decoded]) -> bool:
        return _suffices(self.next_row - kept[1].first_row, self.kept_bytes - kept[0].size_bytes)


class _Cursors:
    """The row groups that were read last.

    A place may have two cursors, so that who looks at one image does not send a run over all images back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used_last: tuple[_Cursor, ...] = ()

    def value(self, place: _Place, row: int) -> bytes | None:
        """The bytes in a row of a row group, None where there are none.

        Raises:
            pa.ArrowException, OSError, ValueError: The file is damaged before the row's end.
            IndexError: The row group has fewer rows.
        """
        for cursor in reversed(self._used_last):
            found = cursor.decoded(row) if cursor.place == place else None
            if found is not None:
                self._decode_ahead(cursor, row)
                break
        else:
            with self._lock:
                found = self._cursor_at(place, row).decode_until(row)
        return found.image(row)

    def _decode_ahead(self, cursor: _Cursor, row: int) -> None:
        """Decode rows that are likely to be asked for after a row, unless another thread is decoding."""
        following = cursor.following(row)
        wanted = cursor.runs_out(row) or (following is not None and self._is_new(following))
        if not wanted or not self._lock.acquire(blocking=False):
            return
        try:
            if following is not None and self._is_new(following):
                self._cursor_at(following, 0).decode_more()
            elif cursor.runs_out(row):
                cursor.decode_more()
        finally:
            self._lock.release()

    def _is_new(self, place: _Place) -> bool:
        return not any(cursor.place == place and cursor.next_row for cursor in self._used_last)

    def _cursor_at(self, place: _Place, row: int) -> _Cursor:
        """The cursor that has least to decode until a row, a new one where each is beyond it."""
        fitting = [cursor for cursor in self._used_last if cursor.place == place and cursor.first_row <= row]
        cursor = max(fitting, key=lambda cursor: cursor.next_row, default=None) or _Cursor(place)
        # Replaced and never changed, for other threads look at it meanwhile.
        used = [*(each for each in self._used_last if each is not cursor), cursor]
        while len(used) > _MOST_CURSORS or (len(used) > 2 and _keep_too_much(used)):
            used.pop(0).close()
        self._used_last = tuple(used)
        return cursor


def _keep_too_much(cursors: list[_Cursor]) -> bool:
    kept = [(cursor.kept_rows, cursor.kept_bytes) for cursor in cursors[1:]]
    return _suffices(sum(rows for rows, _ in kept), sum(size for _, size in kept))


def _suffices(rows: int, size_bytes: int) -> bool:
    """Whether nothing more has to be kept beside so much."""
    return (rows >= _KEPT_ROWS and size_bytes >= _KEPT_BYTES) or size_bytes > _MOST_KEPT_BYTES


_cursors = _Cursors()
