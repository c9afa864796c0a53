"""Reading flatbuffers by field number, every offset checked against the file's end.

The format is described at https://flatbuffers.dev/internals/.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["FlatbufferError", "Table", "file_mark", "root_table"]

_LARGEST_VECTOR = 1_000_000  # elements; what we read (tensors, shapes, scales) has far fewer


class FlatbufferError(ValueError):
    """An offset points outside the file, or a vector is longer than the file."""


def file_mark(head: bytes) -> bytes:
    """The four letters in bytes 4 to 7 that name what kind of flatbuffer a file holds, e.g. ``TFL3``."""
    return head[4:8]


def root_table(buffer: memoryview) -> Table:
    """The table that a flatbuffer starts with."""
    return Table(buffer, _unsigned(buffer, 0))


@dataclass(frozen=True, slots=True)
class Table:
    """A flatbuffer table: a row of fields, of which any may be absent."""

    buffer: memoryview
    position: int

    def number(self, field: int, layout: str, default: float = 0) -> float:
        """A number field; `layout` is a `struct` letter such as ``i``, ``I``, ``b``, ``f`` or ``q``."""
        place = self._place(field)
        return default if place is None else _unpack(self.buffer, place, "<" + layout)[0]

    def text(self, field: int) -> str:
        """A string field; empty where absent, and bytes that are not UTF-8 are replaced."""
        return bytes(self.content(field)).decode("utf-8", errors="replace")

    def content(self, field: int) -> memoryview:
        """The bytes of a string field or of a vector of bytes; empty where absent."""
        vector = self._vector(field, 1)
        return self.buffer[:0] if vector is None else self.buffer[vector[0] : vector[0] + vector[1]]

    def numbers(self, field: int, layout: str) -> tuple[float, ...]:
        """A vector of numbers; empty where absent."""
        vector = self._vector(field, struct.calcsize("<" + layout))
        return () if vector is None else _unpack(self.buffer, vector[0], f"<{vector[1]}{layout}")

    def table(self, field: int) -> Table | None:
        """A field that is a table, or None where absent."""
        place = self._place(field)
        return None if place is None else Table(self.buffer, place + _unsigned(self.buffer, place))

    def tables(self, field: int) -> tuple[Table, ...]:
        """A vector of tables; empty where absent."""
        vector = self._vector(field, 4)
        if vector is None:
            return ()
        places = range(vector[0], vector[0] + 4 * vector[1], 4)
        return tuple(Table(self.buffer, place + _unsigned(self.buffer, place)) for place in places)

    def check_fields(self) -> None:
        """See that every field lies within the table, and the table within the file, whatever the fields mean."""
        (back,) = _unpack(self.buffer, self.position, "<i")
        offsets = self.position - back
        size, table_size = _unpack(self.buffer, offsets, "<HH")
        fields = _unpack(self.buffer, offsets + 4, f"<{max(0, size - 4) // 2}H")
        if self.position + table_size > len(self.buffer) or any(offset >= table_size for offset in fields if offset):
            raise FlatbufferError(f"the table at byte {self.position} has fields outside of it")

    def _place(self, field: int) -> int | None:
        """Where a field's bytes are: the table's list of offsets says, by field number."""
        (back,) = _unpack(self.buffer, self.position, "<i")
        offsets = self.position - back
        (size,) = _unpack(self.buffer, offsets, "<H")
        slot = 4 + 2 * field
        if slot + 2 > size:
            return None
        (offset,) = _unpack(self.buffer, offsets + slot, "<H")
        return self.position + offset if offset else None

    def _vector(self, field: int, element_size: int) -> tuple[int, int] | None:
        """Position of the first element and number of elements."""
        place = self._place(field)
        if place is None:
            return None
        start = place + _unsigned(self.buffer, place)
        length = _unsigned(self.buffer, start)
        if start + 4 + length * element_size > len(self.buffer) or (element_size > 1 and length > _LARGEST_VECTOR):
            raise FlatbufferError(f"a list at byte {start} says {length} elements, more than the file holds")
        return start + 4, length


def _unsigned(buffer: memoryview, position: int) -> int:
    return _unpack(buffer, position, "<I")[0]


def _unpack(buffer: memoryview, position: int, layout: str) -> tuple[int, ...]:
    if position < 0 or position + struct.calcsize(layout) > len(buffer):
        raise FlatbufferError(f"an offset points to byte {position}, outside the file of {len(buffer)} bytes")
    return struct.unpack_from(layout, buffer, position)
