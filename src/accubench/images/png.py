"""Lossless pictures, for people who compare what they see with what a model saw."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from accubench.errors import ImageError

__all__ = ["png"]


def png(pixels_rgb: NDArray[np.uint8]) -> bytes:
    """Encode pixels as a PNG without metadata: what is decoded from it are the same pixels.

    Args:
        pixels_rgb: 8-bit pixels of shape (H, W, 3), in RGB order.

    Raises:
        ImageError: The pixels cannot be encoded, because there are none or too many.
    """
    try:
        done, encoded = cv2.imencode(".png", pixels_rgb[:, :, ::-1])
    except cv2.error as error:
        raise ImageError(f"cannot be encoded as PNG: {error}") from error
    if not done:
        raise ImageError("cannot be encoded as PNG")
    return encoded.tobytes()
