"""A report's table as CSV, Parquet and JSON, for programs.

All three hold `EXPORT_COLUMNS` (or `COMPARISON_COLUMNS`, or `DISTANCE_COLUMNS`), in that order, one row per image, in
dataset order, and read back equal to the table.

- **CSV**: UTF-8, comma, a header line, quotes only where needed. A null is an empty field; an empty text is ``""``.
  Numbers have the fewest digits that read back as the same double. Names are written exactly as they are, also those
  that begin with ``=``, ``+``, ``-`` or ``@``: a spreadsheet may take such a name for a formula, so import the
  columns as text when the names come from people you do not trust.
- **Parquet**: zstd, the types of `REPORT_COLUMNS` and its like.
- **JSON**: one object ``{"report": {...}, "images": [{...}, ...]}``; ``report`` is the whole record, each
  image is an object by column name on a line of its own. A missing value is ``null``; there is never a NaN.
"""

from __future__ import annotations

import io

import polars as pl

from accubench.records.any_report import AnyReport
from accubench.records.comparison import COMPARISON_COLUMNS
from accubench.records.report import EXPORT_COLUMNS
from accubench.records.tensor_distance import DISTANCE_COLUMNS

__all__ = ["csv_bytes", "exported_table", "json_bytes", "parquet_bytes"]


def exported_table(table: pl.DataFrame) -> pl.DataFrame:
    """The columns that exports have, of the stored table of a report of any kind."""
    kinds = (EXPORT_COLUMNS, tuple(COMPARISON_COLUMNS), tuple(DISTANCE_COLUMNS))
    return table.select(next(columns for columns in kinds if set(columns) <= set(table.columns)))


def csv_bytes(table: pl.DataFrame) -> bytes:
    """The table as CSV."""
    return exported_table(table).write_csv().encode()


def parquet_bytes(table: pl.DataFrame) -> bytes:
    """The table as a Parquet file."""
    buffer = io.BytesIO()
    exported_table(table).write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def json_bytes(report: AnyReport, table: pl.DataFrame) -> bytes:
    """The report and its table as one JSON object."""
    # Not splitlines(): names may hold other line separators, which JSON leaves as they are.
    images = exported_table(table).write_ndjson().rstrip("\n").replace("\n", ",\n")
    return f'{{"report": {report.model_dump_json()},\n"images": [\n{images}\n]}}\n'.encode()
