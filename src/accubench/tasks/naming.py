"""Names for what is imported: plain, unique, and the same again for a new version of the same thing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, count
from typing import Protocol, TypeVar

from accubench.errors import UsageError

__all__ = ["checked_name", "free_name"]

_LONGEST_NAME = 100


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=_Versioned)


def free_name(
    wanted: str,
    *,
    taken_by: Callable[[str], V | None],
    same_source: Callable[[V], bool],
    variant: str,
) -> tuple[str, int]:
    """Choose a name and a version number.

    `wanted` where it is free (version 1) or belongs to the same source (the next version); otherwise
    ``wanted-variant``, then ``wanted-2`` and so on.

    Args:
        wanted: The name that says most.
        taken_by: The newest holder of a name, or None.
        same_source: Whether a holder came from the same place, so that the new one is its next version.
        variant: What tells it apart, such as a file's suffix.
    """
    first = [wanted, f"{wanted}-{variant}"] if variant else [wanted]
    for name in chain(first, (f"{wanted}-{number}" for number in count(2))):
        holder = taken_by(name)
        if holder is None:
            return name, 1
        if same_source(holder):
            return name, holder.version + 1
    raise AssertionError("count() never ends")


def checked_name(text: str) -> str | None:
    """What a person wants to call something; None where they leave it open.

    Raises:
        UsageError: It is too long, or holds what cannot be seen.
    """
    name = text.strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"A name has at most {_LONGEST_NAME} letters and no control characters.")
    return name or None
