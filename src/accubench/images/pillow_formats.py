"""Everything that is not an ordinary JPEG: PNG, GIF, WebP, BMP, TIFF, PPM and CMYK JPEG, read by Pillow.

The format's own reader is called directly instead of `PIL.Image.open`, which would try dozens of others, and would
print a warning about large images where this package has a limit of its own.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from accubench.errors import ImageError
from accubench.images.exif import exif_orientation
from accubench.images.formats import check_pixel_count
from accubench.records.accuracy_configuration import Decode

__all__ = [
    "decode_with_pillow",
    "has_alpha",
    "has_more_frames",
    "has_sixteen_bits",
    "opened_with_pillow",
    "stated_orientation",
]

# Pillow warns of odd metadata (a TIFF tag with too many values) that changes no pixel. What does change pixels raises.
# Silenced once, here, because a filter around each call would not be safe among threads.
warnings.filterwarnings("ignore", module=r"PIL\.")

_READERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "GIF": GifImageFile,
    "WebP": WebPImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
    "PPM": PpmImageFile,
}
_SIXTEEN_BIT = frozenset(("I;16", "I;16L", "I;16B", "I;16N"))
_WITH_ALPHA = frozenset(("RGBA", "LA", "PA", "RGBa", "La"))
_BACKGROUND = {"white": (255, 255, 255), "black": (0, 0, 0)}


def decode_with_pillow(data: bytes, kind: str, rules: Decode) -> tuple[NDArray[np.uint8], int]:
    """Decode an image that Pillow reads.

    Args:
        data: The file.
        kind: Its format, as `recognized_format` names it.
        rules: What becomes of transparency, 16-bit values, CMYK and further frames; colour order and orientation are
            left to the caller.

    Returns:
        Pixels in RGB order, of shape (H, W, 3), and the EXIF orientation that the file states (1 for TIFF, whose own
        orientation tag Pillow and OpenCV always apply).

    Raises:
        ImageError: The file is damaged, too large, or a rule refuses it.
    """
    try:
        image = opened_with_pillow(data, kind)
        _check_allowed(image, kind, rules)
        image.load()
        return np.array(_as_rgb(_as_eight_bit(image, kind, rules), rules)), stated_orientation(image, kind)
    except ImageError:
        raise
    except Exception as error:
        # Pillow's readers meet hostile bytes with whatever exception the parsing happens to run into.
        raise ImageError(f"{kind} {_reason(error)}") from error


def opened_with_pillow(data: bytes, kind: str) -> ImageFile.ImageFile:
    """An image of which only the header was read.

    Args:
        data: The file.
        kind: Its format, as `recognized_format` names it.

    Raises:
        ImageError: It claims an impossible size. Whatever else Pillow's reader stumbles over raises as it pleases.
    """
    if kind == "WebP":
        _check_webp_header(data)
    image = _READERS[kind](io.BytesIO(data))
    check_pixel_count(image.height, image.width)
    return image


def has_more_frames(image: ImageFile.ImageFile) -> bool:
    """Whether there are frames or pages behind the first; a GIF is read on to its second."""
    return bool(getattr(image, "is_animated", False))


def has_alpha(image: Image.Image) -> bool:
    """Whether pixels may be transparent, by a channel, a colour or entries of the palette."""
    return image.mode in _WITH_ALPHA or "transparency" in image.info


def has_sixteen_bits(image: ImageFile.ImageFile, kind: str) -> bool:
    """Whether values have 16 bits in the file, also those of colours, which Pillow narrows before anybody sees them.

    Args:
        image: As it was opened, not loaded yet.
        kind: Its format.
    """
    arguments: object = image.tile[0][3] if image.tile else None
    raw_mode = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    # A BMP's BGR;16 is 16 bits for all three colours.
    return _is_sixteen_bit_gray(image, kind) or (kind in {"PNG", "TIFF"} and ";16" in str(raw_mode))


def stated_orientation(image: Image.Image, kind: str) -> int:
    """The EXIF orientation that an image states; 1 for TIFF, whose own tag is applied by whoever reads it."""
    # A text comment of a PNG may carry the same keyword as the block.
    block = image.info.get("exif")
    return exif_orientation(block) if kind != "TIFF" and isinstance(block, bytes) else 1


def _check_webp_header(data: bytes) -> None:
    """Check the length and size a WebP claims before the reader allocates a canvas for it."""
    length = 8 + int.from_bytes(data[4:8], "little")
    if length > len(data):
        raise ImageError(f"WebP is truncated: {len(data)} of {length} bytes are here")
    if data[12:16] == b"VP8X" and len(data) >= 30:
        width, height = (1 + int.from_bytes(data[start : start + 3], "little") for start in (24, 27))
        check_pixel_count(height, width)


def _check_allowed(image: ImageFile.ImageFile, kind: str, rules: Decode) -> None:
    if rules.cmyk == "fail" and image.mode == "CMYK":
        raise ImageError("is in CMYK, which the configuration refuses (cmyk: fail)")
    if rules.animated == "fail" and has_more_frames(image):
        raise ImageError("has more than one frame, which the configuration refuses (animated: fail)")
    if kind == "PPM" and image.mode == "RGB" and image.tile:
        # Pillow scales such values to 8 bits in a way of its own; its decoder's last argument is their maximum.
        arguments = image.tile[0][3]
        if isinstance(arguments, tuple) and isinstance(arguments[-1], int) and arguments[-1] > 255:
            raise ImageError("is a colour PPM of more than 8 bits, which is not read: convert it to PNG")


def _as_eight_bit(image: Image.Image, kind: str, rules: Decode) -> Image.Image:
    """Narrow 16-bit grey; Pillow has already kept the upper 8 bits of 16-bit colour, which it cannot hold."""
    if _is_sixteen_bit_gray(image, kind):
        values = np.asarray(image)
        narrow = values >> 8 if rules.sixteen_bit == "shift" else np.minimum(values, 255)
        return Image.fromarray(narrow.astype(np.uint8))
    if image.mode in {"I", "F"}:
        what = "floating-point" if image.mode == "F" else "32-bit or signed"
        raise ImageError(f"has {what} values, for which there is no rule: convert it to 8 or 16 bits")
    return image


def _is_sixteen_bit_gray(image: Image.Image, kind: str) -> bool:
    # A PNG or PPM in mode I has 16 bits; a TIFF has 32, or signed values, which no rule makes pixels of.
    return image.mode in _SIXTEEN_BIT or (image.mode == "I" and kind in {"PNG", "PPM"})


def _as_rgb(image: Image.Image, rules: Decode) -> Image.Image:
    if not has_alpha(image):
        return image.convert("RGB")
    if rules.alpha == "drop":
        image.info.pop("transparency", None)
        # Colours stored multiplied by their alpha are divided by it first.
        straight = image.convert({"RGBa": "RGBA", "La": "LA"}[image.mode]) if image.mode in {"RGBa", "La"} else image
        return straight.convert("RGB")
    pixels = image.convert("RGBA")
    canvas = Image.new("RGB", image.size, _BACKGROUND[rules.alpha])
    canvas.paste(pixels, mask=pixels)
    return canvas


def _reason(error: Exception) -> str:
    """What to tell a person of an exception in one of Pillow's readers, as the rest of a sentence."""
    # While reading a header Pillow turns these into a SyntaxError without words.
    cause = error.__cause__ if isinstance(error, SyntaxError) and isinstance(error.__cause__, Exception) else error
    text = str(error).strip()
    if isinstance(cause, MemoryError):
        return "asks for more memory than there is"
    if "truncated" in text.lower() or isinstance(cause, EOFError):
        return "is truncated: the data ends too early"
    if isinstance(cause, struct.error | IndexError | KeyError | TypeError):
        return "is damaged: a field of its header is missing or has an impossible value"
    return f"is damaged: {text or type(error).__name__}"
