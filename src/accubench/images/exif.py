"""The EXIF orientation: read from a block of EXIF, applied to pixels."""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["exif_orientation", "upright"]

_ORIENTATION_TAG = 0x0112
_SHORT = 3


def exif_orientation(block: bytes) -> int:
    r"""The orientation, 1 to 8, that a block of EXIF states; 1, upright, where it states none that can be read.

    Args:
        block: A TIFF structure, with or without the leading ``Exif\0\0`` that JPEG puts before it.

    Never fails: a camera's damaged notes are no reason to lose the image (TIFF 6.0, section 2; EXIF 2.32, 4.6.4).

    >>> exif_orientation(b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0")
    6
    """
    tiff = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for entry in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if tag == _ORIENTATION_TAG:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def upright(pixels_hwc: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn and mirror pixels as an EXIF orientation asks for.

    Args:
        pixels_hwc: Pixels as stored, any number of channels.
        orientation: 1 to 8; 1 changes nothing.

    Returns:
        An array of shape (H, W, C), or (W, H, C) for the orientations 5 to 8; C-contiguous.

    >>> upright(np.array([[[1], [2], [3]]], np.uint8), 6)[:, :, 0].tolist()
    [[1], [2], [3]]
    >>> upright(np.array([[[1], [2], [3]]], np.uint8), 3)[:, :, 0].tolist()
    [[3, 2, 1]]
    """
    if orientation == 1:
        return pixels_hwc
    turned: Any = pixels_hwc
    if orientation in {5, 6, 7, 8}:
        turned = cv2.transpose(turned)
    # OpenCV's flip codes: 1 mirrors left and right, 0 mirrors top and bottom, -1 does both.
    flip_code = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    if flip_code is not None:
        turned = cv2.flip(turned, flip_code)
    return turned.reshape(*turned.shape[:2], pixels_hwc.shape[2])
