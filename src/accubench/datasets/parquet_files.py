# pyarrow ships no types of its own:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Parquet files with a column of images: which columns there are, and their rows without the images themselves.

Everything that a file claims is bounded before memory is spent on it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from accubench.datasets.arrow_runtime import pa, pc, pq, types
from accubench.datasets.text import shown
from accubench.errors import DatasetProblemsError, Finding, ImageError, UsageError

__all__ = [
    "PARQUET_ERRORS",
    "ImageColumns",
    "ImageRow",
    "class_label_names",
    "flat",
    "image_columns_of",
    "image_rows",
    "open_parquet",
    "parquet_problems",
    "reason_of",
    "refuse_images_bomb",
    "rows_at_once",
]

PARQUET_ERRORS = (pa.ArrowException, OSError, ValueError, EOFError)
"""What pyarrow raises for files that are damaged, or that it does not read."""

_IMAGE_COLUMNS = ("image", "img")
_LABEL_COLUMNS = ("label", "labels", "fine_label", "class", "target")
_ROWS_AT_ONCE = 1024
_MOST_ROWS = 10_000_000
_LONGEST_TEXT = 4096
_LARGEST_TEXTS_BYTES = 256 << 20
_BUFFER_BYTES = 1 << 20
_BATCH_BYTES = 4 << 20
_LARGEST_BATCH_BYTES = 256 << 20
_MOST_BATCH_ROWS = 64
_MOST_EXPANSION = 50
_MOST_EXPANDED_BYTES = 256 << 20
"""Images are compressed already: what unpacks to 50 times as much, and to more than this, is none."""


class ImageColumns(NamedTuple):
    """Where a file has images, what they are called, and their classes, as paths of Parquet columns."""

    image: str
    """The binary column with the bytes of images, such as ``image.bytes``."""
    leaf: int
    """The position of that column among those of the file."""
    name: str | None
    """The column with names or paths of the images, such as ``image.path``."""
    label: str | None
    integer_labels: bool
    class_names: tuple[str, ...] | None
    """The names by number that the file's writer declared."""


class ImageRow(NamedTuple):
    """One row of a file: the place of an image, and what stands beside it."""

    row_group: int
    row: int
    """0-based in its row group."""
    has_bytes: bool
    path: str | None
    label: str | int | None


def open_parquet(place: Path | str, *, texts: tuple[str, ...] = ()) -> pq.ParquetFile:
    """A Parquet file of which little is in memory at any time.

    Args:
        place: The file.
        texts: Columns of texts to be read as dictionaries, so that one long text that is repeated is kept once.

    Raises:
        pa.ArrowException, OSError, ValueError: It is none, is damaged, or is encrypted.
    """
    return pq.ParquetFile(
        place,
        # Otherwise all bytes of a row group would be read ahead, and a row group may be the whole file.
        pre_buffer=False,
        buffer_size=_BUFFER_BYTES,
        read_dictionary=list(texts),
        page_checksum_verification=True,
        thrift_string_size_limit=64 << 20,
        thrift_container_size_limit=1_000_000,
    )


def image_columns_of(
    file: pq.ParquetFile, called: str, *, path_column: str | None, label_column: str | None
) -> ImageColumns | None:
    """The columns of images and classes, or None where no column holds images.

    Args:
        file: The file.
        called: What messages call it.
        path_column: The column that the user says holds images, or their names beside a column of bytes.
        label_column: The column that the user says holds classes.

    Raises:
        UsageError: A column that the user named does not exist, or holds something else.
    """
    schema = file.schema_arrow
    names = list(schema.names)
    often = Counter(names)
    for wanted in (path_column, label_column):
        if wanted is not None and wanted not in names:
            listed = ", ".join(map(shown, names[:20])) + (", ..." if len(names) > 20 else "")
            raise UsageError(f"{shown(called)} has no column '{wanted}'; it has {listed}.")
    once = {name: schema.field(place) for place, name in enumerate(names) if often[name] == 1}
    candidates = [path_column] if path_column else [*_IMAGE_COLUMNS, *names]
    named = {path_column, *_IMAGE_COLUMNS}
    image = next((name for name in candidates if name in once and _is_image(once[name], named=name in named)), None)
    if image is None:
        if path_column:
            kind = shown(str(once[path_column].type)) if path_column in once else "there more than once"
            raise UsageError(f"The column '{path_column}' of {shown(called)} does not hold images: it is {kind}.")
        return None
    label = label_column or next((name for name in _LABEL_COLUMNS if name in once), None)
    kind = once[image].type
    inside = {kind.field(number).name for number in range(kind.num_fields)} if types.is_struct(kind) else set[str]()
    path = f"{image}.bytes" if inside else image
    leaves = [file.schema.column(number).path for number in range(len(file.schema))]
    integers = label is not None and _is_integer(once, label, called)
    return ImageColumns(
        image=path,
        leaf=_only(leaves, path, called),
        name=f"{image}.path" if "path" in inside and _is_text(kind.field("path").type) else None,
        label=label,
        integer_labels=integers,
        class_names=class_label_names(schema.metadata, label) if label and integers else None,
    )


