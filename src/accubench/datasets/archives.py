"""Unpacking archives that strangers may have made: nothing outside of the folder, no links, no bombs.

Nothing of a member but its name, its bytes and its time is taken over: no permissions, no owner, no link.
Where any member can be read without the others, images may be left in the archive; the rest is unpacked.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from accubench.datasets.member_names import MemberNames, is_clutter, member_parts
from accubench.datasets.text import shown
from accubench.datasets.tree import has_image_suffix, is_hidden
from accubench.errors import Cancelled, DatasetProblemsError, Finding, StorageFullError
from accubench.records.locator import Locator
from accubench.records.progress import never_cancelled

__all__ = [
    "ARCHIVE_SUFFIXES",
    "Readable",
    "UnpackedArchive",
    "Unpacking",
    "allows_random_access",
    "archive_stem",
    "is_archive",
    "is_left_packed",
    "unpack",
    "unpacked_archive",
]

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
"""Endings of the files that are taken for archives; any case. What is inside decides how they are read."""

LARGEST_BYTES = 200 << 30
MOST_MEMBERS = 2_000_000
_SPARE_BYTES = 1 << 30  # of the disk, which are left free
_HARMLESS_BYTES = 100_000_000
_LARGEST_RATIO = 200
_CHUNK_BYTES = 1 << 20
_INDEX = ".packed.parquet"
"""Beside what was unpacked: which images were left in the archive, and where in it; hidden, as is_hidden has it."""


def is_archive(path: Path) -> bool:
    """Whether a path names a file that `unpack` is for.

    >>> is_archive(Path("images"))
    False
    """
    return path.name.lower().endswith(ARCHIVE_SUFFIXES) and path.is_file()


def archive_stem(name: str) -> str:
    """The name of an archive without its ending.

    >>> archive_stem("imagenet-500.tar.gz"), archive_stem("images.ZIP")
    ('imagenet-500', 'images')
    """
    ending = max((suffix for suffix in ARCHIVE_SUFFIXES if name.lower().endswith(suffix)), key=len, default="")
    return name[: len(name) - len(ending)] or name


def allows_random_access(archive: Path) -> bool:
    """Whether each member can be read without those before it: a zip archive, or a tar archive not compressed.

    Raises:
        OSError: The file cannot be read.
    """
    from accubench.datasets.tar_archives import is_compressed
    from accubench.datasets.zip_archives import is_zip

    return is_zip(archive) or not is_compressed(archive)


@dataclass(frozen=True, slots=True)
class UnpackedArchive:
    """What an archive became."""

    folder: Path
    """What was unpacked: the folder, or the only folder in it where the archive has a single one at its top."""
    packed: dict[str, Locator]
    """The images that were left in the archive, by the paths that they would have below the folder."""


class Readable(Protocol):
    """Whatever gives the bytes of a member."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


