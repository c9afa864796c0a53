"""Where the bytes of one image are."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Locator"]


class Locator(NamedTuple):
    """An image in a file of its own, or inside of a larger one; the fields are columns of a manifest."""

    path: str
    """The file: its path below the dataset's root, or an absolute one."""
    member: str | None = None
    """Where in the file the image is, as ``kind:numbers``; None where the file is the image."""
    size_bytes: int | None = None
    """Bytes of the image when the dataset was checked; None where they are not known beforehand."""
    modified_ns: int | None = None
    """Time of last change of the file, in nanoseconds since 1970, when the dataset was checked."""