def class_label_names(metadata: dict[bytes, bytes] | None, column: str) -> tuple[str, ...] | None:
    """The names of the classes that a column's numbers stand for, as Hugging Face's `datasets` writes them.

    The key ``huggingface`` of the schema's metadata holds JSON; ``info.features.<column>.names`` are the names.
    What cannot be read gives no names: the numbers are classes without it.
    """
    try:
        described = json.loads((metadata or {})[b"huggingface"])["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    if not isinstance(described, list) or not described or not all(isinstance(name, str) for name in described):
        return None
    return tuple(described)


def image_rows(file: pq.ParquetFile, columns: ImageColumns) -> Iterator[ImageRow]:
    """All rows in order; of the images it is only looked at whether there are some.

    Raises:
        ImageError: The file claims more than is read, or not what its footer says.
        pa.ArrowException, OSError, ValueError: It is damaged.
    """
    if file.metadata.num_rows > _MOST_ROWS:
        raise ImageError(f"it claims {file.metadata.num_rows:,} rows; more than {_MOST_ROWS:,} are not read.")
    texts = [column for column in (columns.name, columns.label) if column is not None]
    for group in range(file.metadata.num_row_groups):
        claimed = file.metadata.row_group(group)
        if claimed.num_rows < 0:
            raise ImageError("it claims fewer than no rows.")
        _refuse_bomb(claimed, texts)
        present = _presence(file, group, columns)
        counted = 0
        for paths, labels in _texts(file, group, columns, claimed.num_rows):
            for path, label in zip(paths, labels, strict=True):
                yield ImageRow(group, counted, next(present, False), path, label)
                counted += 1
        if counted != claimed.num_rows:
            raise ImageError(f"row group {group} has {counted} rows instead of {claimed.num_rows}.")


def rows_at_once(file: pq.ParquetFile, row_group: int, leaf: int) -> int:
    """How many images of a row group to decode at once: about 4 MiB, and few where they share a large one.

    A dictionary of images, which every row may repeat, counts as if each row did.

    Raises:
        ImageError: The images unpack to far more than images do.
    """
    chunk = file.metadata.row_group(row_group).column(leaf)
    rows, packed, whole = max(1, chunk.num_values), max(1, chunk.total_compressed_size), chunk.total_uncompressed_size
    refuse_images_bomb(packed, whole)
    at_once = max(1, min(_MOST_BATCH_ROWS, _BATCH_BYTES * rows // max(1, whole)))
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        dictionary = max(0, chunk.data_page_offset - chunk.dictionary_page_offset) * max(1, whole // packed)
        at_once = max(1, min(at_once, _LARGEST_BATCH_BYTES // max(1, dictionary)))
    return at_once


def refuse_images_bomb(packed_bytes: int, size_bytes: int) -> None:
    """Refuse images that unpack to far more than images do.

    Raises:
        ImageError: These do.
    """
    if size_bytes > _MOST_EXPANDED_BYTES and size_bytes > _MOST_EXPANSION * packed_bytes:
        raise ImageError(
            f"its images unpack to {size_bytes:,} bytes, more than {_MOST_EXPANSION} times of what they take."
        )


def flat(batch: pa.RecordBatch) -> pa.Array:
    """The binary column of a batch that holds only that, alone or in a struct."""
    column = batch.column(0)
    return column.field(0) if types.is_struct(column.type) else column


@contextmanager
def parquet_problems(path: str) -> Iterator[None]:
    """Tell what is wrong with a file as a finding about it.

    Raises:
        DatasetProblemsError: The file cannot be used.
    """
    try:
        yield
    except (*PARQUET_ERRORS, ImageError) as error:
        raise DatasetProblemsError(
            f"The Parquet file {shown(path)} cannot be used: 1 problem.",
            [Finding(code="unreadable-file", message=reason_of(error), file=shown(path))],
        ) from error


def reason_of(error: BaseException) -> str:
    """What pyarrow found wrong with a file, on one line and for people."""
    text = " ".join(str(error).split())
    if "encrypt" in text or "decrypt" in text:
        return "It is encrypted; decrypt it first."
    if "magic bytes" in text or "smaller than the minimum" in text or "file size is 0 bytes" in text:
        return "It is no Parquet file, or it was cut off: the mark at its end is missing. Fetch it again."
    return f"It cannot be read: {shown(text.rstrip('.'))}. Fetch it again."


def _only(leaves: list[str], path: str, called: str) -> int:
    """The position of a column that its path belongs to alone; dots in the names of others may make it ambiguous."""
    positions = [number for number, leaf in enumerate(leaves) if leaf == path]
    if len(positions) != 1:
        raise UsageError(f"{shown(called)} has {len(positions)} columns {shown(path)}. Rename those with a dot.")
    return positions[0]


def _is_image(column: pa.Field, *, named: bool) -> bool:
    """Whether a column holds images: a struct with bytes, or bytes under a name that says so."""
    kind = column.type
    if types.is_struct(kind):
        inside = [kind.field(number) for number in range(kind.num_fields)]
        return [_is_binary(field.type) for field in inside if field.name == "bytes"] == [True]
    return named and _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return types.is_binary(kind) or types.is_large_binary(kind)


def _is_text(kind: pa.DataType) -> bool:
    plain = kind.value_type if types.is_dictionary(kind) else kind
    return types.is_string(plain) or types.is_large_string(plain)


def _is_integer(once: dict[str, pa.Field], column: str, called: str) -> bool:
    if column not in once:
        raise UsageError(f"The column '{column}' is in {shown(called)} more than once.")
    kind = once[column].type
    if types.is_integer(kind):
        return True
    if _is_text(kind):
        return False
    what = "an image has one class here" if types.is_nested(kind) else "classes are whole numbers or texts"
    raise UsageError(
        f"The column '{column}' of {shown(called)} cannot be the classes: it is {shown(str(kind))}, and {what}."
        " Say which column is with the option label_column."
    )


def _refuse_bomb(group: Any, columns: list[str]) -> None:
    for number in range(group.num_columns):
        chunk = group.column(number)
        if chunk.path_in_schema in columns and chunk.total_uncompressed_size > _LARGEST_TEXTS_BYTES:
            raise ImageError(f"the column {shown(chunk.path_in_schema)} unpacks to more than 256 MiB of names.")


def _presence(file: pq.ParquetFile, group: int, columns: ImageColumns) -> Iterator[bool]:
    """Whether each row of a row group has bytes; they are looked at only where the statistics do not tell."""
    chunk = file.metadata.row_group(group).column(columns.leaf)
    statistics = chunk.statistics
    if statistics is not None and statistics.has_null_count and statistics.null_count == 0:
        yield from (True for _ in range(chunk.num_values))
        return
    for batch in file.iter_batches(
        rows_at_once(file, group, columns.leaf), row_groups=[group], columns=[columns.image]
    ):
        yield from flat(batch).is_valid().to_pylist()


def _texts(
    file: pq.ParquetFile, group: int, columns: ImageColumns, count: int
) -> Iterator[tuple[list[Any], list[Any]]]:
    """Names and labels of a row group, a few rows at a time."""
    wanted = [column for column in (columns.name, columns.label) if column is not None]
    if not wanted:
        for start in range(0, count, _ROWS_AT_ONCE):
            nothing = [None] * min(_ROWS_AT_ONCE, count - start)
            yield nothing, nothing
        return
    for batch in file.iter_batches(_ROWS_AT_ONCE, row_groups=[group], columns=wanted):
        by_name = dict(zip(batch.schema.names, batch.columns, strict=True))
        nothing = [None] * batch.num_rows
        name = columns.name and by_name[columns.name.removesuffix(".path")].field("path")
        label = columns.label and by_name[columns.label]
        yield _values(name) if name is not None else nothing, _values(label) if label is not None else nothing


def _values(column: pa.Array) -> list[Any]:
    """The values of a column of texts or numbers, once none of them is known to be too long."""
    if not types.is_integer(column.type):
        texts = column.dictionary if types.is_dictionary(column.type) else column
        longest = pc.call_function("max", [pc.call_function("binary_length", [texts])]).as_py()
        if longest is not None and longest > _LONGEST_TEXT:
            raise ImageError(f"a name has {longest:,} bytes; more than {_LONGEST_TEXT:,} are not read.")
    return column.to_pylist()
