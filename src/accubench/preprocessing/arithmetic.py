"""What happens to the values: normalisation in float32, and quantisation for models that take integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.records.accuracy_configuration import Normalize
from accubench.records.model import Quantization

__all__ = ["normalize", "quantize", "shift_to_int8"]

Pixels = NDArray[Any]


def normalize(rules: Normalize) -> Callable[[Pixels], NDArray[np.float32]]:
    """The function that computes (pixel - mean) / scale, each operation rounded to float32.

    It divides, because multiplying by 1 / scale rounds differently.

    >>> normalize(Normalize(mean=(1, 2, 3), scale=2))(np.full((1, 1, 3), 5, np.uint8)).tolist()
    [[[2.0, 1.5, 1.0]]]
    """
    mean, scale = np.array(rules.mean, np.float32), np.array(rules.scale, np.float32)

    def compute(pixels: Pixels) -> NDArray[np.float32]:
        height, width, channels = pixels.shape
        # One long row of values is three times as fast as a last axis of three.
        values = pixels.astype(np.float32, order="C").reshape(height, width * channels)
        if mean.any():
            values -= _along_row(mean, width, channels)
        if (scale != 1).any():
            values /= _along_row(scale, width, channels)
        return values.reshape(height, width, channels)

    return compute


def quantize(quantization: Quantization, dtype: np.dtype[Any]) -> Callable[[Pixels], Pixels]:
    """The function that turns real values into a model's integers, in float32.

    Each is ``round(real / scale + zero_point)``, halves to even, cut to the range of `dtype`.

    >>> to_int8 = quantize(Quantization(scale=0.5, zero_point=-1), np.dtype(np.int8))
    >>> to_int8(np.array([[[0.0, 1.25, 500.0]]], np.float32)).tolist()
    [[[-1, 2, 127]]]
    """
    limits = np.iinfo(dtype)
    scale, zero_point = np.float32(quantization.scale), np.float32(quantization.zero_point)

    def compute(values: Pixels) -> Pixels:
        return np.clip(np.rint(values / scale + zero_point), limits.min, limits.max).astype(dtype)

    return compute


def shift_to_int8(pixels: Pixels) -> NDArray[np.int8]:
    """Pixels 0 to 255 as -128 to 127: what converters make of an image input when they change uint8 to int8.

    >>> shift_to_int8(np.array([0, 128, 255], np.uint8)).tolist()
    [-128, 0, 127]
    """
    # Inverting the upper bit subtracts 128 without leaving 8 bits.
    return (pixels ^ np.uint8(128)).view(np.int8)


def _along_row(values: NDArray[np.float32], width: int, channels: int) -> NDArray[np.float32]:
    """One value per channel repeated for a row of pixels; a single value stays one."""
    return values if values.size == 1 else np.tile(values, width).reshape(width * channels)
