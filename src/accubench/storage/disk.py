"""Writing files so that they are either whole or absent."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from polars.exceptions import PolarsError

from accubench.errors import StorageFullError, WorkspaceError

__all__ = ["folder_bytes", "is_nearly_full", "remove_leftovers", "storage_errors", "whole_file", "whole_folder"]

_TEMPORARY = ".unfinished"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS = tuple(os.strerror(code) for code in _FULL)
_NEARLY_FULL_BYTES = 64 * 1024


@contextmanager
def storage_errors(place: Path) -> Generator[None]:
    """Turn what the operating system says about `place` into a sentence for the user.

    Raises:
        StorageFullError: The disk, or the user's share of it, is full.
        WorkspaceError: Anything else that hinders reading or writing.
    """
    try:
        yield
    except (OSError, PolarsError) as error:  # polars reports what the system says in exceptions of its own
        code = error.errno if isinstance(error, OSError) else None
        if code in _FULL or any(words in str(error) for words in _FULL_WORDS):
            raise StorageFullError(
                f"The disk is full: {place} could not be written. Everything finished so far is kept; "
                "free some space and run the same command again to continue."
            ) from error
        reason = error.strerror if isinstance(error, OSError) else None
        raise WorkspaceError(
            f"{place} cannot be used: {reason or error}. Check that the folder exists and that you may write "
            "to it, or choose another one with --workspace."
        ) from error


def is_nearly_full(folder: Path) -> bool:
    """Whether so little space is left for `folder` that a failure to write there needs no other explanation."""
    try:
        return shutil.disk_usage(folder).free < _NEARLY_FULL_BYTES
    except OSError:
        return False


@contextmanager
def whole_folder(folder: Path) -> Generator[Path]:
    """Create a folder and fill it; when that fails, whatever the reason, nothing of it is left behind.

    Raises:
        StorageFullError: The disk is full.
        WorkspaceError: The folder cannot be written to.
    """
    try:
        with storage_errors(folder):
            folder.mkdir(parents=True)
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


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


def folder_bytes(folder: Path) -> int:
    """Size of all files below a folder; 0 where there is none."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).lstat().st_size
    return total


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
