"""Text that is safe to show in a terminal."""

from __future__ import annotations

__all__ = ["plain"]


def plain(text: str) -> str:
    """Text without anything that could steer a terminal; names of files and classes may be hostile.

    >>> plain("a" + chr(27) + "[31mb")
    'a�[31mb'
    """
    return "".join(letter if letter == "\n" or letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
