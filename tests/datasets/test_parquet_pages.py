"""Reading images of Parquet files page by page, against what was written by several programs."""

from __future__ import annotations

import os
import random
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from accubench.datasets import parquet_rows, parquet_values
from accubench.datasets.page_headers import fields_of
from accubench.datasets.parquet_files import PARQUET_ERRORS
from accubench.datasets.parquet_pages import Column, UnusualPagesError, page_bytes, pages_of
from accubench.datasets.parquet_rows import ImageColumn, images_in, row_groups_of
from accubench.datasets.run_lengths import numbers_of
from accubench.errors import ImageError

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
NOISE = np.random.default_rng(0).bytes(1 << 20)


def image(number: int, size: int = 3000) -> bytes:
    """Something like the bytes of an image: a head that all have, and noise."""
    start = number * 7919 % (len(NOISE) - size)
    return b"\xff\xd8\xff\xe0\x00\x10JFIF" * 3 + NOISE[start : start + size]


ALL_THERE = [image(number) for number in range(150)]
SOME_MISSING: list[bytes | None] = [None if number % 3 == 1 else image(number) for number in range(150)]
REPEATED = [image(number * number % 40) for number in range(150)]
COMPRESSIBLE = [bytes(range(256)) * (number % 30) + b"%d" % number for number in range(150)]
CONTENTS: dict[str, Sequence[bytes | None]] = {
    "all there": ALL_THERE,
    "some missing": SOME_MISSING,
    "all missing": [None] * 60,
    "repeated": REPEATED,
    "compressible": COMPRESSIBLE,
    "of very different size": [image(number, 1 + number**3 % 200_000) for number in range(40)],
    "empty ones among them": [b"", *ALL_THERE[:9], b""],
}


def column_of(path: Path) -> ImageColumn:
    status = path.stat()
    return ImageColumn(str(path), status.st_size, status.st_mtime_ns, 0)


def all_images(path: Path) -> list[bytes | None]:
    column = column_of(path)
    return [image for group in range(len(row_groups_of(column))) for image in images_in(column, group)]


@pytest.fixture
def without_arrow(monkeypatch) -> None:
    """Have it fail where Arrow would read the images."""

    def refuse(*_: object) -> Iterator[bytes | None]:
        raise AssertionError("left to Arrow")

    monkeypatch.setattr(parquet_rows, "_by_arrow", refuse)


def in_structs(content: Sequence[bytes | None]) -> pa.Table:
    structs = [{"bytes": image, "path": f"{number}.jpg"} for number, image in enumerate(content)]
    return pa.table({"image": pa.array(structs, IMAGE), "label": range(len(content))})


def plain(content: Sequence[bytes | None]) -> pa.Table:
    return pa.table({"image": pa.array(content, pa.large_binary())})


def never_missing(content: Sequence[bytes | None]) -> pa.Table:
    schema = pa.schema([pa.field("image", pa.binary(), nullable=False)])
    return pa.table({"image": pa.array([image or b"" for image in content], pa.binary())}, schema)


@pytest.mark.usefixtures("without_arrow")
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("use_dictionary", [True, False])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd", "gzip", "brotli"])
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_images_are_what_was_written(tmp_path, content, compression, use_dictionary, version):
    path = tmp_path / "set.parquet"
    options = {"compression": compression, "use_dictionary": use_dictionary, "data_page_version": version}
    for table, more in [
        (in_structs(content), {}),
        (plain(content), {"row_group_size": 37, "data_page_size": 10_000, "write_batch_size": 5}),
        (
            in_structs(content),
            {"write_page_checksum": True, "dictionary_pagesize_limit": 50_000, "write_batch_size": 5},
        ),
    ]:
        pq.write_table(table, path, **options, **more)
        assert all_images(path) == list(content)


@pytest.mark.usefixtures("without_arrow")
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_images_that_may_not_be_missing_have_no_levels(tmp_path, version):
    pq.write_table(never_missing(ALL_THERE), tmp_path / "set.parquet", data_page_version=version)
    assert all_images(tmp_path / "set.parquet") == ALL_THERE


