"""What a file is, judged by its first bytes, and how large an image may claim to be.

Only formats listed here are ever handed to a parser: others are refused by name, so that no rare format's reader, or a
program it would start, is reached by a file that merely has the right suffix.
"""

from __future__ import annotations

import re

from accubench.errors import ImageError

__all__ = ["MAX_PIXELS", "check_pixel_count", "recognized_format"]

MAX_PIXELS = 178_956_970
"""The largest image that is decoded, in pixels: where Pillow refuses too. 8-bit RGB of this size takes 512 MiB.

A file of a few hundred bytes can claim any size; without a limit one such file would take the whole machine down.
"""

_READ = (
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("WebP", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ("BMP", re.compile(rb"BM")),
    ("TIFF", re.compile(rb"II[*+]\0|MM\0[*+]")),
    ("PPM", re.compile(rb"P[1-6][ \t\r\n]")),
)
_REFUSED = (
    ("a Git LFS pointer: run 'git lfs pull' to fetch the image itself", re.compile(rb"version https://git-lfs")),
    ("an AVIF or HEIC image: convert it to PNG or JPEG", re.compile(rb".{4}ftyp", re.DOTALL)),
    ("a JPEG 2000 image: convert it to PNG or JPEG", re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51")),
    ("a JPEG XL image: convert it to PNG or JPEG", re.compile(rb"\0\0\0\x0cJXL |\xff\x0a")),
    ("a Photoshop document: convert it to PNG or JPEG", re.compile(rb"8BPS")),
    ("a PostScript or PDF document, not an image", re.compile(rb"%!PS|%PDF|\xc5\xd0\xd3\xc6")),
    ("a NumPy array, not an image", re.compile(rb"\x93NUMPY")),
    ("an archive, not an image", re.compile(rb"PK\x03\x04|\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!")),
)


def recognized_format(data: bytes) -> str:
    r"""The format of an image file: JPEG, PNG, GIF, WebP, BMP, TIFF or PPM.

    Raises:
        ImageError: The data is none of these; the message says what it looks like instead.

    >>> recognized_format(b"GIF89a...")
    'GIF'
    >>> recognized_format(b"<html>Not found</html>")
    Traceback (most recent call last):
    accubench.errors.ImageError: is not an image: starts with the text '<html>Not found</html>'
    """
    for name, signature in _READ:
        if signature.match(data):
            return name
    if not data:
        raise ImageError("is empty")
    for description, signature in _REFUSED:
        if signature.match(data):
            raise ImageError(f"is {description}")
    if not data.strip(b"\0"):
        raise ImageError(f"is not an image: all of its {len(data)} bytes are zero")
    raise ImageError(f"is not an image: starts with {_first_bytes(data)}")


def check_pixel_count(height: int, width: int, *, doing: str = "claims") -> None:
    """Refuse an image of no pixels, or of more than `MAX_PIXELS`.

    Args:
        height: Pixels.
        width: Pixels.
        doing: The verb of the message: what the image does to have this size.

    Raises:
        ImageError: The size is out of bounds.

    >>> check_pixel_count(20000, 20000)
    Traceback (most recent call last):
    accubench.errors.ImageError: claims 20000 x 20000 pixels, more than the limit of 178956970 in all
    """
    if height < 1 or width < 1:
        raise ImageError(f"{doing} {width} x {height} pixels, which is no image")
    if height * width > MAX_PIXELS:
        raise ImageError(f"{doing} {width} x {height} pixels, more than the limit of {MAX_PIXELS} in all")


def _first_bytes(data: bytes) -> str:
    head = data[:24]
    # A multi-byte character may be cut in the middle, hence the tolerance at the end.
    text = head.decode("utf-8", errors="ignore")
    if len(text.encode()) >= len(head) - 3 and all(letter.isprintable() or letter in "\r\n\t" for letter in text):
        return f"the text '{' '.join(text.split())}'"
    return f"the bytes {head[:8].hex(' ')}"
