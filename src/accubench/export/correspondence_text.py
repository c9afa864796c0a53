"""How the classes of a dataset become outputs of a model, in words; the same in a terminal and on a page."""

from __future__ import annotations

from typing import Any

from accubench.export.numbers import DASH, short_class_text
from accubench.records.class_names import ClassCorrespondence, CorrespondingClass

__all__ = ["CORRESPONDENCE_TITLES", "correspondence_cells", "correspondence_counts", "correspondence_document"]

CORRESPONDENCE_TITLES: tuple[str, ...] = ("Class", "Dataset's name", "Taken for", "By name", "Matched by")
"""Columns: the class of the dataset, the output that it is taken for, and the one that names say it is."""


def correspondence_counts(found: ClassCorrespondence) -> tuple[str, ...]:
    """Where names come from and how many classes they match, in sentences."""
    n = len(found.classes)
    if not found.named:
        nameless = "dataset" if found.dataset_names_origin is None else "model"
        return (f"{n} classes; the {nameless} has no names to match.",)
    by = {each.matched_by: 0 for each in found.classes if each.matched_by is not None}
    for each in found.classes:
        if each.matched_by is not None:
            by[each.matched_by] += 1
    kinds = ", ".join(f"{count} by {kind}" for kind, count in by.items()) or "none"
    return (
        f"Names: {found.dataset_names_origin} (dataset), {found.model_names_origin} (model).",
        (
            f"{n} classes: {kinds}; {found.n_moved} are taken for another output than their name's, "
            f"{found.n_unmatched} have no match by name."
        ),
    )


def correspondence_cells(each: CorrespondingClass) -> tuple[str, ...]:
    """A class in the columns of `CORRESPONDENCE_TITLES`."""
    return (
        str(each.dataset_class),
        each.dataset_name or DASH,
        DASH if each.taken_output is None else short_class_text(each.taken_output, each.taken_name),
        DASH if each.named_output is None else short_class_text(each.named_output, each.named_name),
        each.matched_by or "unmatched",
    )


def correspondence_document(found: ClassCorrespondence) -> dict[str, Any]:
    """Everything as JSON, with the counts."""
    classes = [{**each.model_dump(mode="json"), "moved": each.moved} for each in found.classes]
    counts = {"n_classes": len(classes), "n_moved": found.n_moved, "n_unmatched": found.n_unmatched}
    return {**found.model_dump(mode="json"), **counts, "classes": classes}
