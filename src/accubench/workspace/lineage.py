"""Parents and children: what was optimised from what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from accubench.records.model import Model

__all__ = ["families", "parent_name"]

T = TypeVar("T")


def families(
    items: Iterable[T], *, id_of: Callable[[T], str], parent_of: Callable[[T], str | None]
) -> list[tuple[T, int]]:
    """Every item with its children right after it, else in the order given, and how many ancestors stand above it.

    A child whose parent is not among the items stands alone.

    Args:
        items: Such as projects.
        id_of: Gives an item's id.
        parent_of: Gives the id of what an item was made from; None where it was made from nothing.

    >>> parents = {"a": None, "b": "c", "c": None, "d": "b", "e": "gone"}
    >>> families(parents, id_of=str, parent_of=parents.get)
    [('a', 0), ('c', 0), ('b', 1), ('d', 2), ('e', 0)]
    """
    listed = list(items)
    known = {id_of(item) for item in listed}
    children: dict[str | None, list[T]] = {}
    for item in listed:
        parent = parent_of(item)
        children.setdefault(parent if parent in known else None, []).append(item)
    ordered: list[tuple[T, int]] = []
    ahead = [(item, 0) for item in reversed(children.get(None, []))]
    while ahead:
        item, depth = ahead.pop()
        ordered.append((item, depth))
        ahead += [(child, depth + 1) for child in reversed(children.get(id_of(item), []))]
    return ordered


def parent_name(model: Model, names: Mapping[str, str]) -> str:
    """What a model was optimised from, also where that was deleted; empty for an original model.

    Args:
        model: The model.
        names: Names of all models, by id.
    """
    if model.parent_id is None:
        return ""
    remembered = "a model that was deleted" if model.recipe is None else model.recipe.parent_name
    return names.get(model.parent_id, remembered)
