"""Times, durations and sizes as people read them."""

from __future__ import annotations

from datetime import datetime

from accubench.export import DASH

__all__ = ["bytes_text", "count_text", "duration_text", "number_text", "time_text"]


def count_text(count: int | None) -> str:
    """A count with thousands set apart; a dash where there is none.

    >>> count_text(50000), count_text(None) == DASH
    ('50,000', True)
    """
    return DASH if count is None else f"{count:,}"


def number_text(value: float | None, decimals: int = 1) -> str:
    """A measured number; a dash where there is none.

    >>> number_text(1234.56), number_text(0.25, 2)
    ('1,234.6', '0.25')
    """
    return DASH if value is None else f"{value:,.{decimals}f}"


def bytes_text(size: int | None) -> str:
    """A size in bytes, in the unit that fits.

    >>> bytes_text(812), bytes_text(4_900_000), bytes_text(3_200_000_000)
    ('812 B', '4.9 MB', '3.2 GB')
    """
    if size is None:
        return DASH
    for unit, amount in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= amount:
            return f"{size / amount:.1f} {unit}"
    return f"{size} B"


def duration_text(seconds: float | None) -> str:
    """A duration as one would say it.

    >>> duration_text(0.42), duration_text(42), duration_text(200), duration_text(9000)
    ('0.4 s', '42 s', '3 min 20 s', '2 h 30 min')
    """
    if seconds is None:
        return DASH
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def time_text(moment: datetime | None) -> str:
    """A moment in the server's time zone, to the minute.

    >>> time_text(None) == DASH
    True
    """
    return DASH if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")
