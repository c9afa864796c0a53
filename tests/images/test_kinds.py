"""What the header of a file says of its kind, against how the file was made and what decoding makes of it."""

import numpy as np
import pytest
from PIL import Image

from accubench.errors import ImageError
from accubench.images import decode, image_kind
from accubench.records.accuracy_configuration import Decode
from hostile_images import drawn_pixels, encoded, make_hostile_images, png_file

KINDS = {
    "grey.jpg": {"gray"},
    "cmyk.jpg": {"cmyk"},
    "ycck.jpg": {"cmyk"},
    "exif_rotated.jpg": {"turned"},
    "palette_transparent.png": {"alpha"},
    "one_bit.png": {"gray"},
    "translucent.png": {"alpha"},
    "grey_translucent.png": {"alpha", "gray"},
    "grey_16_bit.png": {"sixteen_bit", "gray"},
    "colour_16_bit.png": {"sixteen_bit"},
    "grey_16_bit.tiff": {"sixteen_bit", "gray"},
    "cmyk.tiff": {"cmyk"},
    "animated.gif": {"animated"},
    "animated.webp": {"animated"},
    "animated.png": {"animated"},
}
"""Of the images that can be decoded; the others are of no special kind."""


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    status = make_hostile_images(folder)
    return {name: (folder / name).read_bytes() for name, what in status.items() if what == "evaluated"}


def kinds_of(data: bytes) -> set[str]:
    return {name for name, value in image_kind(data)._asdict().items() if value is True}


def test_every_image_is_of_the_kind_that_it_was_made_as(images):
    assert {name: kinds for name, data in images.items() if (kinds := kinds_of(data))} == KINDS
    assert image_kind(images["actually_a_png.jpg"]).format == "PNG"


def test_rules_that_refuse_a_kind_refuse_exactly_the_images_of_it(images):
    def refused(rules: Decode) -> set[str]:
        found = set()
        for name, data in images.items():
            try:
                decode(data, rules)
            except ImageError:
                found.add(name)
        return found

    assert refused(Decode(animated="fail")) == {name for name, data in images.items() if image_kind(data).animated}
    assert refused(Decode(cmyk="fail")) == {name for name, data in images.items() if image_kind(data).cmyk}


def test_a_png_that_tells_its_orientation_behind_its_pixels_is_turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = exif.tobytes().removeprefix(b"Exif\0\0")
    plain = png_file(1, 1, 8, 2, bytes(4))
    before = png_file(1, 1, 8, 2, bytes(4), (b"eXIf", content))
    start = before.index(b"eXIf") - 4
    chunk = before[start : start + 12 + len(content)]

    assert kinds_of(before) == kinds_of(plain[:-12] + chunk + plain[-12:]) == {"turned"}


def test_colours_of_five_and_six_bits_in_a_bitmap_are_not_sixteen():
    pixels = drawn_pixels(4, 4)
    header = encoded(pixels, "BMP")[:54]
    packed = np.zeros((4, 4), "<u2").tobytes()
    bitmap = header[:28] + (16).to_bytes(2, "little") + header[30:] + packed

    assert decode(bitmap, Decode()).shape == (4, 4, 3)
    assert kinds_of(bitmap) == set()


def test_an_animation_that_breaks_off_behind_its_first_frame_is_one(images):
    whole = images["animated.gif"]
    broken = whole[: len(whole) - 1000]
    assert decode(broken, Decode()).shape == (61, 83, 3)
    assert kinds_of(broken) == {"animated"}


@pytest.mark.parametrize("data", [b"", b"<html>", encoded(drawn_pixels(), "PNG")[:20], b"II*\0\xff\xff\xff\xff"])
def test_what_is_no_image_is_of_no_kind(data):
    with pytest.raises(ImageError):
        image_kind(data)
