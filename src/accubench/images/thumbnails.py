"""Small JPEGs of decoded pixels, so that a person sees the picture that the model saw, in its orientation."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

__all__ = ["thumbnail_jpeg"]

_QUALITY = 85


def thumbnail_jpeg(pixels_hwc: NDArray[np.uint8], *, color: Literal["RGB", "BGR", "gray"], side: int) -> bytes:
    """Encode pixels as a JPEG whose longer side has at most `side` pixels.

    Args:
        pixels_hwc: 8-bit pixels with three channels, or one where `color` is grey.
        color: The order of the channels.
        side: Pixels; the aspect is kept and a smaller image is not enlarged.

    Returns:
        The JPEG file, without metadata.
    """
    height, width = pixels_hwc.shape[:2]
    scale = side / max(height, width)
    small: Any = pixels_hwc
    if scale < 1:
        size_wh = max(1, round(width * scale)), max(1, round(height * scale))
        # Averaging over areas is the one interpolation of OpenCV that does not alias when it shrinks.
        small = cv2.resize(pixels_hwc, size_wh, interpolation=cv2.INTER_AREA)
    small = np.ascontiguousarray(small).reshape(*small.shape[:2], pixels_hwc.shape[2])
    if color == "gray":
        return simplejpeg.encode_jpeg(small, quality=_QUALITY, colorspace="GRAY", colorsubsampling="Gray")
    return simplejpeg.encode_jpeg(small, quality=_QUALITY, colorspace=color, colorsubsampling="420")
