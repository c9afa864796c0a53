"""Files that save work and may be deleted at any time."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from accubench.errors import WorkspaceError
from accubench.storage.disk import whole_file

__all__ = ["CacheFolder"]

_DIGEST_BYTES = 32


class CacheFolder:
    """Values by key, as files that carry their own checksum: a damaged one counts as absent.

    Nothing here raises because a disk is full or a file is damaged: the caller then does the work that the cache
    would have saved. What was used longest ago is deleted when the folder grows beyond its limit.

    Args:
        folder: Where the files are; created with the first value.
        limit_bytes: How large all files together may become.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes

    def get(self, key: str) -> bytes | None:
        """The value of a key, or None where it is absent or damaged.

        Args:
            key: Lower-case letters, digits and hyphens, at least three of them.
        """
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        digest, value = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(value).digest() != digest:
            return None
        with suppress(OSError):
            os.utime(path)
        return value

    def put(self, key: str, value: bytes) -> None:
        """Keep a value; where that is impossible, do not."""
        path = self._path(key)
        with suppress(WorkspaceError, OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as temporary:
                temporary.write_bytes(hashlib.sha256(value).digest() + value)

    def prune(self) -> None:
        """Delete what was used longest ago until the rest is within the limit."""
        files: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("*/*"):
            with suppress(OSError):
                status = path.stat()
                files.append((status.st_mtime, status.st_size, path))
        excess = sum(size for _, size, _ in files) - self._limit_bytes
        for _, size, path in sorted(files):
            if excess <= 0:
                return
            with suppress(OSError):
                path.unlink()
            excess -= size

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key
