"""A PNG keeps every pixel."""

import io

import numpy as np
from PIL import Image

from accubench.images import png
from hostile_images import drawn_pixels


def test_the_same_pixels_come_out():
    pixels = drawn_pixels()

    read_back = Image.open(io.BytesIO(png(pixels)))

    assert read_back.mode == "RGB"
    assert np.array_equal(np.asarray(read_back), pixels)
