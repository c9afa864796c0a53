import io

import numpy as np
import pytest
from PIL import Image

from accubench.images import thumbnail_jpeg
from hostile_images import drawn_pixels


@pytest.mark.parametrize(
    ("size_hw", "side", "expected_hw"),
    [((61, 83), 32, (24, 32)), ((83, 61), 32, (32, 24)), ((61, 83), 200, (61, 83)), ((1, 900), 64, (1, 64))],
)
def test_the_longer_side_gets_the_size_asked_for_and_nothing_is_enlarged(size_hw, side, expected_hw):
    data = thumbnail_jpeg(drawn_pixels(*size_hw), color="RGB", side=side)

    assert Image.open(io.BytesIO(data)).size == expected_hw[::-1]


def test_colours_survive_in_every_order():
    pixels = drawn_pixels()
    for color, array, reference in (
        ("RGB", pixels, pixels),
        ("BGR", pixels[:, :, ::-1], pixels),
        ("gray", pixels[:, :, :1], pixels[:, :, 0]),
    ):
        thumbnail = Image.open(io.BytesIO(thumbnail_jpeg(array, color=color, side=83)))
        assert thumbnail.mode == ("L" if color == "gray" else "RGB")
        error = np.abs(np.asarray(thumbnail).astype(int) - reference)
        assert error.mean() < 4


def test_a_thumbnail_is_small():
    assert len(thumbnail_jpeg(drawn_pixels(500, 700), color="RGB", side=160)) < 6000
