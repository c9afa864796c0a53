"""What commands print: one JSON object, or a table; and summaries for the logs of build servers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["append_summary", "check_outputs", "print_json", "print_table"]


_WHOLE = {"Comparison", "Id", "Job", "Project", "Report", "Tensor distance"}
"""Columns of ids, which are there to be copied."""


def print_json(document: object) -> None:
    """Print a document as one line of JSON."""
    print(json.dumps(document, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Print rows of cells under their columns, or a sentence where there are none; cells may be hostile text."""
    from accubench.cli.rendering import make_console, make_table
    from accubench.cli.text import plain

    console, listed = make_console(), list(rows)
    if not listed:
        console.print(empty)
        return
    table = make_table(*columns)
    for column, title in zip(table.columns, columns, strict=True):
        column.no_wrap = title in _WHOLE
    for row in listed:
        table.add_row(*(plain(cell) for cell in row))
    console.print(table)


def check_outputs(export: Iterable[Path], summary: Path | None) -> None:
    """Refuse files that cannot be written, before the work that fills them is done.

    Raises:
        ExportError: One has another suffix than exports can have, or cannot be written.
    """
    from accubench.export import check_export_path

    for path in export:
        check_export_path(path)
    if summary is not None:
        append_summary(summary, [])


def append_summary(path: Path, summaries: Iterable[str]) -> None:
    """Append Markdown summaries to a file; with none it is only found out whether that can be written.

    Raises:
        ExportError: It cannot be written.
    """
    from accubench.errors import ExportError

    try:
        with path.open("a", encoding="utf-8") as stream:
            for summary in summaries:
                stream.write(summary + "\n")
    except OSError as error:
        raise ExportError(f"The summary cannot be written to {path}: {error.strerror}.") from error
