"""Writing files so that they are either whole or absent."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from accubench.errors import StorageFullError, WorkspaceError

__all__ = ["remove_leftovers", "storage_errors", "whole_file"]

_TEMPORARY = ".unfinished"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def storage_errors(place: Path) -> Generator[None]:
    """Turn what the operating system says about `place` into a sentence for the user.

    Raises:
        StorageFullError: The disk, or the user's share of it, is full.
        WorkspaceError: Anything else that hinders reading or writing.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or any(word in str(error) for word in ("No space left", "ENOSPC")):
            raise StorageFullError(
                f"The disk is full: {place} could not be written. Everything finished so far is kept; "
                "free some space and run the same command again to continue."
            ) from error
        raise WorkspaceError(
            f"{place} cannot be used: {error.strerror or error}. Check that the folder exists and that you may write "
            "to it, or choose another one with --workspace."
        ) from error


@contextmanager
def whole_file(path: Path) -> Generator[Path]:
    """Give a temporary name to write to; afterwards it becomes `path` in one step.

    A process that dies in between leaves only the temporary file, which `remove_leftovers` deletes.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_TEMPORARY}")
    try:
        with storage_errors(path):
            yield temporary
            _flush_to_disk(temporary)
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Delete what processes that died while writing left in `folder`."""
    for leftover in folder.glob(f"*{_TEMPORARY}"):
        leftover.unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
