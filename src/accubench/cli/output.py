"""What listing commands print: one JSON object, or a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

__all__ = ["print_json", "print_table"]


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
    for row in listed:
        table.add_row(*(plain(cell) for cell in row))
    console.print(table)
