"""Reading protobuf messages field by field, without a schema and without copying what is not wanted.

The wire format is described at https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["FIXED32", "FIXED64", "LENGTH", "VARINT", "WireError", "WireField", "map_file", "read_varint", "wire_fields"]

VARINT = 0
FIXED64 = 1
LENGTH = 2
FIXED32 = 5


class WireError(ValueError):
    """The bytes are no protobuf message, or the message is cut off."""


class WireField(NamedTuple):
    """One field as it stands in a message."""

    number: int
    wire_type: int
    """VARINT, FIXED64, LENGTH or FIXED32."""
    integer: int
    """The value of a VARINT; 0 for the others."""
    content: memoryview
    """The bytes of a LENGTH, FIXED64 or FIXED32 field, not copied; empty for a VARINT."""

    @property
    def text(self) -> str:
        """The content as text; bytes that are not UTF-8 are replaced."""
        return bytes(self.content).decode("utf-8", errors="replace")


def map_file(path: Path) -> memoryview:
    """A read-only view of a file that is read from disk only where it is looked at; empty for an empty file."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def wire_fields(message: memoryview) -> Iterator[WireField]:
    """The fields of a message, in the order in which they stand.

    Args:
        message: The bytes of one message; nested messages are read by calling this with a field's `content`.

    Raises:
        WireError: At the first place that is no field, or where a field reaches beyond the end.

    >>> [(field.number, field.integer) for field in wire_fields(memoryview(bytes([8, 150, 1])))]
    [(1, 150)]
    """
    position, end, nothing = 0, len(message), message[:0]
    while position < end:
        key, position = read_varint(message, position)
        number, wire_type = key >> 3, key & 7
        if number == 0:
            raise WireError(f"there is no field 0 (byte {position})")
        if wire_type == VARINT:
            integer, position = read_varint(message, position)
            yield WireField(number, wire_type, integer, nothing)
            continue
        if wire_type == LENGTH:
            size, position = read_varint(message, position)
        elif wire_type in {FIXED64, FIXED32}:
            size = 8 if wire_type == FIXED64 else 4
        else:
            raise WireError(f"field {number} has an impossible type {wire_type} (byte {position})")
        if position + size > end:
            raise WireError(f"field {number} says {size} bytes, but only {end - position} are left")
        yield WireField(number, wire_type, 0, message[position : position + size])
        position += size


def read_varint(message: memoryview, position: int) -> tuple[int, int]:
    """An integer of 7 bits a byte, lowest first, and the position behind it.

    Raises:
        WireError: The message ends within the number, or it is too long.
    """
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise WireError("the message ends within a number")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise WireError(f"a number is longer than 64 bits (byte {position})")
