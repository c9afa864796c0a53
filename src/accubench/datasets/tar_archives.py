"""Unpacking tar archives, compressed or not, in one pass."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from accubench.datasets.archives import Unpacking
from accubench.datasets.packed import tar_member
from accubench.datasets.text import shown
from accubench.errors import AccuBenchError, Cancelled, Finding

__all__ = ["is_compressed", "unpack_tar"]

_DAMAGED = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)
_LARGEST_READ = 4 << 20  # a header that asks for more memory is none of a dataset
_OPENERS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file)),
    b"BZ": lambda file: cast("IO[bytes]", bz2.BZ2File(file)),
    b"\xfd7": lambda file: cast("IO[bytes]", lzma.LZMAFile(file)),  # noqa: SIM115 - the file below it is closed
}


def is_compressed(archive: Path) -> bool:
    """Whether a file begins like one compressed with gzip, bzip2 or xz."""
    with archive.open("rb") as file:
        return file.read(2) in _OPENERS


def unpack_tar(unpacking: Unpacking, report: Callable[[int, int], None]) -> None:
    """Check and write the members of a tar archive one after the other.

    Raises:
        DatasetProblemsError: With the first thing that is wrong with it.
    """
    with unpacking.archive.open("rb") as packed:
        stream = _Forward(_decompressed(packed), unpacking)
        last: str | None = None
        for opened, member in _members(unpacking, stream):
            last = member.name
            _take(unpacking, opened, member)
            report(packed.tell(), unpacking.archive_bytes)
        # tarfile takes a damaged header for the end of the archive; the true end is a block of zeros.
        if stream.last_header.strip(b"\0") or not stream.last_header:
            raise _damaged(unpacking, last)


def _members(unpacking: Unpacking, stream: _Forward) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    last: str | None = None
    try:
        # 'r:' and not 'r|': the latter reads headers of any size into memory.
        opened = tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r:")  # noqa: SIM115 - it opens nothing itself
    except _DAMAGED as error:
        raise _damaged(unpacking, last) from error
    while True:
        try:
            member = opened.next()
        except _DAMAGED as error:
            raise _damaged(unpacking, last) from error
        if member is None:
            return
        last = member.name
        yield opened, member
        vars(opened)["members"] = []  # it would keep all of them


def _take(unpacking: Unpacking, opened: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    if unpacking.cancelled():
        raise Cancelled
    problem = _problem(unpacking, member)
    if problem is not None:
        finding = Finding(code="unsafe-archive", message=f"The member {problem}.", file=shown(member.name))
        raise unpacking.refuse_members([finding])
    if member.isdir():
        unpacking.make_folder(member.name)
        return
    if unpacking.leaves(member.name):
        if member.offset_data + member.size > unpacking.archive_bytes:
            raise _damaged(unpacking, member.name)
        unpacking.leave(member.name, tar_member(member.offset_data), member.size)
        return
    unpacking.check_size(unpacking.written + member.size, member.name)
    source = opened.extractfile(member)
    assert source is not None, "it is a regular file"
    with source:
        unpacking.write(member.name, _Source(source, unpacking, member.name), float(member.mtime))


def _problem(unpacking: Unpacking, member: tarfile.TarInfo) -> str | None:
    problem = unpacking.problem(member.name, is_folder=member.isdir())
    if member.issym() or member.islnk():
        return "is a link; links are not unpacked"
    if not (member.isreg() or member.isdir()) or member.issparse():
        return "is neither a plain file nor a folder"
    return problem


def _damaged(unpacking: Unpacking, last: str | None) -> AccuBenchError:
    problem = (
        "It is no zip or tar archive, or damaged at its very beginning."
        if last is None
        else "The archive is damaged or cut off in or right after this member."
    )
    return unpacking.refuse(last, problem, "Fetch it again.")


def _decompressed(packed: IO[bytes]) -> IO[bytes]:
    head = packed.read(2)
    packed.seek(0)
    return _OPENERS.get(head, lambda file: file)(packed)


class _Source:
    """A member's bytes; what is wrong with them is said of the member, what is wrong with the disk is not."""

    def __init__(self, source: IO[bytes], unpacking: Unpacking, name: str) -> None:
        self._source = source
        self._unpacking = unpacking
        self._name = name

    def read(self, size: int, /) -> bytes:
        try:
            return self._source.read(size)
        except _DAMAGED as error:
            raise _damaged(self._unpacking, self._name) from error


class _Forward:
    """A stream that tarfile reads forwards only, never much at once, and never more than may be unpacked.

    Where images are left in the archive, their bytes are not read.
    """

    def __init__(self, stream: IO[bytes], unpacking: Unpacking) -> None:
        self._stream = stream
        self._unpacking = unpacking
        self._position = 0
        self._read_bytes = 0
        self.last_header = b""
        """The block of 512 bytes that was read last: zeros at the end of an intact archive."""

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> int:
        if self._unpacking.leave_images:
            self._position = self._stream.seek(max(position, self._position))
        while self._position < position:
            if not self.read(min(1 << 20, position - self._position)):
                break
            if self._unpacking.cancelled():
                raise Cancelled
        if self._position > position:
            raise tarfile.StreamError
        return self._position

    def read(self, size: int) -> bytes:
        if size > _LARGEST_READ or size < 0:
            raise tarfile.ReadError
        data = self._stream.read(size)
        self._position += len(data)
        self._read_bytes += len(data)
        self._unpacking.check_size(self._read_bytes)
        if size == tarfile.BLOCKSIZE:
            self.last_header = data
        return data
