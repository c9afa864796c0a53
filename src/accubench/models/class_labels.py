"""Which class names fit a model, and whether its output 0 is a background class."""

from __future__ import annotations

from collections.abc import Sequence

from accubench.errors import LabelError
from accubench.labels import fitted_to_outputs, is_background
from accubench.records.class_names import ClassNames

__all__ = ["background_class", "fitting_class_names"]

_IMAGENET_WITH_BACKGROUND = 1001


def background_class(class_count: int, names: ClassNames | None) -> tuple[bool, str]:
    """Whether output 0 is likely a background class, and why.

    >>> background_class(1001, None)
    (True, '1001 outputs: the 1000 classes of ImageNet and, as output 0, a background class')
    """
    if names is not None:
        first = names.names[0]
        return is_background(first), f"the first label is '{first}' ({names.origin})"
    if class_count == _IMAGENET_WITH_BACKGROUND:
        return True, "1001 outputs: the 1000 classes of ImageNet and, as output 0, a background class"
    return False, f"{class_count} classes, and no labels that name a background class"


def fitting_class_names(
    candidates: Sequence[ClassNames], class_count: int
) -> tuple[ClassNames | None, tuple[str, ...]]:
    """The first of several lists of names that has one for every class, and notes on those passed over before it."""
    notes: list[str] = []
    for candidate in candidates:
        try:
            return fitted_to_outputs(candidate, class_count, background_class=False), tuple(notes)
        except LabelError:
            notes.append(
                f"The labels of {candidate.origin} are ignored: they name {len(candidate)} classes, "
                f"the model has {class_count}."
            )
    return None, tuple(notes)
