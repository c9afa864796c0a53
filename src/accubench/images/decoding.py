"""The way from the bytes of a file to 8-bit pixels under stated rules."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accubench.errors import ImageError
from accubench.images.exif import upright
from accubench.images.formats import check_pixel_count, recognized_format
from accubench.images.jpeg import DamagedJpegError, decode_plain_jpeg, read_jpeg_header
from accubench.images.pillow_formats import decode_with_pillow
from accubench.records.accuracy_configuration import Decode

__all__ = ["decode"]


def decode(data: bytes, rules: Decode) -> NDArray[np.uint8]:
    """Decode an image file into 8-bit pixels.

    Safe to call from many threads at once; the work is done without the interpreter's lock.

    Args:
        data: The whole file: JPEG, PNG, GIF, WebP, BMP, TIFF or PPM, whatever its name says.
        rules: Colour order, EXIF orientation, transparency, 16-bit values, CMYK, animation.

    Returns:
        A C-contiguous array of shape (H, W, 3), or (H, W, 1) where the rules ask for grey.

    Raises:
        ImageError: The data is no image, damaged, incomplete, too large, or refused by a rule; the message completes a
            sentence that begins with the image's name.
    """
    kind = recognized_format(data)
    if kind == "JPEG":
        pixels, order, orientation = _decode_jpeg(data, rules)
    else:
        pixels, orientation = decode_with_pillow(data, kind, rules)
        order = "RGB"
    if rules.exif == "apply":
        pixels = upright(pixels, orientation)
    return _in_color(pixels, order, rules.color)


def _decode_jpeg(data: bytes, rules: Decode) -> tuple[NDArray[np.uint8], str, int]:
    """Pixels, the order they are in (``RGB``, ``BGR`` or ``GRAY``), and the orientation."""
    header = read_jpeg_header(data, with_orientation=rules.exif == "apply")
    check_pixel_count(header.height, header.width)
    order = "RGB" if rules.color == "gray" else rules.color
    if header.components == 1 and rules.color == "gray":
        order = "GRAY"
    if header.components in {1, 3}:
        try:
            return decode_plain_jpeg(data, order), order, header.orientation
        except DamagedJpegError as complaint:
            # Stray bytes before a marker, an unknown revision: what Pillow and OpenCV decode nevertheless is an image.
            # libjpeg-turbo tells only its first complaint, so damage behind a harmless one is decoded as they do it.
            try:
                return decode_with_pillow(data, "JPEG", rules)[0], "RGB", header.orientation
            except ImageError:
                # turbojpeg puts the name of its own function before some messages.
                reason = str(complaint).split("(): ")[-1]
                raise ImageError(f"JPEG is damaged: {reason}") from complaint
    return decode_with_pillow(data, "JPEG", rules)[0], "RGB", header.orientation


def _in_color(pixels: NDArray[np.uint8], order: str, color: str) -> NDArray[np.uint8]:
    if color == "gray":
        return pixels if order == "GRAY" else _luma(pixels)
    if order == color:
        return pixels
    swapped: Any = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return swapped


def _luma(pixels_rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """ITU-R 601 luma in Pillow's rounding, (19595 R + 38470 G + 7471 B + 32768) >> 16; OpenCV rounds differently."""
    return np.array(Image.fromarray(pixels_rgb).convert("L"))[:, :, None]
