"""Images that lie in a file as bare pixels, one after the other: each is given as an image file of its own.

Bare pixels become PPM or PGM, whose bytes are a line of text and the pixels themselves, so that everything that reads
image files reads these too, and nothing is lost on the way.
"""

from __future__ import annotations

import gzip
import threading
import zlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from accubench.datasets.packed import OpenFile, read_exactly
from accubench.errors import ImageError

__all__ = ["LARGEST_RATIO", "LARGEST_UNPACKED_BYTES", "Pixels", "gunzipped", "read_gzipped_pixels", "read_raw_pixels"]

LARGEST_UNPACKED_BYTES = 256 << 20
"""The most that one file compressed with gzip may hold; it is kept in memory."""
LARGEST_RATIO = 200
"""Pixels and classes do not shrink by more, unless there are so few of them that it does not matter."""
_HARMLESS_BYTES = 16 << 20
_FILES_KEPT = 2
_GUNZIPPING = threading.Lock()


class Pixels(NamedTuple):
    """Where bare pixels are and how they lie there: 8 bits, one plane for each channel, row by row."""

    offset: int
    channels: int
    """1 for grey, 3 for red, green and blue."""
    height: int
    width: int

    @property
    def size_bytes(self) -> int:
        """Bytes of the image."""
        return self.channels * self.height * self.width

    def member(self, *, gzipped: bool = False) -> str:
        """How a locator names the image.

        Args:
            gzipped: Whether the file is compressed with gzip, so that offsets are those of what it unpacks to.
        """
        return f"{'gzip' if gzipped else 'pixels'}:{','.join(map(str, self))}"

    def as_image_file(self, data: bytes) -> bytes:
        """The bytes of a PPM or PGM image with these pixels."""
        mark = "P6" if self.channels == 3 else "P5"
        head = f"{mark}\n{self.width} {self.height}\n255\n".encode()
        if self.channels == 1:
            return head + data
        planes = np.frombuffer(data, np.uint8).reshape(self.channels, self.height, self.width)
        return head + planes.transpose(1, 2, 0).tobytes()


def read_raw_pixels(file: OpenFile, place: str, _size_bytes: int | None) -> bytes:
    """The image at a place that `Pixels.member` made, as an image file.

    Raises:
        ImageError: The file ends before.
    """
    pixels = _pixels(place)
    return pixels.as_image_file(read_exactly(file, pixels.offset, pixels.size_bytes))


def read_gzipped_pixels(file: OpenFile, place: str, _size_bytes: int | None) -> bytes:
    """The same for a file that is compressed with gzip, which is unpacked into memory once.

    Raises:
        ImageError: The file is damaged, or ends before.
    """
    pixels = _pixels(place)
    with _GUNZIPPING:
        data = _kept(file.place, file.size_bytes, file.modified_ns)
    found = data[pixels.offset : pixels.offset + pixels.size_bytes]
    if len(found) < pixels.size_bytes:
        raise ImageError("the image is damaged or cut off.")
    return pixels.as_image_file(found)


def gunzipped(path: Path) -> bytes:
    """What a file holds that is compressed with gzip.

    Raises:
        ValueError: It is damaged, or unpacks to more than `LARGEST_UNPACKED_BYTES` or `LARGEST_RATIO` times its size;
            the message completes a sentence that begins with its name.
        OSError: It cannot be read.
    """
    in_proportion = max(_HARMLESS_BYTES, path.stat().st_size * LARGEST_RATIO)
    try:
        with gzip.open(path) as file:
            data = file.read(min(LARGEST_UNPACKED_BYTES, in_proportion) + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError("is damaged or cut off") from error
    if len(data) > LARGEST_UNPACKED_BYTES:
        raise ValueError(f"unpacks to more than {LARGEST_UNPACKED_BYTES >> 20} MiB; unpack it by hand (gunzip)")
    if len(data) > in_proportion:
        raise ValueError(f"unpacks to more than {LARGEST_RATIO} times its size, as no file of images does")
    return data


@lru_cache(_FILES_KEPT)
def _kept(place: str, _size_bytes: int, _modified_ns: int) -> bytes:
    try:
        return gunzipped(Path(place))
    except ValueError as error:
        raise ImageError(f"it {error}.") from error


def _pixels(place: str) -> Pixels:
    return Pixels(*(int(number) for number in place.split(",")))
