"""Reading a struct array out of a MATLAB 5 file, such as the ``meta.mat`` of ILSVRC2012's development kit.

Only what such a table needs is understood: an array of structs whose fields are texts and numbers.
The format is described in MathWorks, MAT-File Format (version 7), chapter 1.
Whatever a file says of its own sizes, no more is read than is there, and no more is unpacked than `LARGEST_BYTES`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

__all__ = ["LARGEST_BYTES", "MatlabError", "read_struct_array"]

LARGEST_BYTES = 64 << 20
"""The largest file, and the most that it may unpack to."""
_MOST_VALUES = 1_000_000
"""Structs times fields; the development kit's table has fewer than 20,000."""
_HEADER_BYTES = 128
_INT8, _UINT8, _MATRIX, _COMPRESSED = 1, 2, 14, 15
_NUMBERS = {1: "b", 2: "B", 3: "h", 4: "H", 5: "i", 6: "I", 7: "f", 9: "d", 12: "q", 13: "Q"}
"""Format letters of the struct module by type of element."""
_TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_STRUCT, _CHAR, _FIRST_NUMBER, _LAST_NUMBER = 2, 4, 6, 15

Value = str | float | None


class MatlabError(Exception):
    """The file is no MATLAB 5 file, or damaged; the message completes a sentence that begins with its name."""


class _Element(NamedTuple):
    kind: int
    content: memoryview


def read_struct_array(path: Path, variable: str) -> list[dict[str, Value]]:
    """The structs of an array, in order, each as its fields by name.

    Args:
        path: The file.
        variable: Name of the array in it.

    Returns:
        Texts as str, single numbers as float, everything else as None.

    Raises:
        MatlabError: It is no such file, too large, damaged, or has no such array.
        OSError: It cannot be read.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise MatlabError(f"has more than {LARGEST_BYTES:,} bytes")
    data = path.read_bytes()
    if not data.startswith(b"MATLAB 5.0 MAT-file") or len(data) < _HEADER_BYTES:
        raise MatlabError("is no MATLAB 5 file")
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None:
        raise MatlabError("is no MATLAB 5 file: its mark of the byte order is missing")
    try:
        for element in _elements(memoryview(data)[_HEADER_BYTES:], order, padded=False):
            matrix = _unpacked(element, order)
            if matrix.kind == _MATRIX:
                found = _struct_array(matrix.content, variable, order)
                if found is not None:
                    return found
    except (struct.error, zlib.error, ValueError, StopIteration) as error:
        raise MatlabError(f"is damaged or cut off ({str(error) or 'it ends too early'})") from error
    raise MatlabError(f"has no struct array called '{variable}'")


def _elements(content: memoryview, order: str, *, padded: bool = True) -> Iterator[_Element]:
    """The elements that follow each other; within an array they begin at multiples of 8 bytes."""
    place = 0
    while place + 8 <= len(content):
        (first,) = struct.unpack_from(f"{order}I", content, place)
        if first >> 16:  # a small element: size and type in one number, up to 4 bytes behind it
            kind, size, start = first & 0xFFFF, first >> 16, place + 4
            following = place + 8
        else:
            kind, (size,), start = first, struct.unpack_from(f"{order}I", content, place + 4), place + 8
            following = start + (-(-size // 8) * 8 if padded else size)
        if start + size > len(content) or (first >> 16) > 4:
            raise ValueError("an element is longer than the file")
        yield _Element(kind, content[start : start + size])
        place = following


def _unpacked(element: _Element, order: str) -> _Element:
    """The element inside a compressed one."""
    if element.kind != _COMPRESSED:
        return element
    data = zlib.decompressobj().decompress(element.content, LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise ValueError(f"it unpacks to more than {LARGEST_BYTES:,} bytes")
    return next(_elements(memoryview(data), order))


def _struct_array(content: memoryview, variable: str, order: str) -> list[dict[str, Value]] | None:
    """The structs of an array of that name; None where it has another name, or is no array of structs."""
    parts = _elements(content, order)
    kind, count, name = _array_head(parts, order)
    if kind != _STRUCT or name != variable:
        return None
    (width,) = _numbers(next(parts), order)
    names = bytes(next(parts).content)
    width = int(width)
    if width < 1:
        raise ValueError("names of fields have no length")
    if count * (len(names) // width) > _MOST_VALUES:
        raise ValueError(f"it claims more than {_MOST_VALUES:,} values")
    fields = [names[at : at + width].split(b"\0")[0].decode("latin-1") for at in range(0, len(names), width)]
    matrices = (part.content for part in parts if part.kind == _MATRIX)
    values = [_value(content, order) for content in islice(matrices, count * len(fields) + 1)]
    if len(values) != count * len(fields) or not fields:
        raise ValueError(f"{len(values)} values where {count} structs of {len(fields)} fields are announced")
    return [dict(zip(fields, values[at : at + len(fields)], strict=True)) for at in range(0, len(values), len(fields))]


def _array_head(parts: Iterator[_Element], order: str) -> tuple[int, int, str]:
    """Class, number of elements and name of an array."""
    flags = _numbers(next(parts), order)
    count = 1
    for size in _numbers(next(parts), order):
        count *= int(size)
    name = bytes(next(parts).content).decode("latin-1")
    return int(flags[0]) & 0xFF, count, name


def _value(content: memoryview, order: str) -> Value:
    """A text or a single number; None for everything else."""
    if not len(content):
        return None
    parts = _elements(content, order)
    kind, count, _ = _array_head(parts, order)
    if kind == _CHAR:
        return _text(next(parts, None), order)
    if _FIRST_NUMBER <= kind <= _LAST_NUMBER and count == 1:
        return float(_numbers(next(parts), order)[0])
    return None


def _text(element: _Element | None, order: str) -> str:
    if element is None:
        return ""
    encoding = _TEXTS.get(element.kind)
    if encoding is None:
        raise ValueError(f"text of type {element.kind}")
    wide = encoding in {"utf-16", "utf-32"}
    return bytes(element.content).decode(f"{encoding}-{'le' if order == '<' else 'be'}" if wide else encoding)


def _numbers(element: _Element, order: str) -> tuple[float, ...]:
    letter = _NUMBERS.get(element.kind)
    if letter is None:
        raise ValueError(f"numbers of type {element.kind}")
    count = len(element.content) // struct.calcsize(letter)
    numbers = struct.unpack_from(f"{order}{count}{letter}", element.content)
    if not numbers:
        raise ValueError("an empty list of numbers")
    return numbers
