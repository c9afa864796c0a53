"""What kind of image a file holds, as far as the rules of decoding ask: read from its header, no pixels are decoded."""

from __future__ import annotations

from typing import NamedTuple

from PIL import ImageFile

from accubench.errors import ImageError
from accubench.images.formats import recognized_format
from accubench.images.jpeg import read_jpeg_header
from accubench.images.pillow_formats import (
    has_alpha,
    has_more_frames,
    has_sixteen_bits,
    opened_with_pillow,
    stated_orientation,
)

__all__ = ["ImageKind", "image_kind"]

_GRAY = frozenset(("1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N"))


class ImageKind(NamedTuple):
    """What a file's header says that rules of decoding decide about."""

    format: str
    sixteen_bit: bool = False
    """Whether a channel has 16 bits."""
    alpha: bool = False
    """Whether pixels may be transparent."""
    animated: bool = False
    """Whether there is more than one frame or page."""
    cmyk: bool = False
    gray: bool = False
    """Whether there are no colours; a palette counts as colours."""
    turned: bool = False
    """Whether an EXIF orientation turns or mirrors it."""


def image_kind(data: bytes) -> ImageKind:
    """The kind of an image that can be decoded.

    Args:
        data: The whole file.

    Raises:
        ImageError: The data is no image, or its header is damaged.
    """
    name = recognized_format(data)
    if name == "JPEG":
        header = read_jpeg_header(data, with_orientation=True)
        return ImageKind(name, cmyk=header.components == 4, gray=header.components == 1, turned=header.orientation > 1)
    try:
        return _kind_of(opened_with_pillow(data, name), name, data)
    except ImageError:
        raise
    except Exception as error:
        # Pillow's readers meet hostile bytes with whatever exception the parsing happens to run into.
        raise ImageError(f"{name} is damaged: {error}") from error


def _kind_of(image: ImageFile.ImageFile, name: str, data: bytes) -> ImageKind:
    sixteen_bit = has_sixteen_bits(image, name)
    if name == "PNG" and b"eXIf" in data and "exif" not in image.info:
        image.load()  # the block may come behind the pixels, where Pillow finds it only on its way past them
    return ImageKind(
        name,
        sixteen_bit=sixteen_bit,
        alpha=has_alpha(image),
        animated=_has_more_frames(image),
        cmyk=image.mode == "CMYK",
        gray=image.mode in _GRAY,
        turned=stated_orientation(image, name) > 1,
    )


def _has_more_frames(image: ImageFile.ImageFile) -> bool:
    try:
        return has_more_frames(image)
    except Exception:  # noqa: BLE001 - there is something behind the first frame, though it is damaged
        return True
