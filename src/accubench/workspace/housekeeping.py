"""What keeps a workspace in order: how much space it takes, what may go, which logs and versions there are."""

from __future__ import annotations

import os
import platform
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from accubench.records.housekeeping import DiskPart, DiskUse, LogFile
from accubench.storage import Store

__all__ = ["PARTS", "Housekeeping"]

PARTS = ("models", "datasets", "predictions", "reports", "jobs", "uploads", "cache", "logs")
"""Folders of a workspace that are told apart; what lies elsewhere counts as ``other``."""
_PACKAGES = ("accubench", "openvino", "numpy", "polars", "opencv-python-headless", "pillow", "simplejpeg", "dbos")


class Housekeeping:
    """Looks after the workspace folder.

    Args:
        store: The workspace's store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def database(self) -> str:
        """Where the catalogue is, as a URL without password."""
        return self._store.catalogue.url.render_as_string(hide_password=True)

    def versions(self) -> dict[str, str]:
        """Versions of Python and of the packages that matter, by name."""
        from importlib.metadata import version

        return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}

    def disk_use(self) -> DiskUse:
        """How much space the workspace takes, and how much there is."""
        folder = self._store.folder
        parts = [_measure(name, _files(folder / name)) for name in PARTS]
        rest = [_measure("", _files(entry)) for entry in folder.iterdir() if entry.name not in PARTS]
        other = DiskPart(
            name="other", size_bytes=sum(one.size_bytes for one in rest), n_files=sum(one.n_files for one in rest)
        )
        disk = shutil.disk_usage(folder)
        return DiskUse(parts=(*parts, other), free_bytes=disk.free, disk_bytes=disk.total)

    def clear_cache(self) -> int:
        """Delete what can be made again: compiled models and thumbnails.

        Returns:
            How many bytes that freed.
        """
        cache = self._store.folder / "cache"
        before = _measure("cache", _files(cache)).size_bytes
        for path in _files(cache):
            with suppress(OSError):  # in use by another process, or deleted by it
                path.unlink()
        return before - _measure("cache", _files(cache)).size_bytes

    def logs(self) -> list[LogFile]:
        """Every log there is: of the server, the worker, and each job."""
        folder = self._store.folder
        logs: list[LogFile] = []
        for path in sorted([*folder.glob("logs/*.log*"), *folder.glob("jobs/*/log.txt")]):
            with suppress(OSError):  # deleted since it was listed
                logs.append(LogFile(name=path.relative_to(folder).as_posix(), size_bytes=path.stat().st_size))
        return logs

    def write_logs(self, target: IO[bytes]) -> None:
        """Write all logs to a zip archive."""
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for log in self.logs():
                with suppress(OSError):
                    archive.writestr(log.name, (self._store.folder / log.name).read_bytes())


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    for folder, _, names in os.walk(place):
        for name in names:
            yield Path(folder, name)


def _measure(name: str, files: Iterator[Path]) -> DiskPart:
    size_bytes = n_files = 0
    for path in files:
        with suppress(OSError):  # deleted since it was listed
            size_bytes += path.lstat().st_size
            n_files += 1
    return DiskPart(name=name, size_bytes=size_bytes, n_files=n_files)
