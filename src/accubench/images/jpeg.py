"""JPEG: the header is read here, the pixels come from libjpeg-turbo without the interpreter's lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from accubench.errors import ImageError
from accubench.images.exif import exif_orientation

__all__ = ["DamagedJpegError", "JpegHeader", "decode_plain_jpeg", "read_jpeg_header"]

_START_OF_SCAN, _END_OF_IMAGE, _APP1 = 0xDA, 0xD9, 0xE1
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset((0x00, 0x01, *range(0xD0, 0xD9)))


class JpegHeader(NamedTuple):
    """What must be known of a JPEG before its pixels are decoded."""

    height: int
    width: int
    components: int
    """1 for grey, 3 for YCbCr or RGB, 4 for CMYK or YCCK."""
    orientation: int
    """EXIF orientation, 1 to 8; 1 where it was not asked for or is not stated."""


class DamagedJpegError(Exception):
    """libjpeg-turbo had something to say about the data; pixels may nevertheless all be there."""


def read_jpeg_header(data: bytes, *, with_orientation: bool) -> JpegHeader:
    """Read size, components and, if asked for, EXIF orientation of a JPEG (ITU-T T.81, annex B).

    Args:
        data: A file that starts with a JPEG signature.
        with_orientation: Whether EXIF is looked for; it may stand anywhere before the first scan.

    Raises:
        ImageError: The file ends, or the scan begins, before the size is stated.
    """
    frame, orientation, exif_seen = None, 1, not with_orientation
    for marker, start, end in _segments(data):
        if marker in _START_OF_FRAME and frame is None:
            if end > len(data) or end - start < 6:
                break
            frame = (
                int.from_bytes(data[start + 1 : start + 3], "big"),
                int.from_bytes(data[start + 3 : start + 5], "big"),
                data[start + 5],
            )
        elif marker == _APP1 and not exif_seen and data[start : start + 6] == b"Exif\0\0":
            orientation, exif_seen = exif_orientation(data[start:end]), True
        if frame is not None and exif_seen:
            break
    if frame is None:
        raise ImageError(f"JPEG is truncated: its {len(data)} bytes end before the size of the image")
    return JpegHeader(*frame, orientation)


def decode_plain_jpeg(data: bytes, order: str) -> NDArray[np.uint8]:
    """Decode a grey, YCbCr or RGB JPEG.

    The pixels are those of OpenCV and Pillow, which use the same library with the same settings.

    Args:
        data: The file.
        order: ``RGB``, ``BGR`` or ``GRAY``; grey files become any of them, others only the first two.

    Returns:
        An array of shape (H, W, 3) or (H, W, 1).

    Raises:
        ImageError: The data ends before the last row: decoders fill the rest with grey, which is no measurement.
        DamagedJpegError: Anything else that libjpeg-turbo complains of, harmless or not.
    """
    try:
        return simplejpeg.decode_jpeg(data, order)
    except ValueError as error:
        if "premature end" in str(error).lower():
            raise ImageError("JPEG is truncated: the data ends before the last row of pixels") from error
        raise DamagedJpegError(str(error)) from error


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of the content of every segment before the first scan."""
    position, size = 2, len(data)
    while True:
        # Between segments there should be nothing; like libjpeg, skip what there is, and fill bytes.
        position = data.find(b"\xff", position)
        while 0 <= position < size and data[position] == 0xFF:
            position += 1
        if position < 0 or position >= size:
            return
        marker = data[position]
        position += 1
        if marker in _WITHOUT_LENGTH:
            continue
        if marker in (_START_OF_SCAN, _END_OF_IMAGE) or position + 2 > size:
            return
        end = position + max(2, data[position] << 8 | data[position + 1])
        yield marker, position + 2, end
        position = end
