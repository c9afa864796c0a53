"""What is expected of each value, in words for the person who wrote the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args, get_origin

from accubench.configuration.leaves import rendered
from accubench.records.accuracy_configuration import (
    AccuracyConfiguration,
    Annotations,
    Crop,
    Decode,
    Metrics,
    Normalize,
    Outputs,
    Resize,
)
from accubench.records.base import Record

__all__ = ["EXPECTATIONS", "SECTIONS", "STEPS", "Expectation", "closest", "home_of", "remedy_for", "shown"]

STEPS: dict[str, type[Record]] = {"decode": Decode, "resize": Resize, "crop": Crop, "normalize": Normalize}
"""The steps of ``preprocessing`` and their records."""

SECTIONS: dict[str, type[Record]] = {**STEPS, "outputs": Outputs, "annotations": Annotations, "metrics": Metrics}
"""Everything that has options of its own, and their records."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a value must be."""

    words: str
    """Completes "expected …"."""
    example: Any
    """A value that is right."""
    choices: tuple[str, ...] = ()
    """All right values, where they can be listed."""


_SIZE = "a whole number of pixels from 1 to 65535, or [height, width]"
_PER_CHANNEL = "a number, or a list with one number per channel such as [104, 117, 123]"

_EXPECTED: dict[str, tuple[str, Any]] = {
    "resize.size": (_SIZE, 224),
    "resize.fill": ("a whole number from 0 to 255", 0),
    "crop.size": (_SIZE, 224),
    "crop.fraction": ("a number above 0, and 1 at most, such as 0.875", 0.875),
    "normalize.mean": (_PER_CHANNEL, [104, 117, 123]),
    "normalize.scale": (f"{_PER_CHANNEL}, none of them 0", 1),
    "outputs.name": ("the name of an output, as text", "prob"),
    "annotations.offset": ("a whole number", 1),
    "annotations.map": ("the model's output for each id of the dataset, such as {0: 1, 1: 5}", {0: 1, 1: 5}),
    "annotations.valid_labels": ("true or false", True),
    "metrics.top_k": ("a list of whole numbers from 1 up, such as [1, 5]", [1, 5]),
    "metrics.per_class": ("true or false", True),
    "metrics.calibration_bins": ("a whole number from 2 to 100", 15),
}


def _expectations() -> dict[str, Expectation]:
    found: dict[str, Expectation] = {}
    for section, record in SECTIONS.items():
        for name, field in record.model_fields.items():
            if get_origin(field.annotation) is Literal:
                choices = cast("tuple[str, ...]", get_args(field.annotation))
                found[f"{section}.{name}"] = Expectation(f"one of {', '.join(choices)}", field.default, choices)
            else:
                found[f"{section}.{name}"] = Expectation(*_EXPECTED[f"{section}.{name}"])
    return found


EXPECTATIONS = _expectations()
"""By section and key, such as ``resize.size``; every value of the records has an entry."""

_OTHER_WORDS = {
    "std": "scale",
    "stddev": "scale",
    "mean_values": "mean",
    "scale_values": "scale",
    "colour": "color",
    "color_space": "color",
    "channel_order": "color",
    "height": "size",
    "width": "size",
    "shape": "size",
    "filter": "interpolation",
    "backend": "library",
    "keep_ratio": "mode",
    "crop_pct": "fraction",
    "pad_value": "fill",
    "center_crop": "crop",
    "centre_crop": "crop",
    "normalise": "normalize",
    "normalization": "normalize",
    "steps": "preprocessing",
    "bins": "calibration_bins",
    "k": "top_k",
    "linear": "bilinear",
    "cubic": "bicubic",
    "antialias": "bilinear",
    "grey": "gray",
    "grayscale": "gray",
    "greyscale": "gray",
    "cv2": "opencv",
    "pil": "pillow",
    "squash": "stretch",
    "exact": "stretch",
    "shortest_edge": "shorter_side",
    "shorter": "shorter_side",
    "pad": "letterbox",
    "fit": "letterbox",
    "softmax": "probabilities",
    "round": "half_even",
}
"""What other tools call the same thing; used where the right-hand word is on offer."""


def closest(word: str, offered: Iterable[str]) -> str | None:
    """The word on offer that was probably meant, or None.

    >>> closest("interpolaton", ["size", "interpolation"]), closest("std", ["mean", "scale"]), closest("x", ["size"])
    ('interpolation', 'scale', None)
    """
    by_lower = {choice.lower(): choice for choice in offered}
    wanted = word.lower().strip().replace("-", "_").replace(" ", "_")
    if wanted in by_lower:
        return by_lower[wanted]
    if (other := _OTHER_WORDS.get(wanted)) in by_lower:
        return other
    matches = difflib.get_close_matches(wanted[:60], by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def home_of(key: str) -> str | None:
    """The one section whose option a misplaced key is, or None.

    >>> home_of("top_k"), home_of("size")
    ('metrics', None)
    """
    homes = [section for section, record in SECTIONS.items() if key in record.model_fields]
    if key in AccuracyConfiguration.model_fields or len(homes) != 1:
        return None
    return homes[0]


def shown(value: Any) -> str:
    """A found value in a few words.

    >>> shown("256"), shown(None), shown([1, "a"]), shown(True)
    ("the text '256'", 'empty', '[1, a]', 'true')
    """
    if value is None:
        return "empty"
    if isinstance(value, str):
        return f"the text '{_one_line(value)}'"
    if isinstance(value, float):
        return repr(value)
    return _one_line(rendered(value))


def _one_line(text: str) -> str:
    line = "".join(character if character.isprintable() else "�" for character in text)
    return line if len(line) <= 60 else f"{line[:60]}…"


def remedy_for(field: str, value: Any) -> str | None:
    """What to try about a wrong value; None where the expectation says enough.

    Args:
        field: Section and key, such as ``crop.fraction``.
        value: What was found there, or one item of it.
    """
    expected = EXPECTATIONS[field]
    if expected.choices:
        guess = closest(value, expected.choices) if isinstance(value, str) else None
        return f"Did you mean '{guess}'?" if guess else None
    if isinstance(value, str):
        return _remedy_for_text(field, value)
    if field == "crop.fraction" and isinstance(value, int | float) and 1 < value <= 100:
        return f"It is a share, not per cent: {value / 100:g}."
    if field == "metrics.top_k" and type(value) is int and value > 0:
        return f"Write [{value}]."
    if isinstance(value, float) and value.is_integer() and field.split(".")[1] in {"size", "fill", "offset"}:
        return f"Write {int(value)}."
    return None


def _remedy_for_text(field: str, value: str) -> str | None:
    if value.replace(".", "", 1).replace("-", "", 1).isdecimal():
        return "Remove the quotes."
    if field.endswith(".size") and all(side.strip().isdecimal() for side in value.lower().split("x")):
        return f"Write [{', '.join(side.strip() for side in value.lower().split('x'))}]: height first."
    if field == "metrics.per_class" and value.lower() in {"yes", "no", "on", "off", "y", "n"}:
        return f"Write {'true' if value.lower() in {'yes', 'on', 'y'} else 'false'}."
    return None
