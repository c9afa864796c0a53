"""Resizing and cropping: the arithmetic of sizes, and the calls of the library that is asked for.

All functions take and return arrays of shape (H, W, C); OpenCV drops the last axis where C is 1, it is put back here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accubench.errors import ImageError
from accubench.images import MAX_PIXELS
from accubench.records.accuracy_configuration import Crop, Resize

__all__ = ["crop", "cropped_size_hw", "fitted_size_hw", "resize", "shorter_side_size_hw"]

Pixels = NDArray[Any]
Size = tuple[int, int]
Scale = Callable[[Pixels, Size], Pixels]
"""Changes pixels to a size (height, width)."""

_OPENCV = {
    "nearest": cv2.INTER_NEAREST,
    "nearest_exact": cv2.INTER_NEAREST_EXACT,
    "bilinear": cv2.INTER_LINEAR,
    "bilinear_exact": cv2.INTER_LINEAR_EXACT,
    "bicubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos4": cv2.INTER_LANCZOS4,
}
_PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resize(rules: Resize) -> Callable[[Pixels], Pixels]:
    """The function that resizes an array by `rules`.

    Raises (the function returned):
        ImageError: The image is so narrow that the result would be larger than an image may be.
    """
    scale = _scale(rules)
    if rules.mode == "stretch":
        return lambda pixels: scale(pixels, rules.size_hw)
    if rules.mode == "letterbox":
        return lambda pixels: _letterboxed(pixels, rules.size_hw, scale, rules.fill)
    side = rules.size_hw[0]

    def resize_shorter_side(pixels: Pixels) -> Pixels:
        height, width = shorter_side_size_hw(pixels.shape[0], pixels.shape[1], side)
        if height * width > MAX_PIXELS:
            before = f"{pixels.shape[1]} x {pixels.shape[0]}"
            raise ImageError(f"is {before} pixels: with a shorter side of {side} it would become {width} x {height}")
        return scale(pixels, (height, width))

    return resize_shorter_side


def crop(rules: Crop) -> Callable[[Pixels], Pixels]:
    """The function that keeps the centre of an array by `rules`, as a view where nothing is padded."""
    margin = _half_even_margin if rules.rounding == "half_even" else _floor_margin

    def crop_centre(pixels: Pixels) -> Pixels:
        height, width = cropped_size_hw(pixels.shape[0], pixels.shape[1], rules)
        pixels = _padded(pixels, height, width)
        top, left = margin(pixels.shape[0] - height), margin(pixels.shape[1] - width)
        return pixels[top : top + height, left : left + width]

    return crop_centre


def shorter_side_size_hw(height: int, width: int, side: int) -> Size:
    """The size with `side` as the shorter side, the longer one rounded down, as torchvision's Resize computes it.

    >>> shorter_side_size_hw(375, 500, 256)
    (256, 341)
    """
    if height <= width:
        return side, int(side * width / height)
    return int(side * height / width), side


def fitted_size_hw(height: int, width: int, size_hw: Size) -> Size:
    """The largest size of the same aspect inside `size_hw`, each side rounded, halves to even, and at least 1.

    >>> fitted_size_hw(375, 500, (224, 224))
    (168, 224)
    """
    scale = min(size_hw[0] / height, size_hw[1] / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def cropped_size_hw(height: int, width: int, rules: Crop) -> Size:
    """The size that a crop leaves of an image; a fraction leaves at least one pixel of each side.

    Without `symmetric` a fraction is Accuracy Checker's ``central_fraction``, with it TensorFlow's
    ``tf.image.central_crop``; the two differ by at most one pixel.

    >>> cropped_size_hw(375, 500, Crop(fraction=0.875))
    (328, 437)
    >>> cropped_size_hw(375, 500, Crop(fraction=0.875, rounding="symmetric"))
    (329, 438)
    """
    if rules.fraction is None:
        assert rules.size_hw is not None
        return rules.size_hw
    kept = _symmetric_part if rules.rounding == "symmetric" else _floor_part
    return kept(height, rules.fraction), kept(width, rules.fraction)


def _scale(rules: Resize) -> Scale:
    if rules.library == "pillow":
        resampling = _PILLOW[rules.interpolation]
        return lambda pixels, size_hw: _scaled_by_pillow(pixels, size_hw, resampling)
    flag = _OPENCV[rules.interpolation]
    return lambda pixels, size_hw: _scaled_by_opencv(pixels, size_hw, flag)


def _scaled_by_opencv(pixels: Pixels, size_hw: Size, flag: int) -> Pixels:
    if pixels.shape[:2] == size_hw:
        return pixels
    return cv2.resize(pixels, (size_hw[1], size_hw[0]), interpolation=flag).reshape(*size_hw, pixels.shape[2])


def _scaled_by_pillow(pixels: Pixels, size_hw: Size, resampling: Image.Resampling) -> Pixels:
    if pixels.shape[:2] == size_hw:
        return pixels
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    return np.asarray(image.resize((size_hw[1], size_hw[0]), resampling)).reshape(*size_hw, pixels.shape[2])


def _letterboxed(pixels: Pixels, size_hw: Size, scale: Scale, fill: int) -> Pixels:
    """The whole image in the middle of a filled canvas; an odd pixel more goes below and to the right."""
    height, width = fitted_size_hw(pixels.shape[0], pixels.shape[1], size_hw)
    canvas = np.full((*size_hw, pixels.shape[2]), fill, pixels.dtype)
    top, left = (size_hw[0] - height) // 2, (size_hw[1] - width) // 2
    canvas[top : top + height, left : left + width] = scale(pixels, (height, width))
    return canvas


def _padded(pixels: Pixels, height: int, width: int) -> Pixels:
    """The image in the middle of zeros where it is smaller; an odd row or column more goes below and to the right."""
    missing_h, missing_w = max(0, height - pixels.shape[0]), max(0, width - pixels.shape[1])
    if not (missing_h or missing_w):
        return pixels
    above, left = missing_h // 2, missing_w // 2
    return np.pad(pixels, ((above, missing_h - above), (left, missing_w - left), (0, 0)))


def _floor_part(side: int, fraction: float) -> int:
    return max(1, int(side * fraction))


def _symmetric_part(side: int, fraction: float) -> int:
    return max(1, side - 2 * int((side - side * fraction) / 2))


def _floor_margin(excess: int) -> int:
    return excess // 2


def _half_even_margin(excess: int) -> int:
    return round(excess / 2)
