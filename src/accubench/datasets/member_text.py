"""Where in a larger file an image is, in words."""

from __future__ import annotations

__all__ = ["member_text"]


def member_text(member: str) -> str:
    """What the member of a locator means, for people who look for the image themselves.

    >>> member_text("parquet:1,2,17")
    'row 17 of row group 2, both counted from 0'
    >>> member_text("tar:1536"), member_text("gzip:1584,1,28,28")
    ('at byte 1,536', 'at byte 1,584 of what it unpacks to')
    """
    kind, _, place = member.partition(":")
    numbers = [int(number) for number in place.split(",")]
    if kind == "parquet":
        return f"row {numbers[2]} of row group {numbers[1]}, both counted from 0"
    return f"at byte {numbers[0]:,}{' of what it unpacks to' if kind == 'gzip' else ''}"
