"""An image before and after preprocessing."""

from __future__ import annotations

from accubench.records.base import Record

__all__ = ["PreviewImage"]


class PreviewImage(Record):
    """What a model will see of one image, or why it will see nothing."""

    name: str
    decoded_jpeg: bytes | None = None
    """The picture as the decoding rule reads it, made smaller."""
    decoded_size_hw: tuple[int, int] | None = None
    """Height and width in pixels as decoded."""
    seen_jpeg: bytes | None = None
    """The picture after all steps that change what is seen."""
    seen_size_hw: tuple[int, int] | None = None
    failure: str | None = None
    """Why there is no picture after preprocessing."""
