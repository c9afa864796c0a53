"""Prepared images as the network's own input takes them, for those who feed it without a converting graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.errors import UnsupportedModelError
from accubench.records.model import TensorDescription

__all__ = ["input_batch"]

_FLOATS = {"float16", "float32", "float64"}


def input_batch(image_hwc: NDArray[Any], model_input: TensorDescription) -> NDArray[Any]:
    """A prepared image as a batch of one in the layout and dtype of a network's input.

    These are the values that evaluation gives to the network, where the same change happens inside the graph: pixels
    become floating-point numbers exactly, and float32 is rounded only where the network takes float16.

    Args:
        image_hwc: What `Preprocessor` makes: height x width x channels, uint8, float32 or the integers of the input.
        model_input: Its layout, NCHW or NHWC, and dtype.

    Returns:
        C-contiguous array of shape (1, C, H, W) or (1, H, W, C).

    Raises:
        UnsupportedModelError: The input is of a type that numpy does not have.

    >>> image = TensorDescription(name="image", shape=(1, 3, 4, 5), dtype="float32", layout="NCHW")
    >>> batch = input_batch(np.zeros((4, 5, 3), np.uint8), image)
    >>> batch.shape, batch.dtype.name
    ((1, 3, 4, 5), 'float32')
    """
    name = model_input.dtype
    if name not in _FLOATS and not name.startswith(("int", "uint")):
        raise UnsupportedModelError(
            f"The model's input '{model_input.name}' is of type {name}, which images cannot be prepared in. "
            "Export the model with an input of float32."
        )
    image = image_hwc.transpose(2, 0, 1) if model_input.layout == "NCHW" else image_hwc
    return np.ascontiguousarray(image[np.newaxis], np.dtype(name))
