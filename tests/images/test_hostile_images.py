import re
import struct
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from accubench.errors import ImageError
from accubench.images import MAX_PIXELS, decode
from accubench.images.formats import check_pixel_count
from accubench.records.accuracy_configuration import Decode
from hostile_images import drawn_pixels, encoded, make_hostile_images

EVERYTHING_APPLIED = Decode(exif="apply", alpha="white", sixteen_bit="clip")


def outcome(data: bytes, rules: Decode) -> tuple[str, str]:
    """The status of an image, and the reason where it failed; everything but success and ImageError escapes."""
    try:
        pixels = decode(data, rules)
    except ImageError as error:
        return "failed", str(error)
    good = pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.flags.c_contiguous
    return ("evaluated" if good else f"wrong array {pixels.dtype} {pixels.shape}"), ""


def test_every_hostile_image_is_decoded_or_fails_with_a_reason(tmp_path, capfd):
    expected = make_hostile_images(tmp_path)

    outcomes = {name: outcome((tmp_path / name).read_bytes(), Decode()) for name in expected}

    assert {name: status for name, (status, _) in outcomes.items()} == expected
    for status, reason in outcomes.values():
        assert status == "evaluated" or re.fullmatch(r"[^\n]{5,200}", reason)
    assert capfd.readouterr() == ("", ""), "native libraries must not print"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.jpg", "is empty"),
        ("zeros.jpg", "all of its 4096 bytes are zero"),
        ("text.jpg", "starts with the text 'These are not the pixels"),
        ("large_file_pointer.jpg", "git lfs pull"),
        ("postscript.jpg", "PostScript"),
        ("truncated.jpg", "JPEG is truncated: the data ends before the last row"),
        ("truncated_in_header.jpg", "JPEG is truncated: its 100 bytes end before"),
        ("truncated_but_ended.jpg", "JPEG is truncated"),
        ("truncated.png", "PNG is truncated"),
        ("truncated.webp", "WebP is truncated: 200 of "),
        ("truncated.gif", "GIF is truncated"),
        ("absurd_compression.tiff", "TIFF is damaged: a field of its header"),
        ("corrupt_chunk.png", "PNG is damaged"),
        ("huge_header.jpg", "claims 20000 x 20000 pixels, more than the limit of 178956970"),
        ("huge_header.png", "claims 20000 x 20000 pixels, more than the limit of 178956970"),
        ("bomb.gif", "claims 65535 x 65535 pixels"),
        ("bomb.webp", "claims 20000 x 20000 pixels"),
        ("absurd_size.tiff", "claims 4294967295 x 4294967295 pixels"),
        ("float.tiff", "floating-point values"),
        ("signed_32_bit.tiff", "32-bit or signed values"),
        ("colour_16_bit.ppm", "more than 8 bits"),
    ],
)
def test_the_reason_says_what_is_wrong(tmp_path, name, reason):
    make_hostile_images(tmp_path)

    with pytest.raises(ImageError, match=re.escape(reason)):
        decode((tmp_path / name).read_bytes(), Decode())


def test_the_limit_is_where_pillow_refuses_too():
    assert 2 * Image.MAX_IMAGE_PIXELS == MAX_PIXELS
    check_pixel_count(MAX_PIXELS // 10, 10)
    with pytest.raises(ImageError, match="more than the limit"):
        check_pixel_count(MAX_PIXELS // 10 + 1, 10)


def test_pillows_warnings_about_metadata_reach_nobody(tmp_path):
    good = encoded(drawn_pixels(6, 5), "TIFF")
    directory = struct.unpack_from("<I", good, 4)[0] + 2
    width_of_two_values = struct.pack("<HHIHH", 256, 3, 2, 5, 5)
    (tmp_path / "warned.tiff").write_bytes(good[:directory] + width_of_two_values + good[directory + 12 :])
    program = (
        "import pathlib, sys\n"
        "from accubench.images import decode\n"
        "from accubench.records.accuracy_configuration import Decode\n"
        "print(decode(pathlib.Path(sys.argv[1]).read_bytes(), Decode()).shape)\n"
    )
    command = [sys.executable, "-W", "always::UserWarning", "-c", program, str(tmp_path / "warned.tiff")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("(6, 5, 3)\n", "")


SEEDS = {
    "JPEG": encoded(drawn_pixels(24, 20), "JPEG"),
    "JPEG progressive": encoded(drawn_pixels(24, 20), "JPEG", progressive=True, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"),
    "JPEG CMYK": encoded(Image.fromarray(drawn_pixels(16, 16)).convert("CMYK"), "JPEG"),
    "PNG": encoded(drawn_pixels(12, 10), "PNG"),
    "PNG palette": encoded(Image.fromarray(drawn_pixels(12, 10)).quantize(8), "PNG", transparency=b"\0\x80\xff"),
    "GIF": encoded(drawn_pixels(12, 10), "GIF"),
    "WebP": encoded(drawn_pixels(12, 10), "WEBP"),
    "BMP": encoded(drawn_pixels(6, 5), "BMP"),
    "TIFF": encoded(drawn_pixels(6, 5), "TIFF"),
    "TIFF LZW": encoded(drawn_pixels(12, 10), "TIFF", compression="tiff_lzw"),
    "PPM": encoded(drawn_pixels(6, 5), "PPM"),
}


@st.composite
def damaged_files(draw):
    data = bytearray(SEEDS[draw(st.sampled_from(sorted(SEEDS)))])
    # Headers are where parsers go wrong, so most of the damage is done there.
    position = st.one_of(st.integers(0, min(60, len(data) - 1)), st.integers(0, len(data) - 1))
    for place, value in draw(st.lists(st.tuples(position, st.integers(0, 255)), max_size=6)):
        data[place] = value
    if draw(st.booleans()):
        start = draw(position)
        data[start : start + draw(st.integers(0, 20))] = draw(st.binary(max_size=20))
    return bytes(data[: draw(st.integers(1, len(data)))] if data and draw(st.booleans()) else data)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged_files())
@example(b"")
@example(b"\xff\xd8\xff")
@example(b"\xff\xd8\xff\xe1\x00\x08Exif\0\0" + b"\xff" * 8)
@example(b"P6 99999999999999999999 1 255\n")
def test_damaged_files_are_decoded_or_refused_but_nothing_else_happens(data):
    for rules in (Decode(), EVERYTHING_APPLIED):
        status, reason = outcome(data, rules)
        assert status == ("failed" if reason else "evaluated")


def test_images_of_all_formats_decode_alike_in_many_threads(tmp_path):
    names = [name for name, status in make_hostile_images(tmp_path).items() if status == "evaluated"]
    files = {name: (tmp_path / name).read_bytes() for name in names}
    alone = {name: decode(data, Decode()) for name, data in files.items()}
    different: list[str] = []

    def decode_all(offset: int) -> None:
        order = names[offset:] + names[:offset]
        different.extend(name for name in order if not np.array_equal(decode(files[name], Decode()), alone[name]))

    threads = [threading.Thread(target=decode_all, args=(3 * index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert different == []
