"""Pages of a Parquet column: where they are, what they hold, and their bytes, unpacked.

Only what columns of images are written with is read here; anything else is left to Arrow, which reads all of Parquet,
but copies each image several times and has all images of a dictionary in memory.

The format: https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from zlib_ng import zlib_ng

from accubench.datasets.arrow_runtime import pa
from accubench.datasets.page_headers import Fields, fields_of
from accubench.datasets.snappy import SnappyStream

__all__ = ["CODECS", "ByteStream", "Column", "FileBytes", "Page", "UnusualPagesError", "page_bytes", "pages_of"]

_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3
_DETAILS = {_DATA: 5, _DICTIONARY: 7, _DATA_2: 8}
"""The field of a page header that tells more of a page of this kind."""
_HEADER_BYTES = (1 << 10, 1 << 20)
"""So much is read for a header, and so much for one with statistics."""
_SPARE_PAGES = 16
"""So many pages may be without rows."""
_RUN_LENGTHS = 3
"""The one encoding of definition levels that is in use."""
_VERIFIED_AT_ONCE = 256 << 10
_BY_ARROW = ("GZIP", "ZSTD", "BROTLI")
CODECS = ("UNCOMPRESSED", "SNAPPY", *_BY_ARROW)
"""How pages may be compressed."""


class UnusualPagesError(Exception):
    """A column is not written in one of the ways that are read here, or its headers are damaged."""


class Column(NamedTuple):
    """A column of bytes in one row group, as the footer of the file describes it."""

    codec: str
    """How its pages are compressed, such as ``SNAPPY``."""
    offset: int
    """Where its first page begins."""
    packed_bytes: int
    size_bytes: int
    """Bytes of all pages once they are unpacked."""
    n_rows: int
    level: int
    """The definition level of values that are there; 0 where none may be missing."""


class Page(NamedTuple):
    """A page of a column."""

    offset: int
    """Where its bytes begin."""
    packed_bytes: int
    size_bytes: int
    checksum: int | None
    """CRC-32 of the bytes in the file."""
    is_dictionary: bool
    n_values: int
    """Rows, also those without a value; in a dictionary, values."""
    encoding: int
    levels_bytes: int | None
    """Bytes of the definition levels where they lie before the values and are not compressed."""
    is_compressed: bool


class ByteStream(Protocol):
    """Bytes that are read forwards."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, fewer only at the end."""
        ...


def pages_of(descriptor: int, column: Column) -> Iterator[Page]:
    """The pages with values of a column, in order.

    Raises:
        UnusualPagesError: They are of a kind that is not read here, or do not hold what the column should.
        OSError: The file cannot be read.
    """
    at, ends = column.offset, column.offset + column.packed_bytes
    n_pages = n_rows = 0
    while at < ends:
        n_pages += 1
        if n_pages > column.n_rows + _SPARE_PAGES:
            raise UnusualPagesError("there are more pages than rows")
        fields, header_bytes = _header(descriptor, at, ends)
        offset, packed_bytes = at + header_bytes, _number(fields, 3)
        at = offset + packed_bytes
        if at > ends:
            raise UnusualPagesError("a page ends beyond its column")
        if (kind := _number(fields, 1)) not in _DETAILS:
            continue  # an index, which nobody writes
        page = _page(kind, fields, offset, has_levels=column.level > 0)
        if page.size_bytes > column.size_bytes:
            raise UnusualPagesError("a page is larger than its column")
        n_rows += 0 if page.is_dictionary else page.n_values
        yield page
    if n_rows != column.n_rows:
        raise UnusualPagesError("the pages have other rows than the column")


def page_bytes(descriptor: int, column: Column, page: Page) -> ByteStream:
    """The bytes of a page, unpacked while they are read; without definition levels that lie before the values.

    Raises:
        ValueError: The checksum of the page is wrong, or it is damaged at its start.
        EOFError: It is cut off.
        OSError: The file cannot be read.
    """
    if page.checksum is not None and _checksum(descriptor, page) != page.checksum:
        raise ValueError("the checksum of a page is wrong")
    before = page.levels_bytes or 0
    offset, packed_bytes, size_bytes = page.offset + before, page.packed_bytes - before, page.size_bytes - before
    plain = FileBytes(descriptor, offset, packed_bytes)
    if not page.is_compressed or column.codec == "UNCOMPRESSED" or not packed_bytes:
        return plain
    if column.codec in _BY_ARROW:
        return pa.CompressedInputStream(pa.PythonFile(plain, mode="r"), column.codec.lower())

    def unpack_all() -> memoryview:
        packed = FileBytes(descriptor, offset, packed_bytes).read()
        return memoryview(pa.Codec("snappy").decompress(packed, decompressed_size=size_bytes, asbytes=False))

    return SnappyStream(descriptor, offset, packed_bytes, size_bytes, unpack_all)


class FileBytes(io.RawIOBase):
    """A section of a file; others may read the file meanwhile."""

    def __init__(self, descriptor: int, offset: int, size_bytes: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._offset = offset
        self._left = size_bytes

    def readable(self) -> bool:
        """True."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, fewer only at the end; all that are left where no number is given."""
        count = self._left if size < 0 else min(size, self._left)
        data = os.pread(self._descriptor, count, self._offset)
        self._offset += len(data)
        self._left -= len(data)
        return data


def _header(descriptor: int, at: int, ends: int) -> tuple[Fields, int]:
    """The fields of the page header at a place, and its bytes."""
    for size in _HEADER_BYTES:
        try:
            return fields_of(os.pread(descriptor, min(size, ends - at), at))
        except IndexError:
            continue
        except ValueError as error:
            raise UnusualPagesError("a page header is damaged") from error
    raise UnusualPagesError("a page header is cut off")


def _page(kind: int, fields: Fields, offset: int, *, has_levels: bool) -> Page:
    details = fields.get(_DETAILS[kind])
    if not isinstance(details, dict):
        raise UnusualPagesError("a page header says nothing of its page")
    checksum = fields.get(4)
    levels_bytes = None
    if kind == _DATA_2:
        levels_bytes = _number(details, 5)
        if _number(details, 6):
            raise UnusualPagesError("a row has several images")
    elif kind == _DATA and has_levels and _number(details, 3) != _RUN_LENGTHS:
        raise UnusualPagesError("definition levels are written in a way that is not read")
    page = Page(
        offset=offset,
        packed_bytes=_number(fields, 3),
        size_bytes=_number(fields, 2),
        checksum=checksum & 0xFFFF_FFFF if isinstance(checksum, int) else None,
        is_dictionary=kind == _DICTIONARY,
        n_values=_number(details, 1),
        encoding=_number(details, 4 if kind == _DATA_2 else 2),
        levels_bytes=levels_bytes,
        is_compressed=kind != _DATA_2 or bool(details.get(7, True)),
    )
    if (levels_bytes or 0) > min(page.packed_bytes, page.size_bytes):
        raise UnusualPagesError("levels are larger than their page")
    return page


def _number(fields: Fields, field: int) -> int:
    """A number of a header that has to be there and is not negative."""
    number = fields.get(field)
    if not isinstance(number, int) or number < 0:
        raise UnusualPagesError("a page header lacks a number")
    return number


def _checksum(descriptor: int, page: Page) -> int:
    content = FileBytes(descriptor, page.offset, page.packed_bytes)
    checksum = 0
    while data := content.read(_VERIFIED_AT_ONCE):
        checksum = zlib_ng.crc32(data, checksum)
    return checksum
