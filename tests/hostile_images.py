"""A folder of images that break naive programs, each with what must become of it."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["drawn_pixels", "encoded", "make_hostile_images", "png_file", "with_claimed_jpeg_size"]

ORIENTATION_TAG = 0x0112


def drawn_pixels(height: int = 61, width: int = 83) -> np.ndarray:
    """Smooth colour gradients with an edge, RGB, the same every time."""
    y, x = np.mgrid[:height, :width]
    red, green = x * 255 // max(1, width - 1), y * 255 // max(1, height - 1)
    blue = np.where(x + y > (height + width) // 3, 200, 40)
    return np.stack([red, green, blue], axis=2).astype(np.uint8)


def encoded(image: Image.Image | np.ndarray, file_format: str, **options: object) -> bytes:
    """The bytes of an image file as Pillow writes it."""
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, file_format, **options)
    return buffer.getvalue()


def png_file(width: int, height: int, depth: int, color_type: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG put together by hand, for depths and sizes that Pillow does not write; `rows` include filter bytes."""
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )


def with_claimed_jpeg_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The same JPEG, its header claiming another size."""
    start = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:start] + struct.pack(">HH", height, width) + jpeg[start + 4 :]


def make_hostile_images(folder: Path) -> dict[str, str]:
    """Write the images into `folder`.

    Returns:
        By file name ``evaluated`` or ``failed``: what must become of it under the default rules of decoding.
    """
    status: dict[str, str] = {}
    for name, data in _usable().items():
        (folder / name).write_bytes(data)
        status[name] = "evaluated"
    for name, data in _unusable().items():
        (folder / name).write_bytes(data)
        status[name] = "failed"
    return status


def _usable() -> dict[str, bytes]:
    rgb = Image.fromarray(drawn_pixels())
    turned = Image.fromarray(drawn_pixels(83, 61))
    jpeg = encoded(rgb, "JPEG", quality=90)
    cmyk = encoded(rgb.convert("CMYK"), "JPEG")
    orientation = Image.Exif()
    orientation[ORIENTATION_TAG] = 6
    palette = rgb.quantize(32)
    translucent = rgb.copy()
    translucent.putalpha(Image.fromarray(drawn_pixels()[:, :, 0]))
    frames = {"save_all": True, "append_images": [rgb.transpose(Image.Transpose.ROTATE_180)], "duration": 50}
    grey_16 = (np.arange(61 * 83, dtype=np.uint32) * 12).astype(np.uint16).reshape(61, 83)
    rows_rgb_16 = b"".join(b"\0" + row.astype(">u2").tobytes() for row in np.repeat(grey_16[:, :, None], 3, axis=2))
    return {
        "plain.jpg": jpeg,
        "progressive.jpg": encoded(rgb, "JPEG", progressive=True),
        "grey.jpg": encoded(rgb.convert("L"), "JPEG"),
        "cmyk.jpg": cmyk,
        "ycck.jpg": _with_adobe_transform(cmyk, 2),
        "exif_rotated.jpg": encoded(turned, "JPEG", exif=orientation),
        "stray_bytes_before_end.jpg": jpeg[:-2] + b"\x12\x34\x56" + jpeg[-2:],
        "trailing_data.jpg": jpeg + b"appended by a camera" * 9,
        "name with spaces, ünïcode.jpg": jpeg,
        "actually_a_png.jpg": encoded(rgb, "PNG"),
        "one_pixel.jpg": encoded(drawn_pixels(1, 1), "JPEG"),
        "one_pixel.png": encoded(drawn_pixels(1, 1), "PNG"),
        "thin.png": encoded(drawn_pixels(1, 4000), "PNG"),
        "palette.png": encoded(palette, "PNG"),
        "palette_transparent.png": encoded(palette, "PNG", transparency=bytes(range(0, 256, 8))),
        "one_bit.png": encoded(rgb.convert("1"), "PNG"),
        "translucent.png": encoded(translucent, "PNG"),
        "grey_translucent.png": encoded(translucent.convert("LA"), "PNG"),
        "grey_16_bit.png": encoded(grey_16, "PNG"),
        "colour_16_bit.png": png_file(83, 61, 16, 2, rows_rgb_16),
        "grey_16_bit.tiff": encoded(grey_16, "TIFF"),
        "cmyk.tiff": encoded(rgb.convert("CMYK"), "TIFF"),
        "plain.bmp": encoded(rgb, "BMP"),
        "plain.webp": encoded(rgb, "WEBP"),
        "plain.ppm": encoded(rgb, "PPM"),
        "animated.gif": encoded(rgb, "GIF", **frames),
        "animated.webp": encoded(rgb, "WEBP", **frames),
        "animated.png": encoded(rgb, "PNG", **frames),
    }


def _unusable() -> dict[str, bytes]:
    rgb = Image.fromarray(drawn_pixels())
    jpeg, png = encoded(rgb, "JPEG", quality=90), encoded(rgb, "PNG")
    data_start = png.index(b"IDAT") + 4
    gif = encoded(rgb, "GIF")
    return {
        "empty.jpg": b"",
        "zeros.jpg": bytes(4096),
        "random.jpg": np.random.default_rng(0).bytes(4096),
        "text.jpg": b"These are not the pixels you are looking for.\n",
        "web_page.jpg": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "large_file_pointer.jpg": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "postscript.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
        "truncated.jpg": jpeg[: len(jpeg) // 2],
        "truncated_in_header.jpg": jpeg[:100],
        "truncated_but_ended.jpg": jpeg[: len(jpeg) // 2] + b"\xff\xd9",
        "truncated.png": png[: len(png) // 2],
        "truncated.webp": encoded(rgb, "WEBP")[:200],
        "truncated.gif": gif[: len(gif) // 2],
        "corrupt_chunk.png": png[:data_start] + bytes(40) + png[data_start + 40 :],
        "huge_header.jpg": with_claimed_jpeg_size(jpeg, 20000, 20000),
        "huge_header.png": png_file(20000, 20000, 8, 2, bytes(1000)),
        "bomb.gif": gif[:6] + b"\xff\xff\xff\xff" + gif[10:],
        "bomb.webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + b"\x1f\x4e\0" * 2,
        "absurd_size.tiff": _tiff({256: 2**32 - 1, 257: 2**32 - 1, 258: 8, 262: 1, 273: 8, 279: 2**32 - 1}),
        "absurd_compression.tiff": _tiff({256: 8, 257: 8, 258: 8, 259: 60000, 262: 1, 273: 8, 279: 64}),
        "no_tags.tiff": _tiff({}),
        "float.tiff": encoded(np.ones((8, 8), np.float32), "TIFF"),
        "signed_32_bit.tiff": encoded(np.ones((8, 8), np.int32), "TIFF"),
        "colour_16_bit.ppm": b"P6 1 1 65535\n" + bytes(6),
    }


def _with_adobe_transform(jpeg: bytes, transform: int) -> bytes:
    position = jpeg.index(b"Adobe") + 11
    return jpeg[:position] + bytes([transform]) + jpeg[position + 1 :]


def _tiff(tags: dict[int, int]) -> bytes:
    """A little-endian TIFF of one directory, each tag holding one 32-bit number, and nothing else."""
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
