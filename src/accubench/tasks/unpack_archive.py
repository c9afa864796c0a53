"""Unpack an archive of images into the workspace, once for the same content; images stay in it where they can."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from accubench.datasets import UnpackedArchive, allows_random_access, unpack, unpacked_archive
from accubench.errors import Cancelled, DatasetNotFoundError
from accubench.records.progress import Progress
from accubench.storage import storage_errors
from accubench.tasks.surroundings import Surroundings

__all__ = ["unpacked"]

_CHUNK_BYTES = 1 << 20
_KEY_DIGITS = 20


@contextmanager
def unpacked(surroundings: Surroundings, archive: Path) -> Generator[UnpackedArchive]:
    """What an archive holds; when the body fails and no dataset lies in its folder, the folder is removed again.

    Images of an archive that allows random access are left in it, unless it is an upload, which will be gone.

    Raises:
        DatasetError: The archive cannot be read, is damaged, or holds what is refused; see `unpack`.
        StorageFullError: It does not fit on the disk.
        Cancelled: The user asked to stop.
    """
    store = surroundings.store
    in_place = not store.is_own(archive) and _allows_random_access(archive)
    key = _place_key(archive) if in_place else _content_key(surroundings, archive)
    place = store.unpacked / key
    with store.lock(f"unpack {key}", waiting=surroundings.waiting_for("the same archive")):
        if not place.is_dir():
            _unpack(surroundings, archive, place, leave_images=in_place)
        try:
            yield _found(archive, place)
        except BaseException:
            if not any(Path(dataset.root).is_relative_to(place) for dataset in store.catalogue.datasets()):
                shutil.rmtree(place, ignore_errors=True)
            raise


def _unpack(surroundings: Surroundings, archive: Path, place: Path, *, leave_images: bool) -> None:
    temporary = place.with_name(f"{place.name}.unfinished")
    with storage_errors(place):
        shutil.rmtree(temporary, ignore_errors=True)  # of a process that died here
        unpack(
            archive,
            temporary,
            leave_images=leave_images,
            report=_reporter(surroundings, f"Unpacking {archive.name}."),
            cancelled=surroundings.cancelled,
        )
        temporary.rename(place)


def _allows_random_access(archive: Path) -> bool:
    try:
        return allows_random_access(archive)
    except OSError as error:
        raise _unreadable(archive, error) from error


def _found(archive: Path, place: Path) -> UnpackedArchive:
    try:
        return unpacked_archive(archive, place)
    except OSError as error:
        raise _unreadable(archive, error) from error


def _unreadable(archive: Path, error: OSError) -> DatasetNotFoundError:
    return DatasetNotFoundError(f"The archive {archive} cannot be read: {error.strerror}.")


def _place_key(archive: Path) -> str:
    """Stands for an archive that stays where it is, as long as it does not change."""
    try:
        status = archive.stat()
    except OSError as error:
        raise _unreadable(archive, error) from error
    text = f"{archive}\0{status.st_size}\0{status.st_mtime_ns}"
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:_KEY_DIGITS]


def _content_key(surroundings: Surroundings, archive: Path) -> str:
    """The beginning of the SHA-256 of the file."""
    digest = hashlib.sha256()
    try:
        total = archive.stat().st_size
        report = _reporter(surroundings, f"Reading {archive.name}.")
        with archive.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                if surroundings.cancelled():
                    raise Cancelled
                digest.update(chunk)
                report(file.tell(), total)
    except OSError as error:
        raise _unreadable(archive, error) from error
    return digest.hexdigest()[:_KEY_DIGITS]


def _reporter(surroundings: Surroundings, message: str) -> Callable[[int, int], None]:
    """Tells of progress whenever another percent is done."""
    told = -1

    def report(done: int, total: int) -> None:
        nonlocal told
        percent = min(100, 100 * done // max(1, total))
        if percent > told:
            told = percent
            surroundings.progress(Progress(stage="unpack", done=percent, total=100, message=message))

    return report
