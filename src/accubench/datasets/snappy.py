"""Unpacking Snappy piece by piece, as images in Parquet files need it: in little memory, and without copying twice.

Images hardly compress: what Snappy makes of them are long runs of their own bytes between a few repetitions.
The runs are read from the file to where they belong. Data that does compress has too many elements for that, and is
left to a library, which unpacks it as a whole.

The format: https://github.com/google/snappy/blob/main/format_description.txt
"""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["SnappyStream"]

_HISTORY_BYTES = 64 << 10
"""Repetitions lie within 64 KiB in what all known programs write; the format would allow more."""
_FIRST_PIECE_BYTES = 64 << 10
_PIECE_BYTES = 256 << 10
_LONGEST_REPETITION = 64
_WINDOW_BYTES = 4 << 10
_LONGEST_TAG = 5
_LONG_LITERAL = 60
"""From here on, the length of a literal is in the bytes behind its tag."""
_SHORT_BYTES = 512
_SPARED_BYTES = 512 << 10
"""Where elements unpack to fewer bytes than this on average, apart from some, the library is quicker."""
_TOO_EARLY = "compressed data ends too early"
_TOO_MUCH = "compressed data is damaged: it unpacks to more than is said of it"


class SnappyStream:
    """Bytes that were compressed, read forwards.

    Args:
        descriptor: The file.
        offset: Where the compressed bytes begin in it.
        packed_bytes: How many they are.
        size_bytes: How many bytes they unpack to.
        unpack_all: Unpacks everything; asked for where elements are too short, or refer to what is not kept any more.

    Raises:
        ValueError: They unpack to another number of bytes.
        EOFError: They end before.
    """

    def __init__(
        self, descriptor: int, offset: int, packed_bytes: int, size_bytes: int, unpack_all: Callable[[], memoryview]
    ) -> None:
        self._descriptor = descriptor
        self._offset = offset
        """Where in the file the window ends."""
        self._packed_left = packed_bytes
        """How many bytes are left beyond the window."""
        self._window = memoryview(bytearray(_WINDOW_BYTES + 2 * _LONGEST_TAG))
        self._at = self._window_ends = 0
        """Between these the window has bytes that were not looked at."""
        self._size_bytes = size_bytes
        self._unpacked = 0
        self._unpack_all = unpack_all
        self._piece = bytearray(min(_HISTORY_BYTES + _PIECE_BYTES, size_bytes) + _LONGEST_REPETITION)
        self._view = memoryview(self._piece)
        self._read = self._ends = 0
        """Between these the piece has bytes that were not read."""
        self._literal_left = 0
        self._elements = 0
        self._whole: memoryview | None = None
        if self._stated_size() != size_bytes:
            raise ValueError("compressed data is of another size than is said of it")

    def read(self, size: int) -> bytes:
        """The next bytes, fewer at the end only.

        Raises:
            ValueError: The data is damaged.
            EOFError: It ends too early.
        """
        if size <= _PIECE_BYTES:
            return self._next(size)
        parts: list[bytes] = []
        while size and (part := self._next(min(size, _PIECE_BYTES))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        """The next bytes, at most a piece."""
        while self._ends - self._read < size and self._unpacked < self._size_bytes and self._whole is None:
            self._unpack_more()
        if self._whole is not None:
            taken = self._whole[:size].tobytes()
            self._whole = self._whole[size:]
        else:
            taken = self._view[self._read : min(self._read + size, self._ends)].tobytes()
            self._read += len(taken)
        return taken

    def _unpack_more(self) -> None:
        """Unpack what there is room for behind the last 64 KiB and behind what was not read, or everything."""
        begun, unread = self._unpacked, self._ends - self._read
        kept = min(self._ends, max(unread, _HISTORY_BYTES))
        self._view[:kept] = self._view[self._ends - kept : self._ends]
        self._read, self._ends = kept - unread, kept
        room = _HISTORY_BYTES + _PIECE_BYTES - kept
        wanted = min(room if begun else _FIRST_PIECE_BYTES, self._size_bytes - begun)
        is_long = self._elements * _SHORT_BYTES <= begun + _SPARED_BYTES
        while self._ends - kept < wanted:
            if self._literal_left:
                self._unpack_literal()
            elif not is_long or not self._unpack_repetitions(kept + wanted):
                self._whole = self._unpack_all()[begun - unread :]
                return
            self._unpacked = begun + self._ends - kept
        is_left = self._packed_left or self._at < self._window_ends
        if self._unpacked > self._size_bytes or (self._unpacked == self._size_bytes and is_left):
            raise ValueError(_TOO_MUCH)

    def _unpack_repetitions(self, until: int) -> bool:
        """Unpack repetitions until there is enough, or a literal begins; False where one leads too far back."""
        view, window, at, ends = self._view, self._window, self._at, self._ends
        while ends < until:
            if self._window_ends - at < _LONGEST_TAG:
                self._at = at
                self._fill_window()
                at = 0
            self._elements += 1
            tag = window[at]
            kind = tag & 3
            if kind == 0:
                at = self._begin_literal(at)
                break
            if kind == 1:
                length, offset = (tag >> 2 & 7) + 4, (tag & 0xE0) << 3 | window[at + 1]
                at += 2
            elif kind == 2:
                length, offset = (tag >> 2) + 1, window[at + 1] | window[at + 2] << 8
                at += 3
            else:
                length, offset = (tag >> 2) + 1, int.from_bytes(window[at + 1 : at + 5], "little")
                at += 5
            start = ends - offset
            if start < 0 or not offset:
                return self._leads_back(offset, self._unpacked + ends - self._ends, at)
            if offset >= length:
                view[ends : ends + length] = view[start : start + length]
            else:
                view[ends : ends + length] = (self._piece[start:ends] * (length // offset + 1))[:length]
            ends += length
        if at > self._window_ends:
            raise EOFError(_TOO_EARLY)
        self._at, self._ends = at, ends
        return True

    def _leads_back(self, offset: int, unpacked: int, at: int) -> bool:
        """False for a repetition of what is not kept any more."""
        if at > self._window_ends:
            raise EOFError(_TOO_EARLY)
        if not 0 < offset <= unpacked:
            raise ValueError("compressed data is damaged: a repetition leads out of it")
        return False

    def _begin_literal(self, at: int) -> int:
        """Take the tag of a literal; gives where its bytes begin in the window."""
        length = self._window[at] >> 2
        at += 1
        if length >= _LONG_LITERAL:
            length_bytes = length - _LONG_LITERAL + 1
            length = int.from_bytes(self._window[at : at + length_bytes], "little")
            at += length_bytes
        self._literal_left = length + 1
        return at

    def _unpack_literal(self) -> None:
        """Copy what the window has of a literal, and read the rest from the file, and the next window with it."""
        size = min(self._literal_left, len(self._piece) - self._ends)
        if size > self._size_bytes - self._unpacked:
            raise ValueError(_TOO_MUCH)
        target = self._view[self._ends : self._ends + size]
        here = min(size, self._window_ends - self._at)
        target[:here] = self._window[self._at : self._at + here]
        self._at += here
        if here < size:
            self._read_to(target[here:])
        self._literal_left -= size
        self._ends += size

    def _read_to(self, target: memoryview) -> None:
        """Read bytes of the file to where they belong, and fill the window, which is empty, with those behind."""
        wanted = min(_WINDOW_BYTES, self._packed_left - len(target))
        if wanted < 0:
            raise EOFError(_TOO_EARLY)
        read = os.preadv(self._descriptor, [target, self._window[:wanted]], self._offset)
        if read < len(target):
            raise EOFError(_TOO_EARLY)
        self._offset += read
        self._packed_left -= read
        self._at, self._window_ends = 0, read - len(target)

    def _fill_window(self) -> None:
        """Have the window hold the next tag, if there is one."""
        left = self._window_ends - self._at
        if left < 0:
            raise EOFError(_TOO_EARLY)
        self._window[:left] = self._window[self._at : self._window_ends]
        wanted = min(_WINDOW_BYTES, self._packed_left)
        read = os.preadv(self._descriptor, [self._window[left : left + wanted]], self._offset) if wanted else 0
        self._offset += read
        self._packed_left -= read
        self._at, self._window_ends = 0, left + read
        if not self._window_ends:
            raise EOFError(_TOO_EARLY)

    def _stated_size(self) -> int:
        self._fill_window()
        value = 0
        for shift in range(0, 7 * _LONGEST_TAG, 7):
            byte = self._window[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80 and self._at <= self._window_ends:
                return value
        raise ValueError("compressed data does not begin with its size")
