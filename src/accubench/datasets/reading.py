"""Reading the bytes of images, wherever they are."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

from accubench.datasets.packed import OpenFile, read_exactly, read_tar_member, read_zip_member
from accubench.datasets.parquet_reading import read_parquet_member
from accubench.datasets.raw_pixels import read_gzipped_pixels, read_raw_pixels
from accubench.datasets.text import shown
from accubench.errors import ImageError
from accubench.records.locator import Locator

__all__ = ["LARGEST_IMAGE_BYTES", "ImageReader", "read_image"]

LARGEST_IMAGE_BYTES = 1 << 30
"""A file larger than 1 GiB is no image of a validation set and would fill the memory."""
_MOST_OPEN = 16

_MEMBER_READERS: dict[str, Callable[[OpenFile, str, int | None], bytes]] = {
    "zip": read_zip_member,
    "tar": read_tar_member,
    "pixels": read_raw_pixels,
    "gzip": read_gzipped_pixels,
    "parquet": read_parquet_member,
}
"""By the word before the colon of `Locator.member`; each is given the file, the rest, and the size of the image."""


def read_image(root: Path, image: Locator) -> bytes:
    """The bytes of one image; an `ImageReader` is quicker for many.

    Args:
        root: The dataset's root.
        image: Where it is; what the locator says of size and time is checked.

    Raises:
        ImageError: As `ImageReader.read` does.
    """
    return ImageReader(root).read(image)


class ImageReader:
    """Reads images of a dataset, with any number of threads.

    Files that hold several images stay open until nothing refers to the reader any more: opening one for each of its
    images takes longer than reading most of them.

    Args:
        root: The dataset's root.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._open: dict[str, _Descriptor] = {}
        self._lock = threading.Lock()

    def read(self, image: Locator) -> bytes:
        """The bytes of an image file, also where it lies in an archive or a table.

        Args:
            image: Where it is; what the locator says of size and time is checked.

        Raises:
            ImageError: If there is no such file, if it is no regular file, cannot be read, is larger than 1 GiB, or is
                another than the one that was checked.
        """
        if (image.size_bytes or 0) > LARGEST_IMAGE_BYTES:
            raise _too_large(image, image.size_bytes or 0)
        place = os.path.join(self._root, image.path)  # noqa: PTH118 - in the hot path
        try:
            descriptor = _opened(place) if image.member is None else self._kept(place)
            status = os.fstat(descriptor.number)
            if not stat.S_ISREG(status.st_mode):
                raise ImageError(f"{shown(image.path)} is not a file.")
            if image.modified_ns not in {None, status.st_mtime_ns}:
                raise _changed(image)
            return _bytes_of(image, OpenFile(place, descriptor.number, status.st_size, status.st_mtime_ns))
        except FileNotFoundError as error:
            raise ImageError(f"{shown(image.path)} does not exist any more.") from error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise ImageError(f"{shown(image.path)} cannot be read: {reason}.") from error

    def _kept(self, place: str) -> _Descriptor:
        descriptor = self._open.get(place)
        if descriptor is None:
            descriptor = _opened(place)
            with self._lock:
                while len(self._open) >= _MOST_OPEN:
                    del self._open[next(iter(self._open))]
                self._open[place] = descriptor
        return descriptor


class _Descriptor:
    """Of an open file, which is closed when nobody refers to it any more: not while a thread still reads."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        close(self.number)


def _opened(place: str) -> _Descriptor:
    # Without O_NONBLOCK, opening a named pipe that took the image's place would wait for ever.
    return _Descriptor(os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))


def _bytes_of(image: Locator, file: OpenFile) -> bytes:
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
    try:
        return read_exactly(file, 0, file.size_bytes)
    except ImageError as error:
        raise _changed(image) from error


def _too_large(image: Locator, size_bytes: int) -> ImageError:
    return ImageError(f"{shown(image.path)} has {size_bytes:,} bytes; more than 1 GiB is not read.")


def _changed(image: Locator) -> ImageError:
    return ImageError(f"{shown(image.path)} changed after the dataset was checked. Run the same command again.")
