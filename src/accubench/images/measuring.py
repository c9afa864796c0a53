"""The size of an image as it is decoded, without decoding it where that can be avoided."""

from __future__ import annotations

from accubench.images.decoding import decode
from accubench.images.formats import check_pixel_count, recognized_format
from accubench.images.jpeg import read_jpeg_header
from accubench.records.accuracy_configuration import Decode

__all__ = ["decoded_size_wh"]

_FIRST_TURNED = 5  # EXIF orientations from here on exchange width and height


def decoded_size_wh(data: bytes, rules: Decode) -> tuple[int, int]:
    """Width and height of what `decode` makes of a file.

    Of a JPEG only the header is read, so damage behind it is not noticed.

    Raises:
        ImageError: The data is no image, damaged, too large, or refused by a rule.
    """
    if recognized_format(data) != "JPEG":
        height, width = decode(data, rules).shape[:2]
        return width, height
    header = read_jpeg_header(data, with_orientation=rules.exif == "apply")
    check_pixel_count(header.height, header.width)
    turned = header.orientation >= _FIRST_TURNED
    return (header.height, header.width) if turned else (header.width, header.height)
