import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from accubench.errors import ImageError
from accubench.images import decode
from accubench.images.exif import exif_orientation
from accubench.records.accuracy_configuration import Decode
from hostile_images import ORIENTATION_TAG, drawn_pixels, encoded, with_claimed_jpeg_size

RGB, BGR, GRAY, UPRIGHT = Decode(), Decode(color="BGR"), Decode(color="gray"), Decode(exif="apply")
AS_STORED = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def by_pillow(data: bytes, mode: str = "RGB") -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert(mode))


def by_opencv(data: bytes, flags: int = AS_STORED) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), flags)


def assert_as_pillow_and_opencv(data: bytes) -> None:
    np.testing.assert_array_equal(decode(data, RGB), by_pillow(data))
    np.testing.assert_array_equal(decode(data, BGR), by_opencv(data))
    np.testing.assert_array_equal(decode(data, GRAY)[:, :, 0], by_pillow(data, "L"))


def pixels_of(size: tuple[int, int], *, noisy: bool) -> np.ndarray:
    pixels = drawn_pixels(*size)
    return pixels ^ np.random.default_rng(0).integers(0, 32, pixels.shape, np.uint8) if noisy else pixels


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0", "4:1:1", "grey", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(61, 83), (64, 64), (1, 1), (7, 200)])
def test_generated_jpegs_have_the_pixels_of_pillow_and_opencv(subsampling, progressive, size):
    for quality, noisy in ((30, True), (95, False)):
        image = Image.fromarray(pixels_of(size, noisy=noisy))
        how = {"subsampling": subsampling}
        if subsampling == "grey":
            image, how = image.convert("L"), {}
        elif subsampling == "RGB":
            how = {"keep_rgb": True}
        assert_as_pillow_and_opencv(encoded(image, "JPEG", quality=quality, progressive=progressive, **how))


@pytest.mark.real_data
@pytest.mark.slow
def test_imagenet_jpegs_have_the_pixels_of_pillow_and_opencv(real_data):
    files = sorted((real_data / "imagenet-500" / "images").iterdir())
    assert len(files) == 500
    for file in files:
        assert_as_pillow_and_opencv(file.read_bytes())


def odd_but_complete_jpegs() -> dict[str, bytes]:
    plain = encoded(drawn_pixels(), "JPEG", quality=90)
    scan = plain.index(b"\xff\xda")
    version = plain.index(b"JFIF\0") + 5
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"
    restarts = encoded(drawn_pixels(), "JPEG", quality=90, restart_marker_rows=1)
    return {
        "stray bytes before the end": plain[:-2] + b"\x12\x34\x56" + plain[-2:],
        "zeros before the end": plain[:-2] + bytes(10) + plain[-2:],
        "data after the end": plain + b"appended" * 99,
        "another image after the end": plain + plain,
        "fill bytes before the scan": plain[:scan] + b"\xff\xff\xff" + plain[scan:],
        "stray bytes before the scan": plain[:scan] + b"\x11\x22" + plain[scan:],
        "unknown JFIF revision": plain[:version] + b"\x05" + plain[version + 1 :],
        "no JFIF header": plain[:2] + plain[20:],
        "unknown Adobe transform": plain[:2] + adobe + b"\x05" + plain[20:],
        "Adobe says RGB": plain[:2] + adobe + b"\x00" + plain[20:],
        "restart markers": restarts,
        "empty comment": plain[:2] + b"\xff\xfe\x00\x02" + plain[2:],
    }


@pytest.mark.parametrize("name", sorted(odd_but_complete_jpegs()))
def test_odd_but_complete_jpegs_decode_as_pillow_and_opencv_do(name, capfd):
    assert_as_pillow_and_opencv(odd_but_complete_jpegs()[name])


def cut_off_jpegs() -> dict[str, bytes]:
    plain = encoded(drawn_pixels(), "JPEG", quality=90)
    progressive = encoded(drawn_pixels(), "JPEG", quality=90, progressive=True)
    return {
        "without its end marker": plain[:-2],
        "without half of its end marker": plain[:-1],
        "without its last row": plain[:-60],
        "at half": plain[: len(plain) // 2],
        "at the scan": plain[: plain.index(b"\xff\xda") + 14],
        "before the scan": plain[: plain.index(b"\xff\xda") - 20],
        "in the signature": plain[:3],
        "at half, progressive": progressive[: len(progressive) // 2],
        "at half, then ended": plain[: len(plain) // 2] + b"\xff\xd9",
        "taller than its data": with_claimed_jpeg_size(plain, 83, 90),
    }


@pytest.mark.parametrize("name", sorted(cut_off_jpegs()))
def test_a_jpeg_that_is_cut_off_is_a_failed_image_and_never_half_grey(name):
    with pytest.raises(ImageError, match=r"JPEG is (truncated|damaged)"):
        decode(cut_off_jpegs()[name], RGB)


def with_orientation(orientation: int, byte_order: str, file_format: str = "JPEG") -> bytes:
    block = struct.pack(f"{byte_order}HIHHHIHHI", 42, 8, 1, ORIENTATION_TAG, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0" + {"<": b"II", ">": b"MM"}[byte_order] + block
    options = {"lossless": True} if file_format == "WEBP" else {}
    return encoded(drawn_pixels(5, 7), file_format, exif=exif, **options)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_exif_is_applied_as_pillow_and_opencv_do(orientation, byte_order):
    data = with_orientation(orientation, byte_order)

    np.testing.assert_array_equal(decode(data, UPRIGHT), ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(decode(data, Decode(color="BGR", exif="apply")), by_opencv(data, cv2.IMREAD_COLOR))
    np.testing.assert_array_equal(decode(data, RGB), by_pillow(data))
    upright_gray = decode(data, Decode(color="gray", exif="apply"))
    np.testing.assert_array_equal(
        upright_gray[:, :, 0], ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("L")
    )
    assert upright_gray.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_exif_of_png_and_webp_is_applied_as_pillow_does(orientation, file_format):
    data = with_orientation(orientation, ">", file_format)

    np.testing.assert_array_equal(decode(data, UPRIGHT), ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(decode(data, RGB), by_pillow(data))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_tiff_is_part_of_the_format_and_applied_once(orientation):
    data = encoded(drawn_pixels(5, 7), "TIFF", tiffinfo={ORIENTATION_TAG: orientation})

    for rules in (BGR, Decode(color="BGR", exif="apply")):
        np.testing.assert_array_equal(decode(data, rules), by_opencv(data))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation):
    data = with_orientation(orientation, "<")

    np.testing.assert_array_equal(decode(data, UPRIGHT), by_pillow(data))


def test_an_orientation_is_not_looked_for_beyond_the_end_of_the_block():
    block = b"II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHIHH", 0x010F, 2, 1, 65, 0)

    assert exif_orientation(block) == 1
    assert exif_orientation(b"") == 1
    assert exif_orientation(b"II*\0\xff\xff\xff\xff") == 1
