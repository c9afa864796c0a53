"""A report's table as CSV, Parquet and JSON, for programs.

All three hold `EXPORT_COLUMNS`, in that order, one row per image, in dataset order, and read back equal to the table.

- **CSV**: UTF-8, comma, a header line, quotes only where needed. A null is an empty field; an empty text is ``""``.
  Numbers have the fewest digits that read back as the same double. Names are written exactly as they are, also those
  that begin with ``=``, ``+``, ``-`` or ``@``: a spreadsheet may take such a name for a formula, so import the
  columns as text when the names come from people you do not trust.
- **Parquet**: zstd, the types of `REPORT_COLUMNS`.
- **JSON**: one object ``{"report": {...}, "images": [{...}, ...]}``; ``report`` is the whole `Report` record, each
  image is an object by column name on a line of its own. A missing value is ``null``; there is never a NaN.
"""

from __future__ import annotations

import io

import polars as pl

from accubench.records.report import EXPORT_COLUMNS, Report

__all__ = ["csv_bytes", "exported_table", "json_bytes", "parquet_bytes"]


def exported_table(table: pl.DataFrame) -> pl.DataFrame:
    """The columns that exports have, of a report's stored table."""
    return table.select(EXPORT_COLUMNS)


def csv_bytes(table: pl.DataFrame) -> bytes:
    """The table as CSV."""
    return exported_table(table).write_csv().encode()


def parquet_bytes(table: pl.DataFrame) -> bytes:
    """The table as a Parquet file."""
    buffer = io.BytesIO()
    exported_table(table).write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def json_bytes(report: Report, table: pl.DataFrame) -> bytes:
    """The report and its table as one JSON object."""
    # Not splitlines(): names may hold other line separators, which JSON leaves as they are.
    images = exported_table(table).write_ndjson().rstrip("\n").replace("\n", ",\n")
    return f'{{"report": {report.model_dump_json()},\n"images": [\n{images}\n]}}\n'.encode()
