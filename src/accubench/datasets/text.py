"""Text that other people wrote: reading it, and showing names in messages."""

from __future__ import annotations

import codecs
from pathlib import Path

from accubench.errors import DatasetProblemsError, Finding

__all__ = ["LARGEST_TEXT_BYTES", "is_unicode", "read_head", "read_text", "shown", "unreadable_lines"]

_LONGEST_SHOWN = 120
_HEAD_BYTES = 65_536
LARGEST_TEXT_BYTES = 1 << 30
"""The list of 14 million images of ImageNet-21k has half of that; more would only fill the memory."""


def is_unicode(name: str) -> bool:
    """Whether a name from the file system is proper text; Python stands surrogates in for bytes that are not UTF-8."""
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(name: str) -> str:
    r"""A name as messages print it: on one line, without what a terminal would obey, and not too long.

    >>> shown("a\nb.jpg")
    'a\\nb.jpg'
    """
    if not name.isprintable():
        name = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in name)
    if len(name) > _LONGEST_SHOWN:
        name = f"{name[: _LONGEST_SHOWN - 20]}...{name[-17:]}"
    return name


def read_text(path: Path) -> str:
    """The content of a text file: UTF-8, or UTF-16 with its byte order mark.

    Bytes that are not UTF-8 become surrogates, which `unreadable_lines` finds.

    Raises:
        DatasetProblemsError: If the file cannot be read, or is larger than 1 GiB.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > LARGEST_TEXT_BYTES:
            raise _unreadable(path, f"It has {size_bytes:,} bytes; no list is larger than {LARGEST_TEXT_BYTES:,}.")
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, f"{error.strerror or error}.") from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="surrogateescape")


def _unreadable(path: Path, why: str) -> DatasetProblemsError:
    finding = Finding(code="unreadable-file", message=why, file=str(path))
    return DatasetProblemsError("The annotation file cannot be read:", [finding])


def read_head(path: Path) -> str:
    """The first 64 KiB of a text file, "" where it cannot be read; the last characters may be cut in two."""
    try:
        with path.open("rb") as file:
            data = file.read(_HEAD_BYTES)
    except OSError:
        return ""
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf16 else "utf-8-sig", errors="replace")


def unreadable_lines(text: str, file: str) -> list[Finding]:
    """A finding for each line that is not UTF-8 or holds a zero byte."""
    if "\0" not in text and is_unicode(text):
        return []
    return [
        Finding(
            code="unreadable-line",
            message=f"The line {'holds a zero byte' if chr(0) in line else 'is not UTF-8'}: {shown(line.strip())}.",
            file=file,
            line=number,
            remedy="Save the file as UTF-8 text.",
        )
        for number, line in enumerate(text.split("\n"), start=1)
        if "\0" in line or not is_unicode(line)
    ]
