"""Words and numbers as the terminal shows them."""

from __future__ import annotations

__all__ = ["class_label", "confidence", "percent", "plain"]


def plain(text: str) -> str:
    """Text without anything that could steer a terminal; names of files and classes may be hostile.

    >>> plain("a" + chr(27) + "[31mb")
    'a�[31mb'
    """
    return "".join(letter if letter == "\n" or letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def percent(share: float | None, digits: int = 2) -> str:
    """A share as a percentage.

    >>> percent(0.67), percent(None)
    ('67.00 %', '-')
    """
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def confidence(probability: float | None) -> str:
    """A confidence with four digits, never a false zero.

    >>> confidence(0.51234), confidence(0.00001), confidence(0.0), confidence(None)
    ('0.5123', '< 0.0001', '< 0.0001', '-')
    """
    if probability is None:
        return "-"
    return "< 0.0001" if probability < 0.0001 else f"{probability:.4f}"


def class_label(class_id: int | None, name: str | None) -> str:
    """A class as id and name.

    >>> class_label(3, "tiger shark"), class_label(3, None), class_label(None, None)
    ('3 tiger shark', '3', '-')
    """
    if class_id is None:
        return "-"
    return plain(f"{class_id} {name.split(',')[0]}" if name else str(class_id))
