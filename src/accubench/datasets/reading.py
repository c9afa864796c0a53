"""Reading the bytes of one image."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from accubench.datasets.text import shown
from accubench.errors import ImageError

__all__ = ["LARGEST_IMAGE_BYTES", "read_image"]

LARGEST_IMAGE_BYTES = 1 << 30
"""A file larger than 1 GiB is no image of a validation set and would fill the memory."""


def read_image(root: Path, path: str, *, as_checked: tuple[int | None, int | None] = (None, None)) -> bytes:
    """The bytes of the image at `path`, which is relative to the dataset's root (or absolute, where a table says so).

    Args:
        root: The dataset's root.
        path: The image.
        as_checked: Bytes and time of modification (nanoseconds) that the manifest says; None where it does not.

    Raises:
        ImageError: If there is no such file, if it is no regular file, cannot be read, is larger than 1 GiB, or is
            another than the one that was checked.
    """
    place = root / path
    try:
        # Without O_NONBLOCK, opening a named pipe that took the image's place would wait for ever.
        descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ImageError(f"{shown(path)} is not a file.")
            if status.st_size > LARGEST_IMAGE_BYTES:
                raise ImageError(f"{shown(path)} has {status.st_size:,} bytes; more than 1 GiB is not read.")
            if any(
                stated not in {None, found}
                for stated, found in zip(as_checked, (status.st_size, status.st_mtime_ns), strict=True)
            ):
                raise ImageError(f"{shown(path)} changed after the dataset was checked. Run the same command again.")
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise ImageError(f"{shown(path)} does not exist any more.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ImageError(f"{shown(path)} cannot be read: {reason}.") from error
