"""Headers of Parquet's pages, which are structs in the compact protocol of Thrift.

The fields: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
The protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["Fields", "fields_of", "varint"]

Fields: TypeAlias = "dict[int, int | Fields]"
"""Whole numbers, truth values and structs by the ids of their fields; texts and fractions are left out."""

_TRUE, _FALSE, _BYTE, _FRACTION, _BYTES, _STRUCT = 1, 2, 3, 7, 8, 12
_WHOLE_NUMBERS = (4, 5, 6)
_DEEPEST = 4
_LONGEST_VARINT = 10


def fields_of(data: bytes, at: int = 0, *, depth: int = 0) -> tuple[Fields, int]:
    """The fields of the struct that begins at a place, and where it ends.

    Raises:
        IndexError: The bytes end before it does.
        ValueError: It is none, or has what no page header has.
    """
    if depth > _DEEPEST:
        raise ValueError("a header with so many structs in each other is none")
    fields: Fields = {}
    field = 0
    while head := data[at]:
        kind = head & 0x0F
        at += 1
        if head >> 4:
            field += head >> 4
        else:
            number, at = varint(data, at)
            field = _signed(number)
        if kind in {_TRUE, _FALSE}:
            fields[field] = kind == _TRUE
        elif kind in _WHOLE_NUMBERS:
            number, at = varint(data, at)
            fields[field] = _signed(number)
        elif kind == _STRUCT:
            fields[field], at = fields_of(data, at, depth=depth + 1)
        else:
            at = _end_of(kind, data, at)
    return fields, at + 1


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of which each byte has seven bits, lowest first, and where it ends.

    >>> varint(bytes([0x96, 0x01]), 0)
    (150, 2)

    Raises:
        IndexError: The bytes end before it does.
        ValueError: It is longer than any.
    """
    value = 0
    for place in range(_LONGEST_VARINT):
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a number is too long")


def _signed(number: int) -> int:
    return number >> 1 ^ -(number & 1)


def _end_of(kind: int, data: bytes, at: int) -> int:
    """Where a value ends that is of no interest."""
    if kind == _BYTE:
        return at + 1
    if kind == _FRACTION:
        return at + 8
    if kind == _BYTES:
        size, at = varint(data, at)
        return at + size
    raise ValueError("a header with lists is none")
