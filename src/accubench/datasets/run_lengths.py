"""Small numbers as Parquet packs them: runs of the same number, and groups of eight with a few bits each.

The format: https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accubench.datasets.page_headers import varint

__all__ = ["largest_packed", "numbers_of"]

_MOST_BITS = 32


def largest_packed(count: int) -> int:
    """The most bytes that so many numbers can sensibly take."""
    return 16 + 10 * count


def numbers_of(data: bytes, bits: int, count: int) -> NDArray[np.int64]:
    """Numbers that were packed, shape (count,).

    Args:
        data: What they were packed to.
        bits: Bits of a number.
        count: How many there are.

    Raises:
        ValueError: They are fewer, or have too many bits.
        IndexError: The bytes end before.
    """
    if bits > _MOST_BITS:
        raise ValueError("numbers have too many bits")
    numbers = np.zeros(count, np.int64)
    found = at = 0
    while found < count:
        head, at = varint(data, at)
        if head & 1:
            size = (head >> 1) * bits
            run = _unpacked(data[at : at + size], bits, min((head >> 1) * 8, count - found))
        else:
            size = (bits + 7) // 8
            if at + size > len(data):
                raise IndexError("a run is cut off")
            run = np.full(min(head >> 1, count - found), int.from_bytes(data[at : at + size], "little"), np.int64)
        if not len(run):
            raise ValueError("a run is empty")
        numbers[found : found + len(run)] = run
        found += len(run)
        at += size
    return numbers


def _unpacked(data: bytes, bits: int, count: int) -> NDArray[np.int64]:
    """The first numbers of groups, or as many as there are; the lowest bit of each comes first."""
    numbers = np.zeros(count, np.int64)
    if not bits:
        return numbers
    single = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little", count=count * bits)
    count = min(count, len(data) * 8 // bits)
    by_number = single[: count * bits].reshape(count, bits)
    for place in range(bits):
        numbers[:count] |= by_number[:, place].astype(np.int64) << place
    return numbers[:count]
