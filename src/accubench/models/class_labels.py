"""Which class names fit a model, and whether its output 0 is a background class."""

from __future__ import annotations

from collections.abc import Sequence

from accubench.records.class_names import ClassNames

__all__ = ["background_class", "fitting_class_names", "with_background"]

_IMAGENET_WITH_BACKGROUND = 1001
_BACKGROUND = "background"
_BACKGROUND_NAMES = {"background", "__background__", "_background_", "bg", "unused background", "dummy", "???"}


def background_class(class_count: int, names: ClassNames | None) -> tuple[bool, str]:
    """Whether output 0 is likely a background class, and why.

    >>> background_class(1001, None)
    (True, '1001 outputs: the 1000 classes of ImageNet and, as output 0, a background class')
    """
    if names is not None:
        first = names.names[0]
        if first.strip().lower() in _BACKGROUND_NAMES:
            return True, f"the first label is '{first}' ({names.origin})"
        return False, f"the first label is '{first}' ({names.origin})"
    if class_count == _IMAGENET_WITH_BACKGROUND:
        return True, "1001 outputs: the 1000 classes of ImageNet and, as output 0, a background class"
    return False, f"{class_count} classes, and no labels that name a background class"


def with_background(names: ClassNames, class_count: int) -> ClassNames:
    """Names with a background class put first where ImageNet's background class is the one name missing."""
    if class_count != _IMAGENET_WITH_BACKGROUND or len(names) != class_count - 1:
        return names
    synsets = None if names.synsets is None else ("", *names.synsets)
    return ClassNames(
        names=(_BACKGROUND, *names.names),
        synsets=synsets,
        origin=f"{names.origin}, with '{_BACKGROUND}' put first as output 0",
    )


def fitting_class_names(
    candidates: Sequence[ClassNames], class_count: int
) -> tuple[ClassNames | None, tuple[str, ...]]:
    """The first of several lists of names that has one for every class, and notes on those passed over before it."""
    notes: list[str] = []
    for candidate in candidates:
        names = with_background(candidate, class_count)
        if len(names) == class_count:
            return names, tuple(notes)
        notes.append(
            f"The labels of {candidate.origin} are ignored: they name {len(candidate)} classes, "
            f"the model has {class_count}."
        )
    return None, tuple(notes)
