"""Paths that visitors type: only below the folders that whoever started the server opened for imports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from accubench.errors import UsageError

__all__ = ["allowed_path", "roots_text"]

_LONGEST = 4096


def allowed_path(text: str, roots: Sequence[Path]) -> Path:
    """The file or folder that is meant, with all links resolved.

    What lies elsewhere and what does not exist get the same answer, so that nobody learns what is on the machine.

    Args:
        text: An absolute path, or one below one of the roots.
        roots: Absolute folders, with links resolved.

    Raises:
        UsageError: It is empty, leads out of all roots, or there is nothing.
    """
    text = text.strip()
    if not text:
        raise UsageError("Give the path of a file or folder on the server.")
    if not roots:
        raise UsageError(
            "No folder is open for imports by path. Start the server with `--root DIR`, or upload the files."
        )
    for root in roots:
        found = _resolved(root / text) if len(text) <= _LONGEST and "\0" not in text else None
        if found is not None and any(found.is_relative_to(each) for each in roots):
            return found
    raise UsageError(
        f"There is nothing at {text[:200]!r} that may be imported. Paths must lie below {roots_text(roots)}, also "
        "after links are followed; whoever starts the server opens further folders with `--root DIR`."
    )


def roots_text(roots: Sequence[Path]) -> str:
    """The folders in a sentence; empty where there are none.

    >>> roots_text([Path("/data"), Path("/models")])
    '/data or /models'
    """
    return " or ".join(map(str, roots))


def _resolved(path: Path) -> Path | None:
    """The path with links resolved, or None where it leads nowhere that this process may look at."""
    try:
        found = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return found if os.access(found, os.R_OK) else None
