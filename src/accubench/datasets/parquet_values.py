"""The images of a Parquet column, row by row, in little memory.

An image is unpacked when its row is asked for, and forgotten then, unless further rows have the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accubench.datasets.parquet_pages import (
    ByteStream,
    Column,
    FileBytes,
    Page,
    UnusualPagesError,
    page_bytes,
    pages_of,
)
from accubench.datasets.run_lengths import largest_packed, numbers_of

__all__ = ["images_of"]

_DAMAGED = (ValueError, IndexError, EOFError, OSError)
"""What rows raise that are damaged."""

_PLAIN, _OLD_DICTIONARY, _DICTIONARY = 0, 2, 8
_REFERENCES = (_OLD_DICTIONARY, _DICTIONARY)
_SIZE_BYTES = 4
_MISSING = -1


class _References(NamedTuple):
    """What the rows of a page refer to in the dictionary, or why that cannot be read."""

    first_row: int
    numbers: NDArray[np.int32]
    """Shape (rows,); -1 where a row has no value."""
    failure: Exception | None = None


def images_of(descriptor: int, column: Column) -> Iterator[bytes | None]:
    """The images in the rows of a column, None where a row has none.

    Args:
        descriptor: The file, which stays open for as long as images are read.
        column: The column of images in a row group.

    Raises:
        UnusualPagesError: At once, where the column is not written in one of the ways that are read here.
        ValueError, IndexError, EOFError, OSError: With a row that is damaged.
    """
    pages = list(pages_of(descriptor, column))
    dictionaries = [page for page in pages if page.is_dictionary]
    data = [page for page in pages if not page.is_dictionary]
    refer = any(page.encoding in _REFERENCES for page in data)
    if len(dictionaries) > 1 or (refer and not dictionaries):
        raise UnusualPagesError("there is not one dictionary")
    if any(page.encoding not in {_PLAIN, _OLD_DICTIONARY} or page.n_values > column.n_rows for page in dictionaries):
        raise UnusualPagesError("the dictionary is not plain, or has more values than there are rows")
    if any(page.encoding not in {_PLAIN, *_REFERENCES} for page in data):
        raise UnusualPagesError("images are written in a way that is not read")
    return _images(descriptor, column, data, dictionaries[0] if refer else None)


def _images(
    descriptor: int, column: Column, pages: Sequence[Page], dictionary_page: Page | None
) -> Iterator[bytes | None]:
    references = list(_all_references(descriptor, column, pages))
    dictionary = dictionary_page and _Dictionary(descriptor, column, dictionary_page, references)
    by_first_row = {found.first_row: found for found in references}
    row = 0
    for page in pages:
        found = by_first_row.get(row)
        if dictionary is not None and page.encoding in _REFERENCES and found is not None:
            yield from dictionary.images(found)
        elif page.n_values:
            content = page_bytes(descriptor, column, page)
            for is_there in _present(descriptor, column, page, content):
                yield _image(content, page) if is_there else None
        row += page.n_values


def _all_references(descriptor: int, column: Column, pages: Sequence[Page]) -> Iterator[_References]:
    row = 0
    for page in pages:
        if page.encoding in _REFERENCES and page.n_values:
            try:
                yield _References(row, _references(descriptor, column, page))
            except _DAMAGED as error:
                yield _References(row, np.zeros(0, np.int32), error)
        row += page.n_values


def _references(descriptor: int, column: Column, page: Page) -> NDArray[np.int32]:
    content = page_bytes(descriptor, column, page)
    present = _present(descriptor, column, page, content)
    found = np.full(page.n_values, _MISSING, np.int32)
    n_present = int(present.sum())
    if n_present:
        bits = _exactly(content, 1)[0]
        numbers = numbers_of(content.read(largest_packed(n_present)), bits, n_present)
        found[present] = np.minimum(numbers, np.iinfo(np.int32).max)
    return found


def _present(descriptor: int, column: Column, page: Page, content: ByteStream) -> NDArray[np.bool_]:
    """Which rows of a page have a value, shape (rows,); the content is read up to its values."""
    if not column.level:
        return np.ones(page.n_values, np.bool_)
    if page.levels_bytes is not None:
        levels = _exactly(FileBytes(descriptor, page.offset, page.levels_bytes), page.levels_bytes)
    else:
        size = int.from_bytes(_exactly(content, _SIZE_BYTES), "little")
        if size > largest_packed(page.n_values):
            raise ValueError("definition levels are larger than they can be")
        levels = _exactly(content, size)
    return numbers_of(levels, column.level.bit_length(), page.n_values) == column.level


def _image(content: ByteStream, page: Page) -> bytes:
    size = int.from_bytes(_exactly(content, _SIZE_BYTES), "little")
    if size > page.size_bytes:
        raise ValueError("an image is larger than its page")
    return _exactly(content, size)


def _exactly(content: ByteStream, size: int) -> bytes:
    data = content.read(size)
    if len(data) < size:
        raise EOFError("a page ends too early")
    return data


class _Dictionary:
    """Images that rows refer to, each unpacked before the first such row and forgotten after the last one."""

    def __init__(self, descriptor: int, column: Column, page: Page, references: Sequence[_References]) -> None:
        self._page = page
        self._content = page_bytes(descriptor, column, page)
        self._kept: dict[int, bytes] = {}
        self._n_unpacked = 0
        self._last_rows = np.full(page.n_values, _MISSING, np.int64)
        for found in references:
            rows = np.arange(found.first_row, found.first_row + len(found.numbers))
            valid = (found.numbers >= 0) & (found.numbers < page.n_values)
            # Of equal numbers the last one counts, which numpy promises.
            self._last_rows[found.numbers[valid]] = rows[valid]

    def images(self, references: _References) -> Iterator[bytes | None]:
        """The images that the rows of a page refer to."""
        if references.failure is not None:
            raise references.failure
        for row, number in enumerate(references.numbers.tolist(), references.first_row):
            yield None if number == _MISSING else self._image(number, row)

    def _image(self, number: int, row: int) -> bytes:
        if not 0 <= number < self._page.n_values:
            raise IndexError("a row refers to what is not in the dictionary")
        while self._n_unpacked <= number:
            image = _image(self._content, self._page)
            if self._last_rows[self._n_unpacked] >= row:
                self._kept[self._n_unpacked] = image
            self._n_unpacked += 1
        image = self._kept[number]
        if self._last_rows[number] == row:
            del self._kept[number]
        return image