@pytest.mark.usefixtures("without_arrow")
@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "zstd"])
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_images_that_polars_wrote_are_read(tmp_path, content, compression):
    structs = [{"bytes": image, "path": "x"} for image in content]
    kind = pl.Struct({"bytes": pl.Binary, "path": pl.String})
    table = pl.DataFrame({"image": pl.Series(structs, dtype=kind)})
    table.write_parquet(tmp_path / "set.parquet", compression=compression, row_group_size=64)
    assert all_images(tmp_path / "set.parquet") == list(content)


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "lz4"},
        {"use_dictionary": False, "column_encoding": "DELTA_LENGTH_BYTE_ARRAY"},
        {"use_dictionary": False, "column_encoding": {"image": "DELTA_BYTE_ARRAY"}},
    ],
)
def test_what_is_unusual_is_left_to_arrow(tmp_path, options, monkeypatch):
    asked: list[int] = []
    by_arrow = parquet_rows._by_arrow
    monkeypatch.setattr(parquet_rows, "_by_arrow", lambda *place: asked.append(1) or by_arrow(*place))
    for content in (ALL_THERE, SOME_MISSING):
        pq.write_table(plain(content), tmp_path / "set.parquet", **options)
        assert all_images(tmp_path / "set.parquet") == list(content)
    assert len(asked) == 2


def test_few_images_of_a_row_group_are_in_memory(tmp_path):
    path = tmp_path / "set.parquet"
    content = [image(number, 50_000) for number in range(800)]
    for use_dictionary in (True, False):
        pq.write_table(
            in_structs(content),
            path,
            use_dictionary=use_dictionary,
            dictionary_pagesize_limit=1 << 30,
            compression="snappy",
        )
        images = images_in(column_of(path), 0)
        next(images)
        tracemalloc.start()
        assert sum(1 for _ in images) == 799
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_000_000


def test_an_image_that_rows_repeat_is_forgotten_after_the_last_of_them(tmp_path):
    path = tmp_path / "set.parquet"
    pq.write_table(plain([b"a", b"b", b"a", b"c", b"b"]), path)
    column = row_groups_of(column_of(path))[0].column
    with path.open("rb") as file:
        images = parquet_values.images_of(file.fileno(), column)
        kept = []
        for _ in range(5):
            next(images)
            frame = images.gi_frame.f_locals
            kept.append(sorted(frame["dictionary"]._kept.values()))
    assert kept == [[b"a"], [b"a", b"b"], [b"b"], [b"b"], []]


def test_a_damaged_page_of_references_fails_its_rows_only(tmp_path):
    path = tmp_path / "set.parquet"
    pq.write_table(
        plain(ALL_THERE), path, compression="none", write_page_checksum=True, data_page_size=1, write_batch_size=50
    )
    column = row_groups_of(column_of(path))[0].column
    with path.open("r+b") as file:
        second = [page for page in pages_of(file.fileno(), column) if not page.is_dictionary][1]
        file.seek(second.offset + 8)
        file.write(b"\xff")
    images = images_in(column_of(path), 0)
    assert [next(images) for _ in range(50)] == ALL_THERE[:50]
    with pytest.raises(ValueError, match="the checksum of a page is wrong"):
        next(images)


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_damaged_files_give_images_or_errors_that_are_expected(tmp_path, compression, use_dictionary):
    path = tmp_path / "set.parquet"
    pq.write_table(
        in_structs(SOME_MISSING[:30]),
        path,
        compression=compression,
        use_dictionary=use_dictionary,
        data_page_size=9000,
        write_batch_size=5,
    )
    sound = path.read_bytes()
    column = row_groups_of(column_of(path))[0].column
    with path.open("rb") as file:
        headers = [page.offset - 40 for page in pages_of(file.fileno(), column)]
    chance = random.Random(0)
    ends = column.offset + column.packed_bytes
    outcomes = set()
    for _ in range(400):
        damaged = bytearray(sound)
        for _ in range(chance.randint(1, 3)):
            at = chance.choice(headers) + chance.randrange(80) if chance.random() < 0.8 else chance.randrange(ends)
            damaged[min(max(at, 4), ends - 1)] = chance.randrange(256)
        path.write_bytes(damaged)
        os.utime(path, ns=(1, chance.randrange(10**9)))
        try:
            outcomes.add(len(all_images(path)))
        except (*PARQUET_ERRORS, IndexError, ImageError) as error:
            outcomes.add(type(error).__name__)
    assert len(outcomes) > 1


