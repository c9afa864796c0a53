"""Images in the rows of Parquet files: reading any of them, and neighbours at the speed of files.

Parquet has no way to one row: a row group is read from its start.
So each row group that is read has a cursor, which reads a few rows after the other and keeps the last ones, and the
threads of a run, which take neighbouring rows at about the same time, have each row read once.
Rows that were read are taken without waiting for anybody, and whoever takes one of the last of them reads the next
ones, those of the next row group too, so that threads seldom wait for each other.
"""

from __future__ import annotations

import os
import threading
from itertools import islice
from typing import NamedTuple

from accubench.datasets.packed import OpenFile
from accubench.datasets.parquet_files import PARQUET_ERRORS, reason_of
from accubench.datasets.parquet_rows import ImageColumn, images_in, row_groups_of
from accubench.errors import ImageError

__all__ = ["parquet_member", "read_parquet_member"]

_MOST_CURSORS = 32
_ROWS_AT_ONCE = 16
_BYTES_AT_ONCE = 1 << 20
_AHEAD_ROWS = 16
"""So many rows are read beyond the one that is asked for."""
_KEPT_ROWS = 32 * ((os.cpu_count() or 1) + 1)
_KEPT_BYTES = 8 << 20
"""So many rows are kept, and more of small images: each thread of a run takes some 16 rows, and may lag behind."""
_MOST_KEPT_BYTES = 512 << 20


class _Place(NamedTuple):
    """A row group of a column of images."""

    images: ImageColumn
    row_group: int


class _Rows(NamedTuple):
    """Images of consecutive rows, None where a row has none."""

    first_row: int
    images: tuple[bytes | None, ...]
    size_bytes: int

    @property
    def ends(self) -> int:
        return self.first_row + len(self.images)


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
        image = _cursors.image(_Place(ImageColumn(file.place, file.size_bytes, file.modified_ns, leaf), row_group), row)
    except (*PARQUET_ERRORS, IndexError) as error:
        raise ImageError(f"row {row} of row group {row_group} is damaged. {reason_of(error)}") from error
    if image is None:
        raise ImageError(f"row {row} of row group {row_group} has no image.")
    return image


class _Cursor:
    """Reads a row group forwards and keeps what it read last."""

    def __init__(self, place: _Place) -> None:
        self.place = place
        self.next_row = 0
        self.kept_bytes = 0
        self._kept: tuple[_Rows, ...] = ()
        """Replaced and never changed, for other threads look at it meanwhile."""
        self._images = images_in(place.images, place.row_group)
        self._n_rows: int | None = None
        self._failure: Exception | None = None

    @property
    def first_row(self) -> int:
        """The first row that can be had without starting again."""
        kept = self._kept
        return kept[0].first_row if kept else 0

    @property
    def kept_rows(self) -> int:
        """How many rows are kept."""
        return self.next_row - self.first_row

    def rows_with(self, row: int) -> _Rows | None:
        """The rows that a row is among; None where it was not read, or is no longer kept."""
        found = next((each for each in reversed(self._kept) if each.first_row <= row), None)
        return found if found is not None and row < found.ends else None

    def runs_out(self, row: int) -> bool:
        """Whether few rows were read beyond a row, and more could be."""
        return self.next_row != self._n_rows and self._failure is None and self.next_row - row < _AHEAD_ROWS

    def following(self, row: int) -> _Place | None:
        """The row group that is soon asked for: all rows of this one were read, and few follow a row; else None."""
        if self.next_row != self._n_rows or self.next_row - row >= _AHEAD_ROWS:
            return None
        group = self.place.row_group + 1
        return self.place._replace(row_group=group) if group < len(row_groups_of(self.place.images)) else None

    def read_until(self, row: int) -> _Rows:
        """The rows that a row from `first_row` on is among.

        Raises:
            pa.ArrowException, OSError, ValueError, EOFError: The file is damaged before the row's end.
            IndexError: The row group has fewer rows.
            ImageError: Its images unpack to far more than images do.
        """
        while row >= self.next_row:
            # Remembered, for otherwise each further row would have all rows before the damage read again.
            if self._failure is not None:
                raise self._failure
            self.read_more()
        found = self.rows_with(row)
        if found is None:
            raise IndexError(f"Row {row} is not kept any more.")
        return found

    def read_more(self) -> None:
        """Read a few rows further, unless something went wrong; what does is remembered."""
        if self._failure is not None:
            return
        images: list[bytes | None] = []
        size_bytes = 0
        try:
            if self._n_rows is None:
                self._n_rows = row_groups_of(self.place.images)[self.place.row_group].n_rows
            for image in islice(self._images, _ROWS_AT_ONCE):
                images.append(image)
                size_bytes += len(image or b"")
                if size_bytes >= _BYTES_AT_ONCE:
                    break
            if not images:
                self._failure = IndexError(f"It has only {self.next_row} rows.")
        except (*PARQUET_ERRORS, IndexError, ImageError) as error:
            self._failure = error
        if images:
            self._keep(_Rows(self.next_row, tuple(images), size_bytes))

    def close(self) -> None:
        """Close the file."""
        self._images.close()

    def _keep(self, rows: _Rows) -> None:
        kept = [*self._kept, rows]
        self.kept_bytes += rows.size_bytes
        self.next_row = rows.ends
        if self.next_row == self._n_rows:
            self.close()
        while len(kept) > 1 and self._is_too_much(kept):
            self.kept_bytes -= kept.pop(0).size_bytes
        self._kept = tuple(kept)

    def _is_too_much(self, kept: list[_Rows]) -> bool:
        return _suffices(self.next_row - kept[1].first_row, self.kept_bytes - kept[0].size_bytes)


class _Cursors:
    """The row groups that were read last.

    A place may have two cursors, so that who looks at one image does not send a run over all images back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used_last: tuple[_Cursor, ...] = ()

    def image(self, place: _Place, row: int) -> bytes | None:
        """The image in a row of a row group, None where there is none.

        Raises:
            pa.ArrowException, OSError, ValueError, EOFError: The file is damaged before the row's end.
            IndexError: The row group has fewer rows.
            ImageError: Its images unpack to far more than images do.
        """
        for cursor in reversed(self._used_last):
            found = cursor.rows_with(row) if cursor.place == place else None
            if found is not None:
                self._read_ahead(cursor, row)
                break
        else:
            with self._lock:
                found = self._cursor_at(place, row).read_until(row)
        return found.images[row - found.first_row]

    def _read_ahead(self, cursor: _Cursor, row: int) -> None:
        """Read rows that are likely to be asked for after a row, unless another thread is reading."""
        following = cursor.following(row)
        wanted = cursor.runs_out(row) or (following is not None and self._is_new(following))
        if not wanted or not self._lock.acquire(blocking=False):
            return
        try:
            if following is not None and self._is_new(following):
                self._cursor_at(following, 0).read_more()
            elif cursor.runs_out(row):
                cursor.read_more()
        finally:
            self._lock.release()

    def _is_new(self, place: _Place) -> bool:
        return not any(cursor.place == place and cursor.next_row for cursor in self._used_last)

    def _cursor_at(self, place: _Place, row: int) -> _Cursor:
        """The cursor that has least to read until a row, a new one where each is beyond it."""
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
