import io

import cv2
import numpy as np
import pytest
from PIL import Image

from accubench.errors import ImageError
from accubench.images import decode
from accubench.records.accuracy_configuration import Decode
from hostile_images import drawn_pixels, encoded, make_hostile_images, png_file


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def blended(rgba: np.ndarray, background: int) -> np.ndarray:
    alpha = rgba[:, :, 3:].astype(float) / 255
    return np.rint(rgba[:, :, :3] * alpha + background * (1 - alpha)).astype(np.uint8)


def translucent(mode: str) -> Image.Image:
    image = Image.fromarray(drawn_pixels()).convert(mode.removesuffix("A"))
    image.putalpha(Image.fromarray(drawn_pixels()[:, :, 1]))
    assert image.mode == mode
    return image


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_alpha_is_dropped_or_blended_onto_a_background(mode, file_format):
    image = translucent(mode)
    data = encoded(image, file_format)
    rgba = np.asarray(image.convert("RGBA"))

    np.testing.assert_array_equal(decode(data, Decode()), rgba[:, :, :3])
    np.testing.assert_array_equal(decode(data, Decode(alpha="white")), blended(rgba, 255))
    np.testing.assert_array_equal(decode(data, Decode(alpha="black")), blended(rgba, 0))


def test_the_transparency_of_a_palette_follows_the_same_rule():
    palette = Image.fromarray(drawn_pixels()).quantize(16)
    data = encoded(palette, "PNG", transparency=bytes(range(0, 256, 16)))
    rgba = np.asarray(opened(data).convert("RGBA"))
    assert len(np.unique(rgba[:, :, 3])) > 4

    np.testing.assert_array_equal(decode(data, Decode()), palette.convert("RGB"))
    np.testing.assert_array_equal(decode(data, Decode(alpha="white")), blended(rgba, 255))
    np.testing.assert_array_equal(decode(data, Decode(alpha="black")), blended(rgba, 0))


@pytest.mark.parametrize("rows", [b"\0\x0a\x0b", b"\0\x0b\x0a"])
def test_one_transparent_grey_value_follows_the_same_rule(rows):
    data = png_file(2, 1, 8, 0, rows, (b"tRNS", b"\0\x0b"))
    white = [[255 if value == 11 else value] * 3 for value in rows[1:]]

    assert decode(data, Decode(alpha="white")).tolist() == [white]
    assert decode(data, Decode()).tolist() == [[[value] * 3 for value in rows[1:]]]


GREY_16 = np.array([[0, 1, 255, 256], [257, 4095, 65280, 65535]], np.uint16)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_grey_keeps_its_upper_bits_or_is_clipped(suffix):
    data = cv2.imencode(suffix, GREY_16)[1].tobytes()
    shifted, clipped = decode(data, Decode()), decode(data, Decode(sixteen_bit="clip"))

    np.testing.assert_array_equal(shifted, cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
    np.testing.assert_array_equal(clipped, opened(data).convert("RGB"))
    assert clipped[:, :, 0].tolist() == [[0, 1, 255, 255], [255] * 4]


@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_colour_keeps_its_upper_bits_as_opencv_and_pillow_do(channels):
    values = np.random.default_rng(0).integers(0, 65536, (9, 11, channels)).astype(np.uint16)
    data = cv2.imencode(".png", values)[1].tobytes()

    for rule in ("shift", "clip"):
        pixels = decode(data, Decode(color="BGR", sixteen_bit=rule))
        np.testing.assert_array_equal(pixels, values[:, :, :3] >> 8)
        np.testing.assert_array_equal(pixels[:, :, ::-1], opened(data).convert("RGB"))


def test_16_bit_grey_netpbm_and_big_endian_tiff_are_narrowed_too():
    netpbm = b"P5 4 2 65535\n" + GREY_16.astype(">u2").tobytes()
    tiff = encoded(Image.fromarray(GREY_16.astype(">u2")), "TIFF")
    assert tiff[:2] == b"MM"

    for data in (netpbm, tiff):
        assert decode(data, Decode(color="gray"))[:, :, 0].tolist() == (GREY_16 >> 8).tolist()


@pytest.mark.parametrize("name", ["cmyk.jpg", "ycck.jpg", "cmyk.tiff"])
def test_cmyk_is_converted_by_pillows_rule_or_refused(tmp_path, name):
    make_hostile_images(tmp_path)
    data = (tmp_path / name).read_bytes()

    np.testing.assert_array_equal(decode(data, Decode()), opened(data).convert("RGB"))
    assert opened(data).mode == "CMYK"
    with pytest.raises(ImageError, match="cmyk: fail"):
        decode(data, Decode(cmyk="fail"))


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_is_taken_or_the_image_refused(file_format):
    first = Image.fromarray(drawn_pixels()).quantize(16).convert("RGB")
    options = {"lossless": True} if file_format == "WEBP" else {}
    data = encoded(first, file_format, save_all=True, append_images=[first.rotate(180)], **options)

    np.testing.assert_array_equal(decode(data, Decode()), first)
    with pytest.raises(ImageError, match="animated: fail"):
        decode(data, Decode(animated="fail"))


def test_one_frame_is_not_an_animation():
    for file_format in ("GIF", "WEBP", "PNG", "TIFF", "JPEG"):
        assert decode(encoded(drawn_pixels(), file_format), Decode(animated="fail")).shape == (61, 83, 3)


@pytest.mark.parametrize(
    ("file_format", "mode"),
    [
        (file_format, mode)
        for file_format in ("PNG", "BMP", "TIFF", "PPM", "GIF", "WEBP")
        for mode in ("RGB", "L", "1", "P")
        if (file_format, mode) != ("PPM", "P")  # which has no palettes
    ],
)
def test_ordinary_images_of_every_format_have_pillows_pixels_in_every_colour_order(file_format, mode):
    image = Image.fromarray(drawn_pixels())
    image = image.quantize(32) if mode == "P" else image.convert(mode)
    data = encoded(image, file_format)
    expected = np.asarray(opened(data).convert("RGB"))

    np.testing.assert_array_equal(decode(data, Decode()), expected)
    np.testing.assert_array_equal(decode(data, Decode(color="BGR")), expected[:, :, ::-1])
    gray = decode(data, Decode(color="gray"))
    assert gray.shape == (61, 83, 1)
    np.testing.assert_array_equal(gray[:, :, 0], opened(data).convert("RGB").convert("L"))


def test_pixels_are_contiguous_and_writable():
    for file_format in ("JPEG", "PNG"):
        for color in ("RGB", "BGR", "gray"):
            flags = decode(encoded(drawn_pixels(), file_format), Decode(color=color)).flags
            assert flags.c_contiguous
            assert flags.writeable


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"\0\0\0\x20ftypavif", "AVIF"),
        (b"\0\0\0\x0cjP  \r\n", "JPEG 2000"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04", "archive"),
        (b"8BPS\0\x01", "Photoshop"),
        ("Ünïcode texte pour dire non".encode(), "the text 'Ünïcode"),
        (b"\x01\x02\x03", "the bytes 01 02 03"),
    ],
)
def test_other_files_are_refused_by_what_they_are(start, reason):
    with pytest.raises(ImageError, match=reason):
        decode(start, Decode())


def test_an_mpo_counts_as_the_jpeg_it_starts_with():
    first = Image.fromarray(drawn_pixels())
    data = encoded(first, "MPO", save_all=True, append_images=[first.rotate(180)])

    np.testing.assert_array_equal(decode(data, Decode(animated="fail")), opened(encoded(first, "JPEG")))
