"""Standard output and standard error in unusual circumstances: absent, closed at the other end, without Unicode."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["make_sure_of_streams", "until_reader_leaves", "write_to_nowhere"]

_ESCAPE = "accubench-escape"


def make_sure_of_streams() -> None:
    """Give the process its standard streams where it was started without (``2>&-``), and let them take any letter.

    Otherwise the next file that is opened, say the catalogue, would get the number of one, and messages with it; and
    ``print`` would write to standard output what is meant for standard error.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    codecs.register_error(_ESCAPE, _escape)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=_ESCAPE)


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Stand-ins for letters that an encoding lacks, as JSON writes them: names do not break a terminal of old."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


@contextmanager
def until_reader_leaves() -> Generator[None]:
    """Leave the body without an error when what reads standard output, such as ``head``, wants no more of it."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        write_to_nowhere(sys.stdout)  # or the end of the process would try to write once more
        if not isinstance(error, BrokenPipeError):
            raise


def write_to_nowhere(stream: TextIO) -> None:
    """Let everything written from now on vanish, after the other end of a pipe was closed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
