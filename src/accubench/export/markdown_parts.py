"""Pieces of Markdown summaries: tables, and cells in which names stay text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accubench.records.gate import GateOutcome

__all__ = ["cell", "gate_table", "markdown_table"]

_CELL_CHARACTERS = 120


def gate_table(gates: Sequence[GateOutcome]) -> list[str]:
    """What became of gates, or nothing where there are none."""
    rows = [
        (cell(gate.condition), cell(gate.measured), "✅ passed" if gate.passed else "❌ **missed**") for gate in gates
    ]
    return [markdown_table(("Gate", "Measured", "Outcome"), rows)] if rows else []


def markdown_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str, *, longest: int | None = _CELL_CHARACTERS) -> str:
    r"""Text on one line that Markdown shows as it is.

    >>> print(cell("a|b *c* <script>"))
    a\|b \*c\* &lt;script&gt;
    """
    flat = " ".join(text.split())
    if longest is not None and len(flat) > longest:
        flat = flat[: longest - 1] + "…"
    for character in "\\`*_[]|#~":
        flat = flat.replace(character, "\\" + character)
    # Entities for what starts HTML, mentions and automatic links.
    return (
        flat.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("@", "&#64;")
        .replace("://", "&#58;//")
    )
