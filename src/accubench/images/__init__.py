"""Decoding under stated rules, and thumbnails."""

from accubench.images.decoding import decode
from accubench.images.formats import MAX_PIXELS
from accubench.images.thumbnails import thumbnail_jpeg

__all__ = ["MAX_PIXELS", "decode", "thumbnail_jpeg"]
