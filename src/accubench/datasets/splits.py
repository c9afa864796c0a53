"""Train, val, test: which part of a dataset is meant."""

from __future__ import annotations

from collections.abc import Mapping

from accubench.datasets.content import Request
from accubench.datasets.tree import is_hidden
from accubench.errors import Finding, UsageError

__all__ = ["choose_split", "split_folders", "split_of"]

_NAMES = {
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
    "train": "train",
    "training": "train",
}
_ORDER = ("val", "test", "train")


def split_of(name: str) -> str | None:
    """The split that a folder, or a file without its suffix, is named after: ``val``, ``test``, ``train`` or None.

    >>> split_of("Validation")
    'val'
    """
    return _NAMES.get(name.lower())


def split_folders(request: Request) -> dict[str, str]:
    """The sub-folders of splits by their split, empty where there are none.

    A single folder named like a split beside other folders of images is a class that has this name.
    """
    names = sorted(entry.name for entry in request.folder.iterdir() if not is_hidden(entry.name) and entry.is_dir())
    found: dict[str, str] = {}
    for name in sorted(names, key=len):
        split = split_of(name)
        if split and split not in found:
            found[split] = name
    others = [name for name in names if split_of(name) is None]
    if len(found) == 1 and any(request.holds_images(name) for name in others):
        return {}
    return found


def choose_split(offered: Mapping[str, str], wanted: str | None, *, what: str) -> tuple[str, tuple[Finding, ...]]:
    """The split to load, with a warning where the choice was ours.

    Without a wish it is val, then test, and train only where it is the only one.

    Args:
        offered: Names of folders or files by split.
        wanted: The split that the user asked for.
        what: What the names are, e.g. ``folders``, for messages.

    Raises:
        UsageError: If the wanted split is not offered.
    """
    names = ", ".join(offered[split] for split in _ORDER if split in offered)
    if wanted is not None:
        split = split_of(wanted)
        if split is None or split not in offered:
            raise UsageError(f"There is no split '{wanted}'; the dataset has the {what} {names}.")
        return split, ()
    split = next(split for split in _ORDER if split in offered)
    finding = Finding(
        code="split-chosen",
        message=f"The dataset has the {what} {names}; {offered[split]} was taken.",
        severity="warning",
        remedy="Ask for another one with the option split." if len(offered) > 1 else None,
    )
    return split, (finding,)
