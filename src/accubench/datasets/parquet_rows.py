# pyarrow ships no types of its own:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""The images of a row group, one after the other: read page by page, or by Arrow where pages are unusual."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from accubench.datasets.arrow_runtime import pa, types
from accubench.datasets.parquet_files import flat, open_parquet, refuse_images_bomb, rows_at_once
from accubench.datasets.parquet_pages import CODECS, Column, UnusualPagesError
from accubench.datasets.parquet_values import images_of

__all__ = ["ImageColumn", "images_in", "row_groups_of"]

_FILES_KNOWN = 8
"""So many footers are kept, for they are read again for each row group."""


class ImageColumn(NamedTuple):
    """A column of images in a file as it is now."""

    file: str
    size_bytes: int
    modified_ns: int
    leaf: int
    """Position of the column of bytes among the file's columns, nested ones counted."""


class RowGroup(NamedTuple):
    """What the footer of a file says of a column of images in a row group."""

    n_rows: int
    column: Column | None
    """Where its pages are; None where they are left to Arrow."""


@lru_cache(_FILES_KNOWN)
def row_groups_of(images: ImageColumn) -> tuple[RowGroup, ...]:
    """The row groups of a file.

    Raises:
        pa.ArrowException, OSError, ValueError: The file is damaged.
        IndexError: It has no such column.
    """
    with open_parquet(images.file) as file:
        if images.leaf >= len(file.schema):
            raise IndexError("there is no such column")
        schema = file.schema.column(images.leaf)
        groups: list[RowGroup] = []
        for number in range(file.metadata.num_row_groups):
            group = file.metadata.row_group(number)
            column = _column(group, images.leaf, schema)
            inside = column is not None and 0 < column.packed_bytes <= images.size_bytes - column.offset
            groups.append(RowGroup(group.num_rows, column if inside else None))
        return tuple(groups)


def images_in(images: ImageColumn, row_group: int) -> Generator[bytes | None]:
    """The images of a row group in its order, None where a row has none.

    Raises:
        pa.ArrowException, OSError, ValueError, EOFError, IndexError: With a row that is damaged.
        ImageError: The images unpack to far more than images do.
    """
    column = row_groups_of(images)[row_group].column
    if column is None:
        yield from _by_arrow(images, row_group)
        return
    refuse_images_bomb(column.packed_bytes, column.size_bytes)
    with _opened(images) as descriptor:
        try:
            by_pages = images_of(descriptor, column)
        except UnusualPagesError:
            by_pages = _by_arrow(images, row_group)
        yield from by_pages


@contextmanager
def _opened(images: ImageColumn) -> Iterator[int]:
    # Without O_NONBLOCK, opening a named pipe that took the file's place would wait for ever.
    descriptor = os.open(images.file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if (status.st_size, status.st_mtime_ns) != (images.size_bytes, images.modified_ns):
            raise OSError("the file changed meanwhile")
        yield descriptor
    finally:
        os.close(descriptor)


def _column(group: Any, leaf: int, schema: Any) -> Column | None:
    """Where the pages of a column are; None where they cannot be read one by one."""
    chunk = group.column(leaf)
    offsets = [offset for offset in (chunk.dictionary_page_offset, chunk.data_page_offset) if offset]
    is_plain = schema.physical_type == "BYTE_ARRAY" and not schema.max_repetition_level and not chunk.file_path
    if not is_plain or chunk.compression not in CODECS or not offsets:
        return None
    return Column(
        codec=chunk.compression,
        offset=min(offsets),
        packed_bytes=chunk.total_compressed_size,
        size_bytes=chunk.total_uncompressed_size,
        n_rows=group.num_rows,
        level=schema.max_definition_level,
    )


def _by_arrow(images: ImageColumn, row_group: int) -> Iterator[bytes | None]:
    with open_parquet(images.file) as file:
        column = file.schema.column(images.leaf).path
        rows = rows_at_once(file, row_group, images.leaf)
        for batch in file.iter_batches(rows, row_groups=[row_group], columns=[column], use_threads=False):
            yield from _bytes_of(flat(batch))


def _bytes_of(images: pa.Array) -> Iterator[bytes | None]:
    # A scalar of pyarrow has its bytes copied already, and would copy them again.
    _, offsets, content = images.buffers()
    wide = types.is_large_binary(images.type)
    ends = memoryview(offsets).cast("q" if wide else "i")[images.offset :]
    data = memoryview(content)
    for row in range(len(images)):
        is_there = not images.null_count or images[row].is_valid
        yield data[ends[row] : ends[row + 1]].tobytes() if is_there else None
