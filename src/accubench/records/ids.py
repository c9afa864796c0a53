"""Short ids that sort by time and are safe in a file name."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

__all__ = ["IdKind", "new_id"]

IdKind = Literal["model", "dataset", "project", "predictions", "report", "benchmark", "check", "job"]

_PREFIXES: dict[IdKind, str] = {
    "model": "m",
    "dataset": "d",
    "project": "p",
    "predictions": "s",
    "report": "r",
    "benchmark": "b",
    "check": "n",
    "job": "j",
}
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter that looks like another
_TIME_DIGITS = 9  # 45 bits of milliseconds last until the year 3084
_RANDOM_DIGITS = 4


def new_id(kind: IdKind, now: datetime, entropy: bytes) -> str:
    """Make an id such as ``r-1h3k9x2m4-a7qz``: kind, time in milliseconds, random digits.

    Args:
        kind: What the id is for; its first letters.
        now: The time that the id sorts by.
        entropy: At least three random bytes that tell apart ids of the same millisecond.
    """
    milliseconds = int(now.timestamp() * 1000)
    return f"{_PREFIXES[kind]}-{_base32(milliseconds, _TIME_DIGITS)}-{_base32(int.from_bytes(entropy), _RANDOM_DIGITS)}"


def _base32(number: int, digits: int) -> str:
    letters: list[str] = []
    for _ in range(digits):
        number, remainder = divmod(number, 32)
        letters.append(_ALPHABET[remainder])
    return "".join(reversed(letters))
