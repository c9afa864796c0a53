"""Unpacking Snappy piece by piece, against the library that Arrow has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accubench.datasets.snappy import SnappyStream

CODEC = pa.Codec("snappy")
NOISE = np.random.default_rng(0).bytes(700_000)


@contextmanager
def opened(path: Path, packed: bytes, size_bytes: int, *, before: bytes = b"other") -> Iterator[SnappyStream]:
    """A stream of what lies in a file between other bytes, which must not be taken for its own."""
    path.write_bytes(before + packed + b"\x00" * 10)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield SnappyStream(
            descriptor,
            len(before),
            len(packed),
            size_bytes,
            lambda: memoryview(CODEC.decompress(packed, decompressed_size=size_bytes, asbytes=True)),
        )
    finally:
        os.close(descriptor)


def refuse_whole() -> memoryview:
    raise AssertionError("the whole was asked for")


def varint(value: int) -> bytes:
    data = b""
    while value >= 0x80:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


def literal(data: bytes, length_bytes: int = 4) -> bytes:
    """An element with bytes of its own, its length written in so many bytes behind the tag."""
    return bytes([59 + length_bytes << 2]) + (len(data) - 1).to_bytes(length_bytes, "little") + data


def repetition(length: int, offset: int, offset_bytes: int) -> bytes:
    """An element that repeats what stands `offset` bytes before."""
    if offset_bytes == 1:
        return bytes([1 | length - 4 << 2 | offset >> 8 << 5, offset & 0xFF])
    return bytes([(2 if offset_bytes == 2 else 3) | length - 1 << 2]) + offset.to_bytes(offset_bytes, "little")


CONTENTS = {
    "nothing": b"",
    "one byte": b"a",
    "noise": NOISE,
    "one byte repeated": b"a" * 500_000,
    "short repetitions": b"abc" * 200_000,
    "text": b" ".join(str(number).encode() for number in range(150_000)),
    "noise between repetitions": b"".join(NOISE[at : at + 3000] + b"header " * 20 for at in range(0, 600_000, 3000)),
    "repetitions over 64 KiB": (NOISE[:60_000] + b"x" * 4000) * 8,
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("size", [1 << 20, 70_000, 4097, 61])
def test_everything_is_unpacked_in_pieces_of_any_size(tmp_path, content, size):
    with opened(tmp_path / "packed", CODEC.compress(content, asbytes=True), len(content)) as stream:
        parts = [stream.read(size) for _ in range(len(content) // size + 1)]
        assert stream.read(10) == b""
    assert all(len(part) == size for part in parts[:-1])
    assert b"".join(parts) == content


def test_noise_is_unpacked_without_the_whole_in_memory(tmp_path):
    path = tmp_path / "packed"
    path.write_bytes(packed := CODEC.compress(CONTENTS["noise between repetitions"], asbytes=True))
    with path.open("rb") as file:
        stream = SnappyStream(
            file.fileno(), 0, len(packed), len(CONTENTS["noise between repetitions"]), unpack_all=refuse_whole
        )
        assert stream.read(1 << 20) == CONTENTS["noise between repetitions"]


def test_data_of_many_elements_is_left_to_the_library(tmp_path):
    path = tmp_path / "packed"
    text = CONTENTS["text"]
    path.write_bytes(packed := CODEC.compress(text, asbytes=True))
    with path.open("rb") as file:
        stream = SnappyStream(file.fileno(), 0, len(packed), len(text), unpack_all=lambda: memoryview(text))
        read = stream.read(50_000)
        stream_whole = SnappyStream(file.fileno(), 0, len(packed), len(text), unpack_all=refuse_whole)
        with pytest.raises(AssertionError, match="the whole was asked for"):
            stream_whole.read(len(text))
        assert read + stream.read(len(text)) == text


@pytest.mark.parametrize("offset_bytes", [2, 4])
@pytest.mark.parametrize("length", [1, 5, 64])
@pytest.mark.parametrize("offset", [1, 3, 64, 65, 30_000])
def test_repetitions_of_every_form_are_unpacked(tmp_path, offset_bytes, length, offset):
    packed = varint(40_000 + length) + literal(NOISE[:40_000]) + repetition(length, offset, offset_bytes)
    expected = CODEC.decompress(packed, decompressed_size=40_000 + length, asbytes=True)
    with opened(tmp_path / "packed", packed, len(expected)) as stream:
        assert stream.read(len(expected)) == expected


@pytest.mark.parametrize("length", [4, 11])
@pytest.mark.parametrize("offset", [1, 255, 256, 2047])
def test_short_repetitions_are_unpacked(tmp_path, length, offset):
    packed = varint(3000 + length) + literal(NOISE[:3000], 2) + repetition(length, offset, 1)
    expected = CODEC.decompress(packed, decompressed_size=3000 + length, asbytes=True)
    with opened(tmp_path / "packed", packed, len(expected)) as stream:
        assert stream.read(len(expected)) == expected


def test_a_repetition_of_what_is_not_kept_any_more_is_found_by_the_library(tmp_path):
    start = NOISE[:600_000]
    packed = varint(600_064) + literal(start) + repetition(64, 599_000, 4)
    with opened(tmp_path / "packed", packed, 600_064) as stream:
        assert stream.read(590_000) == start[:590_000]
        assert stream.read(20_000) == start[590_000:] + start[1000:1064]


@pytest.mark.parametrize(
    ("packed", "size_bytes", "error"),
    [
        (b"", 5, "ends too early"),
        (b"\xff\xff\xff\xff\xff\xff", 5, "does not begin with its size"),
        (varint(6) + literal(b"12345", 1), 5, "of another size"),
        (varint(6) + literal(b"12345", 1), 6, "ends too early"),
        (varint(5) + literal(b"12345", 1)[:-1], 5, "ends too early"),
        (varint(5) + literal(b"12345", 4)[:3], 5, "ends too early"),
        (varint(5) + literal(b"123456", 1), 5, "unpacks to more"),
        (varint(9) + literal(b"12345", 1) + repetition(5, 2, 2), 9, "unpacks to more"),
        (varint(9) + literal(b"12345", 1) + repetition(4, 0, 2), 9, "leads out of it"),
        (varint(9) + literal(b"12345", 1) + repetition(4, 6, 2), 9, "leads out of it"),
        (varint(9) + literal(b"12345", 1) + repetition(4, 1, 4)[:2], 9, "ends too early"),
        (varint(300) + literal(b"12345", 1) + repetition(64, 1, 4) + b"\xfe", 300, "ends too early"),
        (varint(300) + literal(b"12345", 1) + b"\xfe\x01\x00\xfe\x01", 300, "ends too early"),
        (varint(1 << 31) + literal(b"1" * 9, 1)[:1] + b"\xff" * 9, 1 << 31, "ends too early|more"),
    ],
)
def test_damaged_data_is_refused(tmp_path, packed, size_bytes, error):
    with pytest.raises((ValueError, EOFError), match=error), opened(tmp_path / "packed", packed, size_bytes) as stream:
        stream.read(size_bytes)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_damaged_data_gives_what_the_library_gives_or_is_refused(tmp_path, data):
    content = NOISE[:300] + data.draw(st.binary(max_size=200)) * 3 + NOISE[:100] + b"ab" * 40
    packed = bytearray(CODEC.compress(content, asbytes=True))
    for _ in range(data.draw(st.integers(1, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    packed = bytes(packed[: data.draw(st.integers(1, len(packed)))])
    try:
        expected = CODEC.decompress(packed, decompressed_size=len(content), asbytes=True)
    except (OSError, pa.ArrowException):
        expected = None
    try:
        with opened(tmp_path / "packed", packed, len(content)) as stream:
            read = stream.read(len(content))
    except (ValueError, EOFError, OSError):
        return
    assert read == expected
