"""How ``accubench config labels`` prints which class of a dataset is which output of a model."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from accubench.cli.rendering import make_console, make_table
from accubench.cli.text import plain
from accubench.export import DASH, short_class_text
from accubench.records.class_names import ClassCorrespondence, CorrespondingClass

__all__ = ["correspondence_document", "show_correspondence"]

_SHOWN = 20


def correspondence_document(found: ClassCorrespondence) -> dict[str, Any]:
    """Everything as JSON, with the counts."""
    classes = [{**each.model_dump(mode="json"), "moved": each.moved} for each in found.classes]
    counts = {"n_classes": len(classes), "n_moved": found.n_moved, "n_unmatched": found.n_unmatched}
    return {**found.model_dump(mode="json"), **counts, "classes": classes}


def show_correspondence(found: ClassCorrespondence, *, every: bool) -> None:
    """Print the sentence, the counts and the classes: those to look at, or all of them.

    Args:
        found: What was found.
        every: Whether classes about which all agree are listed, too.
    """
    console = make_console()
    console.print(plain(found.description), soft_wrap=True)
    for line in _counts(found):
        console.print(plain(line), soft_wrap=True)
    named = found.dataset_names_origin is not None and found.model_names_origin is not None
    rows = [each for each in found.classes if every or (named and (each.moved or each.named_output is None))]
    shown = rows if every else rows[:_SHOWN]
    if shown:
        table = make_table("Class", "Dataset's name", "Taken for", "By name", "Matched by")
        for each in shown:
            table.add_row(*map(plain, _cells(each)))
        console.print(table)
    if len(shown) < len(rows):
        console.print(f"and {len(rows) - len(shown)} more (--all shows every class, --json too).")
    for doubt in found.doubts:
        console.print(Text.assemble(("Warning: ", "yellow"), plain(doubt)), overflow="fold")
    if found.option is not None:
        console.print(plain(f"To follow the names, set `{found.option}` in the accuracy configuration."))


def _counts(found: ClassCorrespondence) -> list[str]:
    n = len(found.classes)
    if found.dataset_names_origin is None or found.model_names_origin is None:
        nameless = "dataset" if found.dataset_names_origin is None else "model"
        return [f"{n} classes; the {nameless} has no names to match."]
    by = {each.matched_by: 0 for each in found.classes if each.matched_by is not None}
    for each in found.classes:
        if each.matched_by is not None:
            by[each.matched_by] += 1
    kinds = ", ".join(f"{count} by {kind}" for kind, count in by.items()) or "none"
    return [
        f"Names: {found.dataset_names_origin} (dataset), {found.model_names_origin} (model).",
        (
            f"{n} classes: {kinds}; {found.n_moved} are taken for another output than their name's, "
            f"{found.n_unmatched} have no match by name."
        ),
    ]


def _cells(each: CorrespondingClass) -> tuple[str, ...]:
    return (
        str(each.dataset_class),
        each.dataset_name or DASH,
        DASH if each.taken_output is None else short_class_text(each.taken_output, each.taken_name),
        DASH if each.named_output is None else short_class_text(each.named_output, each.named_name),
        each.matched_by or "unmatched",
    )