def zigzag(number: int) -> bytes:
    assert 0 <= number < 1 << 31
    number *= 2
    data = b""
    while number >= 0x80:
        data += bytes([number & 0x7F | 0x80])
        number >>= 7
    return data + bytes([number])


def header(kind: int, size: int, packed: int, details: bytes, field: int) -> bytes:
    """A page header with the details of its kind in their field."""
    return (
        b"\x15"
        + zigzag(kind)
        + b"\x15"
        + zigzag(size)
        + b"\x15"
        + zigzag(packed)
        + bytes([(field - 3) << 4 | 12])
        + details
        + b"\x00\x00"
    )


def data_page(content: bytes, n_values: int, *, size: int | None = None, encoding: int = 0) -> bytes:
    details = b"\x15" + zigzag(n_values) + b"\x15" + zigzag(encoding) + b"\x15" + zigzag(3) + b"\x15" + zigzag(3)
    return header(0, len(content) if size is None else size, len(content), details, 5) + content


def dictionary_page(content: bytes, n_values: int) -> bytes:
    return header(2, len(content), len(content), b"\x15" + zigzag(n_values) + b"\x15\x00", 7) + content


def value(content: bytes) -> bytes:
    return len(content).to_bytes(4, "little") + content


def read(tmp_path: Path, pages: bytes, n_rows: int, *, codec: str = "UNCOMPRESSED") -> list[bytes | None]:
    path = tmp_path / "pages"
    path.write_bytes(b"PAR1" + pages)
    with path.open("rb") as file:
        return list(parquet_values.images_of(file.fileno(), Column(codec, 4, len(pages), len(pages), n_rows, 0)))


def test_pages_made_by_hand_are_read(tmp_path):
    assert read(tmp_path, data_page(value(b"one") + value(b"two"), 2), 2) == [b"one", b"two"]
    coded = dictionary_page(value(b"one"), 1) + data_page(b"\x01\x04\x00", 2, encoding=8)
    assert read(tmp_path, coded, 2) == [b"one", b"one"]
    index = header(1, 3, 3, b"", 6) + b"abc"
    assert read(tmp_path, index + data_page(value(b"one"), 1), 1) == [b"one"]


@pytest.mark.parametrize(
    ("pages", "n_rows", "error"),
    [
        (data_page(value(b"one"), 1), 2, "other rows"),
        (data_page(value(b"one"), 1)[:-1], 1, "beyond its column"),
        (data_page(value(b"one"), 1)[:9], 1, "cut off"),
        (data_page(value(b"one"), 1, size=10**9), 1, "larger than its column"),
        (data_page(value(b"one"), 1, encoding=6), 1, "not read"),
        (data_page(b"\x01\x04\x00", 2, encoding=8), 2, "not one dictionary"),
        (dictionary_page(b"", 10**6) + data_page(b"\x01\x04\x00", 2, encoding=8), 2, "more values than there are rows"),
        (dictionary_page(b"", 0) * 2 + data_page(b"\x01\x04\x00", 2, encoding=8), 2, "not one dictionary"),
        (data_page(b"", 0) * 30, 1, "more pages than rows"),
        (b"\x00", 1, "lacks a number"),
        (b"\x15\x00\x15\x00\x15\x00\x00", 1, "says nothing of its page"),
        (b"\x1c" * 20, 1, "damaged"),
        (b"\x19" * 20, 1, "damaged"),
        (b"\x15" + b"\xff" * 30, 1, "damaged"),
    ],
)
def test_pages_that_are_not_as_said_are_left_to_arrow(tmp_path, pages, n_rows, error):
    with pytest.raises(UnusualPagesError, match=error):
        read(tmp_path, pages, n_rows)


