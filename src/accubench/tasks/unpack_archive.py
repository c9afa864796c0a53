"""Unpack an archive of images into the workspace, once for the same content."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from accubench.datasets import only_folder, unpack
from accubench.errors import Cancelled, DatasetNotFoundError
from accubench.records.progress import Progress
from accubench.storage import storage_errors
from accubench.tasks.surroundings import Surroundings

__all__ = ["unpacked"]

_CHUNK_BYTES = 1 << 20
_KEY_DIGITS = 20


@contextmanager
def unpacked(surroundings: Surroundings, archive: Path) -> Generator[Path]:
    """The folder with what an archive holds; when the body fails and no dataset lies in it, it is removed again.

    Raises:
        DatasetError: The archive cannot be read, is damaged, or holds what is refused; see `unpack`.
        StorageFullError: It does not fit on the disk.
        Cancelled: The user asked to stop.
    """
    store = surroundings.store
    key = _content_key(surroundings, archive)
    place = store.unpacked / key
    with store.lock(f"unpack {key}", waiting=surroundings.waiting_for("the same archive")):
        if not place.is_dir():
            _unpack(surroundings, archive, place)
        try:
            yield only_folder(place)
        except BaseException:
            if not any(Path(dataset.root).is_relative_to(place) for dataset in store.catalogue.datasets()):
                shutil.rmtree(place, ignore_errors=True)
            raise


def _unpack(surroundings: Surroundings, archive: Path, place: Path) -> None:
    temporary = place.with_name(f"{place.name}.unfinished")
    with storage_errors(place):
        shutil.rmtree(temporary, ignore_errors=True)  # of a process that died here
        unpack(
            archive,
            temporary,
            report=_reporter(surroundings, f"Unpacking {archive.name}."),
            cancelled=surroundings.cancelled,
        )
        temporary.rename(place)


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
        raise DatasetNotFoundError(f"The archive {archive} cannot be read: {error.strerror}.") from error
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
