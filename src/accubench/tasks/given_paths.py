"""Paths as people give them, checked before anything is done with them."""

from __future__ import annotations

import os
from pathlib import Path

from accubench.errors import UsageError

__all__ = ["exists", "given_path"]


def given_path(text: str | Path, what: str) -> Path:
    """The path that is meant, with ``~`` expanded.

    Args:
        text: As it was given.
        what: What it stands for, to begin a sentence with, such as ``model``.

    Raises:
        UsageError: It is empty, cannot be a path, or holds bytes that are no Unicode and so could not be recorded.

    >>> given_path("images/val", "dataset").as_posix()
    'images/val'
    """
    if not str(text) or "\0" in str(text):
        raise UsageError(f"The {what} has no name: an empty text, or one with a zero byte, is no path.")
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise UsageError(f"The {what} '{text}' cannot be found: there is no such user's home folder.") from error
    shown = os.fsencode(path.absolute()).decode(errors="replace")
    if "\N{REPLACEMENT CHARACTER}" in shown and "\N{REPLACEMENT CHARACTER}" not in str(path.absolute()):
        raise UsageError(
            f"The path of the {what}, {shown}, is not in Unicode (UTF-8), so it cannot be recorded. Rename the file or "
            "folder, or reach it by a symbolic link with another name."
        )
    return path


def exists(path: Path) -> bool:
    """Whether there is something at a path; one that is too long or not permitted leads nowhere."""
    return os.path.exists(path)  # noqa: PTH110 - pathlib raises for names that are too long
