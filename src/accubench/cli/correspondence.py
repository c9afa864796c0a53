"""How ``accubench config labels`` prints which class of a dataset is which output of a model."""

from __future__ import annotations

from rich.text import Text

from accubench.cli.rendering import make_console, make_table
from accubench.cli.text import plain
from accubench.export import CORRESPONDENCE_TITLES, correspondence_cells, correspondence_counts
from accubench.records.class_names import ClassCorrespondence

__all__ = ["show_correspondence"]

_SHOWN = 20


def show_correspondence(found: ClassCorrespondence, *, every: bool) -> None:
    """Print the sentence, the counts and the classes: those to look at, or all of them.

    Args:
        found: What was found.
        every: Whether classes about which all agree are listed, too.
    """
    console = make_console()
    console.print(plain(found.description), soft_wrap=True)
    for line in correspondence_counts(found):
        console.print(plain(line), soft_wrap=True)
    rows = found.classes if every else found.questionable
    shown = rows if every else rows[:_SHOWN]
    if shown:
        table = make_table(*CORRESPONDENCE_TITLES)
        for each in shown:
            table.add_row(*map(plain, correspondence_cells(each)))
        console.print(table)
    if len(shown) < len(rows):
        console.print(f"and {len(rows) - len(shown)} more (--all shows every class, --json too).")
    for doubt in found.doubts:
        console.print(Text.assemble(("Warning: ", "yellow"), plain(doubt)), overflow="fold")
    if found.option is not None:
        console.print(plain(f"To follow the names, set `{found.option}` in the accuracy configuration."))
