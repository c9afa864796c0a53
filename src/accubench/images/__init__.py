"""Decoding under stated rules, thumbnails, and lossless pictures."""

from accubench.images.decoding import decode
from accubench.images.formats import MAX_PIXELS
from accubench.images.kinds import ImageKind, image_kind
from accubench.images.measuring import decoded_size_wh
from accubench.images.png import png
from accubench.images.thumbnails import thumbnail_jpeg

__all__ = ["MAX_PIXELS", "ImageKind", "decode", "decoded_size_wh", "image_kind", "png", "thumbnail_jpeg"]
