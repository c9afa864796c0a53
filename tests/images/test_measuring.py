"""The size of an image without decoding it is the size that decoding gives."""

import pytest
from PIL import Image

from accubench.errors import ImageError
from accubench.images import decode, decoded_size_wh
from accubench.records.accuracy_configuration import Decode
from hostile_images import drawn_pixels, encoded


def turned_jpeg(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(drawn_pixels(), "JPEG", exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("exif", ["ignore", "apply"])
def test_a_turned_jpeg_is_measured_as_it_is_decoded(orientation, exif):
    data, rules = turned_jpeg(orientation), Decode(exif=exif)

    height, width = decode(data, rules).shape[:2]
    assert decoded_size_wh(data, rules) == (width, height)


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM"])
def test_other_formats_are_measured_as_they_are_decoded(file_format):
    assert decoded_size_wh(encoded(drawn_pixels(), file_format), Decode()) == (83, 61)


@pytest.mark.parametrize("data", [b"", b"<html>", encoded(drawn_pixels(), "PNG")[:200], turned_jpeg(1)[:20]])
def test_what_is_no_image_has_no_size(data):
    with pytest.raises(ImageError):
        decoded_size_wh(data, Decode())


def test_a_jpeg_that_claims_too_many_pixels_is_refused():
    from hostile_images import with_claimed_jpeg_size

    with pytest.raises(ImageError, match="more than the limit"):
        decoded_size_wh(with_claimed_jpeg_size(turned_jpeg(1), 60_000, 60_000), Decode())
