"""Names inside an archive: which are safe to write below a folder, and why others are not."""

from __future__ import annotations

import re
import unicodedata

from accubench.datasets.text import is_unicode
from accubench.datasets.tree import is_hidden

__all__ = ["MemberNames", "is_clutter", "member_parts"]

_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_LONGEST_PART_BYTES = 240  # file systems allow 255
_LONGEST_NAME_BYTES = 2048
_DEEPEST = 64


class MemberNames:
    """Checks names one after the other, and remembers them to notice duplicates."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def problem(self, name: str, *, is_folder: bool) -> str | None:
        """What is wrong with a member's name, as the end of a sentence that begins with it, or None."""
        parts = member_parts(name)
        return (
            _spelling_problem(name)
            or _path_problem(name, parts, is_folder=is_folder)
            or self._taken(parts, is_folder=is_folder)
        )

    def _taken(self, parts: tuple[str, ...], *, is_folder: bool) -> str | None:
        """Whether another member lies there; names that differ in case only are one name on many systems."""
        keys = [_key(parts[: depth + 1]) for depth in range(len(parts))]
        folders, itself = (keys, None) if is_folder else (keys[:-1], keys[-1])
        if any(folder in self._files for folder in folders):
            return "is both a file and a folder"
        self._folders.update(folders)
        if itself is None:
            return None
        if itself in self._files:
            return "is there twice (names that differ only in upper and lower case count as one)"
        if itself in self._folders:
            return "is both a file and a folder"
        self._files.add(itself)
        return None


def member_parts(name: str) -> tuple[str, ...]:
    """The folders and the file that a name means.

    >>> member_parts("./images/a.jpg")
    ('images', 'a.jpg')
    """
    return tuple(part for part in name.split("/") if part not in {"", "."})


def is_clutter(parts: tuple[str, ...]) -> bool:
    """Whether a member is none of the user's, such as what macOS adds to every archive."""
    return any(is_hidden(part) for part in parts)


def _spelling_problem(name: str) -> str | None:
    if not is_unicode(name):
        return "is not in Unicode (UTF-8)"
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        return "has control characters in its name"
    return None


def _path_problem(name: str, parts: tuple[str, ...], *, is_folder: bool) -> str | None:
    if name.startswith("/") or _DRIVE.match(name):
        return "is an absolute path, which leads out of the archive"
    if ".." in parts:
        return "leads out of the archive with '..'"
    if not parts and not is_folder:
        return "has no name"
    sizes = [len(part.encode()) for part in parts]
    if max(sizes, default=0) > _LONGEST_PART_BYTES or sum(sizes) > _LONGEST_NAME_BYTES or len(parts) > _DEEPEST:
        return f"has too long a name: at most {_LONGEST_PART_BYTES} bytes a part and {_DEEPEST} folders are allowed"
    return None


def _key(parts: tuple[str, ...]) -> str:
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()
