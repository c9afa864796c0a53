"""Reading the bytes of one image, wherever it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from accubench.datasets.packed import OpenFile, read_tar_member, read_zip_member
from accubench.datasets.parquet_reading import read_parquet_member
from accubench.datasets.raw_pixels import read_gzipped_pixels, read_raw_pixels
from accubench.datasets.text import shown
from accubench.errors import ImageError
from accubench.records.locator import Locator

__all__ = ["LARGEST_IMAGE_BYTES", "read_image"]

LARGEST_IMAGE_BYTES = 1 << 30
"""A file larger than 1 GiB is no image of a validation set and would fill the memory."""

_MEMBER_READERS: dict[str, Callable[[OpenFile, str, int | None], bytes]] = {
    "zip": read_zip_member,
    "tar": read_tar_member,
    "pixels": read_raw_pixels,
    "gzip": read_gzipped_pixels,
    "parquet": read_parquet_member,
}
"""By the word before the colon of `Locator.member`; each is given the file, the rest, and the size of the image."""


def read_image(root: Path, image: Locator) -> bytes:
    """The bytes of an image file, also where it lies in an archive or a table.

    Args:
        root: The dataset's root.
        image: Where it is; what the locator says of size and time is checked.

    Raises:
        ImageError: If there is no such file, if it is no regular file, cannot be read, is larger than 1 GiB, or is
            another than the one that was checked.
    """
    if (image.size_bytes or 0) > LARGEST_IMAGE_BYTES:
        raise _too_large(image, image.size_bytes or 0)
    with _opened(root / image.path, image) as file:
        if image.modified_ns not in {None, file.modified_ns}:
            raise _changed(image)
        if image.member is None:
            return _whole(file, image)
        kind, _, place = image.member.partition(":")
        try:
            return _MEMBER_READERS[kind](file, place, image.size_bytes)
        except ImageError as error:
            raise ImageError(f"In {shown(image.path)}, {error}") from error


def _whole(file: OpenFile, image: Locator) -> bytes:
    if file.size_bytes > LARGEST_IMAGE_BYTES:
        raise _too_large(image, file.size_bytes)
    if image.size_bytes not in {None, file.size_bytes}:
        raise _changed(image)
    with open(file.descriptor, "rb", closefd=False) as stream:
        return stream.read()


@contextmanager
def _opened(place: Path, image: Locator) -> Generator[OpenFile]:
    try:
        # Without O_NONBLOCK, opening a named pipe that took the image's place would wait for ever.
        descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ImageError(f"{shown(image.path)} is not a file.")
            yield OpenFile(str(place), descriptor, status.st_size, status.st_mtime_ns)
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise ImageError(f"{shown(image.path)} does not exist any more.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ImageError(f"{shown(image.path)} cannot be read: {reason}.") from error


def _too_large(image: Locator, size_bytes: int) -> ImageError:
    return ImageError(f"{shown(image.path)} has {size_bytes:,} bytes; more than 1 GiB is not read.")


def _changed(image: Locator) -> ImageError:
    return ImageError(f"{shown(image.path)} changed after the dataset was checked. Run the same command again.")