@pytest.mark.parametrize(
    ("pages", "n_rows", "error"),
    [
        (data_page(value(b"one")[:-1], 1), 1, "ends too early"),
        (data_page(b"\xff\xff\xff\xff", 1), 1, "larger than its page"),
        (dictionary_page(value(b"one"), 1) + data_page(b"\x01\x04\x01", 2, encoding=8), 2, "not in the dictionary"),
        (
            dictionary_page(value(b"one"), 1) + data_page(b"\x20\x04\xff\xff\xff\xff", 2, encoding=8),
            2,
            "not in the dict",
        ),
        (dictionary_page(value(b"one"), 1) + data_page(b"\x21\x04\x00", 2, encoding=8), 2, "too many bits"),
        (dictionary_page(value(b"one"), 1) + data_page(b"\x01\x00\x00", 2, encoding=8), 2, "run is empty"),
        (dictionary_page(value(b"one"), 1) + data_page(b"", 2, encoding=8), 2, "ends too early"),
    ],
)
def test_damaged_pages_fail_their_rows(tmp_path, pages, n_rows, error):
    with pytest.raises((ValueError, EOFError, IndexError), match=error):
        read(tmp_path, pages, n_rows)


def test_a_header_with_a_large_statistic_is_read(tmp_path):
    statistics = b"\x1c" + b"\x18" + b"\xa0\x8d\x06" + b"x" * 100_000 + b"\x00"
    details = b"\x15\x02\x15\x00\x15\x06\x15\x06" + statistics
    page = header(0, 7, 7, details, 5) + value(b"one")
    assert read(tmp_path, page, 1) == [b"one"]


def test_fields_that_page_headers_do_not_have_are_passed(tmp_path):
    passed = b"\x13\x07" + b"\x17" + b"\0" * 8 + b"\x18\x02ab" + b"\x11" + b"\x12" + b"\x06\xc8\x01\x09" + b"\x00"
    assert fields_of(passed) == ({4: True, 5: False, 100: -5}, len(passed))


@pytest.mark.parametrize("bits", [0, 1, 2, 5, 8, 12, 20, 32])
def test_packed_numbers_are_those_that_were_packed(bits):
    chance = np.random.default_rng(bits)
    numbers = chance.integers(0, 1 << bits, 64, dtype=np.int64)
    single = (numbers[:, None] >> np.arange(bits)) & 1
    packed = np.packbits(single.astype(np.uint8).ravel(), bitorder="little").tobytes()
    run = bytes([60]) + int(numbers[0]).to_bytes((bits + 7) // 8, "little")
    found = numbers_of(bytes([8 << 1 | 1]) + packed + run, bits, 94)
    assert found.tolist() == [*numbers.tolist(), *[int(numbers[0])] * 30]


@pytest.mark.parametrize(
    ("codec", "damage"),
    [("SNAPPY", lambda data: data[:-1]), ("ZSTD", lambda data: data[:-5]), ("GZIP", lambda data: data[:9])],
)
def test_a_compressed_page_that_is_cut_off_fails_its_rows(tmp_path, codec, damage: Callable[[bytes], bytes]):
    content = value(NOISE[:5000])
    packed = damage(pa.Codec(codec.lower()).compress(content, asbytes=True))
    page = data_page(packed, 1, size=len(content))
    path = tmp_path / "pages"
    path.write_bytes(page)
    column = Column(codec, 0, len(page), 10_000, 1, 0)
    with path.open("rb") as file, pytest.raises((ValueError, EOFError, OSError)):
        list(parquet_values.images_of(file.fileno(), column))


def test_a_file_that_was_replaced_meanwhile_is_not_read(tmp_path):
    path = tmp_path / "set.parquet"
    pq.write_table(plain(ALL_THERE), path)
    column = column_of(path)
    row_groups_of(column)
    pq.write_table(plain(REPEATED), path)
    with pytest.raises(OSError, match="changed"):
        next(images_in(column, 0))


def test_page_bytes_of_nothing_are_nothing(tmp_path):
    path = tmp_path / "pages"
    path.write_bytes(page := data_page(b"", 0))
    column = Column("SNAPPY", 0, len(page), len(page), 0, 0)
    with path.open("rb") as file:
        found = next(iter(pages_of(file.fileno(), column)))
        assert page_bytes(file.fileno(), column, found).read(5) == b""
