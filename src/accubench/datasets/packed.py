"""Images that lie in an archive: where they are, and reading one without reading the rest."""

from __future__ import annotations

import os
import struct
import zipfile
from typing import NamedTuple

from zlib_ng import zlib_ng

from accubench.errors import ImageError

__all__ = ["OpenFile", "read_exactly", "read_tar_member", "read_zip_member", "tar_member", "zip_member"]

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_LOCAL_MARK = b"PK\x03\x04"
_DAMAGED = "the image is damaged or cut off."


class OpenFile(NamedTuple):
    """A file that images are read from, open for as long as one of them is."""

    place: str
    descriptor: int
    size_bytes: int
    modified_ns: int


def read_exactly(file: OpenFile, offset: int, count: int) -> bytes:
    """Bytes in the middle of a file; many threads may do so at once.

    Raises:
        ImageError: The file ends before.
    """
    data = os.pread(file.descriptor, count, offset)
    while 0 < len(data) < count and (more := os.pread(file.descriptor, count - len(data), offset + len(data))):
        data += more
    if len(data) < count:
        raise ImageError(_DAMAGED)
    return data


def zip_member(member: zipfile.ZipInfo) -> str:
    """How a locator names a stored or deflated member of a zip archive."""
    return f"zip:{member.header_offset},{member.compress_size},{member.compress_type},{member.CRC}"


def read_zip_member(file: OpenFile, place: str, size_bytes: int | None) -> bytes:
    """The bytes of a member; its checksum is verified.

    Raises:
        ImageError: The archive is damaged there.
    """
    offset, packed_bytes, method, checksum = (int(number) for number in place.split(","))
    mark, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(read_exactly(file, offset, _LOCAL_HEADER.size))
    if mark != _LOCAL_MARK:
        raise ImageError(_DAMAGED)
    packed = read_exactly(file, offset + _LOCAL_HEADER.size + name_bytes + extra_bytes, packed_bytes)
    data = packed if method == zipfile.ZIP_STORED else _inflated(packed, size_bytes or 0)
    if len(data) != size_bytes or zlib_ng.crc32(data) != checksum:
        raise ImageError(_DAMAGED)
    return data


def _inflated(packed: bytes, size_bytes: int) -> bytes:
    """What was deflated, and never more than it was said to be."""
    try:
        return zlib_ng.decompressobj(-zlib_ng.MAX_WBITS).decompress(packed, size_bytes + 1)
    except zlib_ng.error as error:  # pyright: ignore[reportGeneralTypeIssues] - its stub calls the class an instance
        raise ImageError(_DAMAGED) from error


def tar_member(offset: int) -> str:
    """How a locator names a member of a tar archive that is not compressed.

    Args:
        offset: Where its bytes begin.
    """
    return f"tar:{offset}"


def read_tar_member(file: OpenFile, place: str, size_bytes: int | None) -> bytes:
    """The bytes of a member of a tar archive.

    Raises:
        ImageError: The archive ends before.
    """
    return read_exactly(file, int(place), size_bytes or 0)
