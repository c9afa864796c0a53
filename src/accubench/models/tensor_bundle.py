"""Checking the index of a SavedModel's variables: which tensor lies where, in a table of LevelDB.

OpenVINO's own reader trusts the index: one wrong byte in it ends the process.
The table is described at https://github.com/google/leveldb/blob/main/doc/table_format.md, its entries in TensorFlow's
tensor_bundle.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from accubench.errors import BrokenModelError
from accubench.models.protobuf_wire import WireError, map_file, read_varint, wire_fields

__all__ = ["check_index", "checksum"]

_FOOTER_BYTES = 48
_MAGIC = 0xDB4775248B80FB57
_TRAILER_BYTES = 5  # a block's compression and checksum
_LONGEST_KEY = 10_000  # bytes
_UNCOMPRESSED, _SNAPPY = 0, 1
_POLYNOMIAL = 0x82F63B78
_MASK = 0xA282EAD8
_SHARD, _OFFSET, _SIZE = 3, 4, 5


def check_index(index: Path, shards: Sequence[Path]) -> None:
    """Make sure that an index is whole, and that every tensor it names lies within the files of the variables.

    Args:
        index: The file ``variables.index``.
        shards: The files ``variables.data-...``, in their order.

    Raises:
        BrokenModelError: It is not so.
    """
    sizes = [shard.stat().st_size for shard in shards]
    try:
        for key, value in _entries(map_file(index)):
            if key:  # the empty key stands for a header
                _check_entry(key, value, sizes)
    except (WireError, struct.error) as error:
        raise BrokenModelError(f"{index} is damaged or cut off: {error}. Fetch or export the model again.") from error
    except _OutsideError as error:
        raise BrokenModelError(
            f"{index} and the files of variables beside it do not belong together, or one is cut off: {error}. "
            "Copy all files of the model again."
        ) from error


def checksum(content: bytes) -> int:
    """CRC-32C as LevelDB stores it, rotated and with a number added.

    >>> hex(checksum(b"123456789"))
    '0xc78ab0e5'
    """
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


class _OutsideError(Exception):
    """A tensor lies outside the file that should hold it."""


def _check_entry(key: bytes, value: memoryview, sizes: list[int]) -> None:
    numbers = {field.number: field.integer for field in wire_fields(value)}
    shard, end = numbers.get(_SHARD, 0), numbers.get(_OFFSET, 0) + numbers.get(_SIZE, 0)
    name = key.decode("utf-8", errors="replace")
    if shard >= len(sizes):
        raise _OutsideError(f"'{name}' is said to lie in file {shard} of {len(sizes)}")
    if end > sizes[shard]:
        raise _OutsideError(f"'{name}' is said to end at byte {end:,} of a file of {sizes[shard]:,} bytes")


def _entries(table: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Keys and values of all blocks of a table; those of compressed blocks only have their checksum looked at."""
    if len(table) < _FOOTER_BYTES or struct.unpack("<Q", table[-8:])[0] != _MAGIC:
        raise WireError("it does not end as a table of variables does")
    footer = table[-_FOOTER_BYTES:]
    offset, size, position = _handle(footer, 0)
    _block(table, offset, size)  # of facts about the table itself
    offset, size, _ = _handle(footer, position)
    left = len(table)  # blocks do not overlap; in a hostile table they could, a million times
    for _, value in _block(table, offset, size):
        offset, size, _ = _handle(value, 0)
        left -= size + _TRAILER_BYTES
        if left < 0:
            raise WireError("its blocks have more bytes than the file")
        yield from _block(table, offset, size)


def _handle(content: memoryview, position: int) -> tuple[int, int, int]:
    """Offset and size of a block, and the position behind the two numbers."""
    offset, position = read_varint(content, position)
    size, position = read_varint(content, position)
    return offset, size, position


def _block(table: memoryview, offset: int, size: int) -> list[tuple[bytes, memoryview]]:
    end = offset + size
    if end + _TRAILER_BYTES > len(table):
        raise WireError(f"a block is said to end at byte {end} of {len(table)}")
    (stored,) = struct.unpack("<I", table[end + 1 : end + _TRAILER_BYTES])
    if checksum(bytes(table[offset : end + 1])) != stored:
        raise WireError(f"the checksum of the block at byte {offset} is wrong")
    if table[end] == _SNAPPY:
        return []
    if table[end] != _UNCOMPRESSED:
        raise WireError(f"the block at byte {offset} is compressed in a way that is not known")
    return list(_block_entries(table[offset:end]))


def _block_entries(block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Keys share their beginning with the key before them; the places where they do not are listed at the end."""
    (n_restarts,) = struct.unpack("<I", block[-4:])
    end, position, key = len(block) - 4 * (n_restarts + 1), 0, b""
    if not n_restarts or end < 0:
        raise WireError("a block has no list of restarts")
    entries = block[:end]
    while position < end:
        shared, position = read_varint(entries, position)
        unshared, position = read_varint(entries, position)
        size, position = read_varint(entries, position)
        if shared > len(key) or position + unshared + size > end:
            raise WireError("an entry reaches beyond its block")
        if shared + unshared > _LONGEST_KEY:
            raise WireError(f"the name of a tensor has more than {_LONGEST_KEY:,} bytes")
        key = key[:shared] + bytes(entries[position : position + unshared])
        position += unshared
        yield key, entries[position : position + size]
        position += size


def _table_of_crc() -> tuple[int, ...]:
    def of(byte: int) -> int:
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
        return byte

    return tuple(of(byte) for byte in range(256))


_TABLE = _table_of_crc()
