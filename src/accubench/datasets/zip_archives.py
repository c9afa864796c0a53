"""Unpacking zip archives."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from lzma import LZMAError
from pathlib import Path

from accubench.datasets.archives import MOST_MEMBERS, Readable, Unpacking
from accubench.datasets.packed import zip_member
from accubench.datasets.text import shown
from accubench.errors import Cancelled, Finding

__all__ = ["is_zip", "unpack_zip"]

_DAMAGED = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, struct.error, ValueError)
_ENCRYPTED = 0x1
_LARGEST_DIRECTORY_BYTES = MOST_MEMBERS * 256
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"


def is_zip(archive: Path) -> bool:
    """Whether a file begins like a zip archive."""
    with archive.open("rb") as file:
        return file.read(2) == b"PK"


def unpack_zip(unpacking: Unpacking, report: Callable[[int, int], None]) -> None:
    """Check all members of a zip archive, then write them.

    Raises:
        DatasetProblemsError: With everything that is wrong with it.
    """
    try:
        if _directory_bytes(unpacking.archive) > _LARGEST_DIRECTORY_BYTES:
            raise unpacking.refuse(None, f"It has more than {MOST_MEMBERS:,} members.")
        opened = zipfile.ZipFile(unpacking.archive)
    except (*_DAMAGED, NotImplementedError) as error:
        raise unpacking.refuse(None, f"It is damaged or cut off ({error}).", "Fetch it again.") from error
    with opened:
        members = opened.infolist()
        _check(unpacking, members)
        for member in members:
            if unpacking.cancelled():
                raise Cancelled
            _write(unpacking, opened, member)
            report(member.header_offset + member.compress_size, unpacking.archive_bytes)


def _check(unpacking: Unpacking, members: list[zipfile.ZipInfo]) -> None:
    findings = [
        Finding(code="unsafe-archive", message=f"The member {problem}.", file=shown(member.orig_filename))
        for member in members
        if (problem := _problem(unpacking, member)) is not None
    ]
    if findings:
        raise unpacking.refuse_members(findings)
    unpacking.check_size(sum(member.file_size for member in members if not _is_left(unpacking, member)))


def _problem(unpacking: Unpacking, member: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    name = _name(member)
    problem = unpacking.problem(name, is_folder=name.endswith("/"))
    if kind == stat.S_IFLNK:
        return "is a link; links are not unpacked"
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is neither a file nor a folder"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return problem


def _name(member: zipfile.ZipInfo) -> str:
    """The name with slashes, as Windows programs do not always write it, and not cut at a zero byte."""
    return member.orig_filename.replace("\\", "/")


def _is_left(unpacking: Unpacking, member: zipfile.ZipInfo) -> bool:
    """Whether a member stays in the archive: an image, compressed in one of the two ways that all programs use."""
    return unpacking.leaves(_name(member)) and member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def _write(unpacking: Unpacking, opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    name = _name(member)
    if name.endswith("/"):
        unpacking.make_folder(name)
        return
    if _is_left(unpacking, member):
        unpacking.leave(name, zip_member(member), member.file_size)
        return
    try:
        source = opened.open(member)
    except NotImplementedError as error:
        raise unpacking.refuse(name, "The member is compressed in a way that is not read.") from error
    except _DAMAGED as error:
        raise _damaged(unpacking, name) from error
    with source:
        unpacking.write(name, _Source(source, unpacking, name), _modified_s(member))


class _Source:
    """A member's bytes; what is wrong with them is said of the member, what is wrong with the disk is not."""

    def __init__(self, source: Readable, unpacking: Unpacking, name: str) -> None:
        self._source = source
        self._unpacking = unpacking
        self._name = name

    def read(self, size: int, /) -> bytes:
        try:
            return self._source.read(size)
        except _DAMAGED as error:
            raise _damaged(self._unpacking, self._name) from error


def _damaged(unpacking: Unpacking, name: str) -> Exception:
    return unpacking.refuse(name, "The member is damaged or cut off.", "Fetch the archive again.")


def _modified_s(member: zipfile.ZipInfo) -> float:
    """Seconds since 1970; a zip archive does not say in which zone, so it is taken for UTC everywhere."""
    try:
        return datetime(*member.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _directory_bytes(archive: Path) -> int:
    """Size of the list of members, which zipfile would read into memory whatever it is; 0 where there is none.

    Raises:
        zipfile.BadZipFile: The archive says that it has a list in the format of zip64, and has none.
    """
    with archive.open("rb") as file:
        size = file.seek(0, 2)
        start = max(0, size - 66_000)
        file.seek(start)
        tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) < at + 22:
            return 0
        stated = struct.unpack_from("<L", tail, at + 12)[0]
        if tail[at - 20 : at - 16] != _LOCATOR_64 or at < 20:
            return stated
        file.seek(min(struct.unpack_from("<Q", tail, at - 12)[0], size))
        end_64 = file.read(56)
        if len(end_64) < 56 or not end_64.startswith(_END_64):
            raise zipfile.BadZipFile("its list of members is not where it should be")
        return struct.unpack_from("<Q", end_64, 40)[0]
