"""Reports as files: the suffix decides the form, and a file appears complete or not at all."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import polars as pl

from accubench.errors import ExportError
from accubench.export.tables import csv_bytes, json_bytes, parquet_bytes
from accubench.records.any_report import AnyReport
from accubench.records.comparison import Comparison
from accubench.records.tensor_distance import TensorDistance

__all__ = [
    "EXPORT_SUFFIXES",
    "ImageJpeg",
    "check_export_path",
    "check_file_path",
    "export_report",
    "write_atomically",
]

ImageJpeg = Callable[[str, int], bytes | None]
"""Gives the JPEG thumbnail of an image as the report's rules decode it, from its name and the longer side in pixels;
None where there is none to show."""

EXPORT_SUFFIXES = (".csv", ".parquet", ".json", ".html")
_FULL_DISK = {errno.ENOSPC, errno.EDQUOT}


def export_report(path: Path, report: AnyReport, table: pl.DataFrame, *, image_jpeg: ImageJpeg) -> None:
    """Write a report of any kind to one file; its suffix chooses among csv, parquet, json and html.

    The file is written under a temporary name in the same folder and renamed, so that a reader never sees half of it
    and a file of that name stays as it was until the new one is complete.

    Args:
        path: Where to; the folder must exist.
        report: The report.
        table: Its images, with the columns of its kind: `REPORT_COLUMNS`, `COMPARISON_COLUMNS`, `DISTANCE_COLUMNS`.
        image_jpeg: Asked for the thumbnails of an html page, and for nothing else.

    Raises:
        ExportError: The suffix is another, the folder is missing or may not be written to, or the disk is full.
    """
    check_export_path(path)
    write_atomically(path, _content(path.suffix.lower(), report, table, image_jpeg))


def check_export_path(path: Path) -> None:
    """Refuse a path that nothing could be written to, before the work that fills it is done.

    Raises:
        ExportError: The suffix is not one we write, the folder is missing or may not be written to, or the path is a
            folder or too long.
    """
    if path.suffix.lower() not in EXPORT_SUFFIXES:
        given = f"'{path.suffix}'" if path.suffix else "no suffix"
        raise ExportError(f"Cannot export to {path}: it has {given}. Use one of {', '.join(EXPORT_SUFFIXES)}.")
    check_file_path(path)


def check_file_path(path: Path) -> None:
    """Refuse a path that no file could be written to, before the work that fills it is done.

    Raises:
        ExportError: The folder is missing or may not be written to, or the path is a folder or too long.
    """
    if not os.path.isdir(path.parent):  # noqa: PTH112 - pathlib raises for names that are too long
        raise ExportError(
            f"Cannot export to {path}: there is no folder {path.parent}. Create it (mkdir -p) or name another folder."
        )
    temporary = _temporary(path)
    try:
        if path.is_dir():
            raise ExportError(f"Cannot export to {path}: it is a folder. Give the name of a file.")
        temporary.touch()
    except OSError as error:
        raise ExportError(_reason(path, error)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it appears complete or not at all.

    Raises:
        ExportError: The folder may not be written to or the disk is full; nothing is left behind.
    """
    temporary = _temporary(path)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise ExportError(_reason(path, error)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    """Short, so that a long but legal name still fits; by process and thread, so that two writers never share it."""
    return path.with_name(f".accubench-{os.getpid()}-{threading.get_ident()}.partial")


def _content(suffix: str, report: AnyReport, table: pl.DataFrame, image_jpeg: ImageJpeg) -> bytes:
    if suffix == ".csv":
        return csv_bytes(table)
    if suffix == ".parquet":
        return parquet_bytes(table)
    if suffix == ".json":
        return json_bytes(report, table)
    return _page(report, table, image_jpeg).encode("utf-8", "replace")


def _page(report: AnyReport, table: pl.DataFrame, image_jpeg: ImageJpeg) -> str:
    """The page of a report's kind; imported late, because pages load jinja2, which tables do without."""
    if isinstance(report, Comparison):
        from accubench.export.comparison_page import comparison_page_html

        return comparison_page_html(report, table, image_jpeg=image_jpeg)
    if isinstance(report, TensorDistance):
        from accubench.export.distance_page import distance_page_html

        return distance_page_html(report, table, image_jpeg=image_jpeg)
    from accubench.export.page import html_page

    return html_page(report, table, image_jpeg=image_jpeg)


def _reason(path: Path, error: OSError) -> str:
    if error.errno in _FULL_DISK:
        return f"Cannot export to {path}: the disk is full. Free some space or name a file on another disk."
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return f"Cannot export to {path}: writing there is not permitted. Choose a folder that you may write to."
    return f"Cannot export to {path}: {error.strerror or error}. Try another folder or a shorter name."