@dataclass(kw_only=True)
class Unpacking:
    """One archive on its way into a folder: counts what is written, and stops when it is too much."""

    archive: Path
    archive_bytes: int
    folder: Path
    largest_bytes: int
    free_bytes: int
    cancelled: Callable[[], bool]
    leave_images: bool = False
    """Whether images are not written, but their places in the archive noted."""
    left: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    """Path, place (`Locator.member`) and bytes of each image that was left."""
    names: MemberNames = field(default_factory=MemberNames)
    members: int = 0
    written: int = 0

    def refuse(self, member: str | None, problem: str, remedy: str | None = None) -> DatasetProblemsError:
        """The error for one member, or for the archive as a whole."""
        file = None if member is None else shown(member)
        return self.refuse_all([Finding(code="unsafe-archive", message=problem, file=file, remedy=remedy)])

    def refuse_all(self, findings: list[Finding]) -> DatasetProblemsError:
        """The error for everything that is wrong with the archive."""
        return DatasetProblemsError(f"The archive {shown(self.archive.name)} cannot be unpacked:", findings)

    def refuse_members(self, findings: list[Finding]) -> DatasetProblemsError:
        """The error for members that may be meant to do harm."""
        summary = (
            f"The archive {shown(self.archive.name)} cannot be unpacked. Pack it again without what is told here, or "
            "unpack it by hand if you trust it and import the folder:"
        )
        return DatasetProblemsError(summary, findings)

    def problem(self, name: str, *, is_folder: bool) -> str | None:
        """Count a member and check its name."""
        self.members += 1
        if self.members > MOST_MEMBERS:
            raise self.refuse(None, f"It has more than {MOST_MEMBERS:,} members.")
        return self.names.problem(name, is_folder=is_folder)

    def check_size(self, total: int, member: str | None = None) -> None:
        """Refuse to write more than there may be.

        Args:
            total: Bytes of everything unpacked so far, or of everything that the archive says it holds.
            member: The member at which it became too much.
        """
        if total > self.largest_bytes:
            raise self.refuse(
                member, f"It unpacks to more than {self.largest_bytes:,} bytes, the most that is allowed."
            )
        if total > max(_HARMLESS_BYTES, self.archive_bytes * _LARGEST_RATIO):
            raise self.refuse(
                member,
                f"It unpacks to more than {_LARGEST_RATIO} times its size, as no archive of images does.",
                "Unpack it by hand if you trust it, and import the folder.",
            )
        if total > self.free_bytes:
            raise StorageFullError(
                f"The archive {shown(self.archive.name)} unpacks to more than the {max(0, self.free_bytes):,} bytes "
                f"that may be used of the disk of {self.folder}. Free some space and import it again."
            )

    def leaves(self, name: str) -> bool:
        """Whether a member is left in the archive."""
        return self.leave_images and has_image_suffix(name)

    def leave(self, name: str, member: str, size_bytes: int) -> None:
        """Note where an image is, and make the folder that it would lie in; its name was checked before."""
        parts = member_parts(name)
        if is_clutter(parts):
            return
        self.folder.joinpath(*parts[:-1]).mkdir(parents=True, exist_ok=True)
        self.left.append(("/".join(parts), member, size_bytes))

    def make_folder(self, name: str) -> None:
        """Make the folder of a member."""
        parts = member_parts(name)
        if not is_clutter(parts):
            self.folder.joinpath(*parts).mkdir(parents=True, exist_ok=True)

    def write(self, name: str, source: Readable, modified_s: float) -> None:
        """Write one file; its name was checked before."""
        parts = member_parts(name)
        if is_clutter(parts):
            return
        path = self.folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Exclusive: nothing is ever written through something that lies there already.
        with path.open("xb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                if self.cancelled():
                    raise Cancelled
                self.written += len(chunk)
                self.check_size(self.written, name)
                file.write(chunk)
        _set_time(path, modified_s)


def unpack(
    archive: Path,
    folder: Path,
    *,
    leave_images: bool = False,
    largest_bytes: int = LARGEST_BYTES,
    report: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = never_cancelled,
) -> None:
    """Unpack a zip or (compressed) tar archive into a new folder; on failure nothing is left of it.

    What came of it is read by `unpacked_archive`, now or later.

    Args:
        archive: The file; its content decides which kind it is.
        folder: Where to; must not exist.
        leave_images: Leave images in the archive, which must allow random access; everything else is unpacked.
        largest_bytes: The most that may be written; never more than the disk has free, less 1 GiB.
        report: Called with bytes of the archive done and in total.
        cancelled: Asked regularly whether to stop.

    Raises:
        DatasetProblemsError: It is damaged, encrypted, no archive, or has members that are refused: links, devices,
            names that lead out of it or are there twice, too many or too large ones.
        StorageFullError: It does not fit on the disk.
        Cancelled: The user asked to stop.
    """
    from accubench.datasets.tar_archives import unpack_tar
    from accubench.datasets.zip_archives import is_zip, unpack_zip

    with _new_folder(folder):
        free = shutil.disk_usage(folder).free - _SPARE_BYTES
        unpacking = Unpacking(
            archive=archive,
            archive_bytes=archive.stat().st_size,
            folder=folder,
            largest_bytes=largest_bytes,
            free_bytes=free,
            cancelled=cancelled,
            leave_images=leave_images,
        )
        if unpacking.archive_bytes == 0:
            raise unpacking.refuse(None, "It is empty (0 bytes).", "Fetch it again.")
        (unpack_zip if is_zip(archive) else unpack_tar)(unpacking, report)
        if leave_images:
            _index(unpacking.left).write_parquet(folder / _INDEX)


def is_left_packed(folder: Path) -> bool:
    """Whether images were left in the archive that was unpacked into a folder."""
    return (folder / _INDEX).is_file()


def unpacked_archive(archive: Path, folder: Path) -> UnpackedArchive:
    """What came of an archive that was unpacked.

    Args:
        archive: The file.
        folder: What it was unpacked into.

    Raises:
        OSError: Images were left in the archive, and it is gone.
    """
    packed: dict[str, Locator] = {}
    if is_left_packed(folder):
        place, modified_ns = str(archive), archive.stat().st_mtime_ns
        packed = {
            path: Locator(place, member, size_bytes, modified_ns)
            for path, member, size_bytes in pl.read_parquet(folder / _INDEX).iter_rows()
        }
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not is_hidden(entry.name)]
    if len(visible) != 1 or not visible[0].is_dir() or any("/" not in path for path in packed):
        return UnpackedArchive(folder, packed)
    start = f"{visible[0].name}/"
    return UnpackedArchive(Path(visible[0].path), {path.removeprefix(start): place for path, place in packed.items()})


def _index(left: list[tuple[str, str, int]]) -> pl.DataFrame:
    schema = {"path": pl.String, "member": pl.String, "size_bytes": pl.Int64}
    return pl.DataFrame(left, schema=schema, orient="row")


@contextmanager
def _new_folder(folder: Path) -> Generator[None]:
    folder.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _set_time(path: Path, modified_s: float) -> None:
    """Give a file the archive's time, so that unpacking again gives the same dataset; impossible times become 1970."""
    try:
        os.utime(path, (modified_s, modified_s))
    except (OverflowError, ValueError, OSError):
        os.utime(path, (0, 0))
