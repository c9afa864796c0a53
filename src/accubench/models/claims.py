"""Collecting what metadata says: each value checked, each with its origin, odd ones noted and left out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from accubench.records.accuracy_configuration import OPENCV_INTERPOLATIONS, PILLOW_INTERPOLATIONS
from accubench.records.model import ModelMetadata

__all__ = [
    "MISSTATED",
    "Claims",
    "combine_metadata",
    "in_pixels",
    "json_or_text",
    "names_by_id",
    "numbers",
    "size_pair",
    "truth",
]

_GROUPS = (
    ("color", "mean", "scale"),  # mean and scale are in the channel order of color: never mixed between sources
    ("size_hw",),
    (
        "resize_mode", "resize_size", "resize_library", "interpolation", "crop_fraction", "crop_first", "crop_rounding",
        "letterbox_fill",
    ),
)  # fmt: skip
_LARGEST_SIDE = 65_535
_LONGEST_SHOWN = 100
_LONGEST_REASON = 300
_INTERPOLATIONS = {*OPENCV_INTERPOLATIONS, *PILLOW_INTERPOLATIONS}

MISSTATED = (ValueError, TypeError, KeyError, ArithmeticError)
"""What reading a value raises where it is not what it should be; infinite numbers overflow."""


class Claims:
    """The values that one source states, under construction.

    >>> claims = Claims()
    >>> claims.state("mean", "104,117,123", numbers, "onnx metadata 'mean'")
    >>> claims.state("scale", "none", numbers, "onnx metadata 'scale'")
    >>> claims.metadata().mean
    (104.0, 117.0, 123.0)
    >>> claims.notes
    ["onnx metadata 'scale' is not understood and ignored: 'none' is no list of numbers."]
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._origins: dict[str, str] = {}
        self.notes: list[str] = []

    def state(self, field: str, raw: Any, parse: Callable[[Any], Any], origin: str) -> None:
        """Take a value that stands in a file: parse it, check it, keep it with its origin, or note why not.

        Args:
            field: Name of a field of `ModelMetadata`.
            raw: The value as it stands; None is no statement.
            parse: Turns `raw` into the field's value; raises one of `MISSTATED` where it cannot.
            origin: Where it stands, e.g. ``onnx metadata 'mean'``.
        """
        if raw is None:
            return
        try:
            value = parse(raw)
            _check(field, value)
            self._values[field] = getattr(ModelMetadata.model_validate({field: value}), field)
            self._origins[field] = origin
        except ValidationError as error:
            self.ignore(origin, str(error.errors()[0]["msg"]))
        except KeyError:
            self.ignore(origin, f"{_shortened(raw)} is not known")
        except MISSTATED as error:
            self.ignore(origin, str(error))

    def set(self, field: str, value: Any, origin: str) -> None:
        """Take a value that needs no parsing."""
        self.state(field, value, lambda same: same, origin)

    def ignore(self, origin: str, reason: str) -> None:
        """Note that something was not understood."""
        self.notes.append(f"{origin} is not understood and ignored: {_cut(reason.rstrip('.'), _LONGEST_REASON)}.")

    def metadata(self) -> ModelMetadata:
        """Everything that was stated."""
        return ModelMetadata.model_validate({**self._values, "origins": self._origins})


def combine_metadata(sources: Iterable[ModelMetadata]) -> ModelMetadata:
    """One statement out of several: each group of values comes whole from the first source that says any of it.

    The groups are colour with mean and scale, the input's size, and the geometry before it.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    stated = list(sources)
    for group in _GROUPS:
        source = next((one for one in stated if any(field in one.origins for field in group)), None)
        for field in group:
            if source is not None and field in source.origins:
                values[field] = getattr(source, field)
                origins[field] = source.origins[field]
    return ModelMetadata.model_validate({**values, "origins": origins})


def numbers(raw: Any) -> tuple[float, ...]:
    """Numbers from a JSON list, one number, or text with commas or blanks between them.

    >>> numbers("[0.5, 1]"), numbers("123.675 116.28 103.53"), numbers(2)
    ((0.5, 1.0), (123.675, 116.28, 103.53), (2.0,))
    """
    if isinstance(raw, bool):
        raise TypeError(f"{raw} is no number")
    if isinstance(raw, int | float):
        parts: Sequence[Any] = [raw]
    elif isinstance(raw, str):
        parts = [part for part in re.split(r"[\s,;]+", raw.strip().strip("[]()")) if part]
    elif isinstance(raw, Sequence):
        parts = raw
    else:
        raise TypeError(f"{_shortened(raw)} is no list of numbers")
    try:
        values = tuple(float(part) for part in parts)
    except MISSTATED as error:
        raise ValueError(f"{_shortened(raw)} is no list of numbers") from error
    if not values or not all(math.isfinite(value) for value in values):
        raise ValueError(f"{_shortened(raw)} is no list of finite numbers")
    return values


def in_pixels(raw: Any) -> tuple[float, ...]:
    """Numbers for pixels of 0 to 1 as numbers for pixels of 0 to 255, without the noise of binary fractions.

    >>> in_pixels([0.485, 0.224])
    (123.675, 57.12)
    """
    return tuple(round(255 * one, 9) for one in numbers(raw))


def size_pair(raw: Any) -> tuple[int, int]:
    """Height and width in pixels from ``224``, ``[224, 224]``, ``[3, 224, 224]`` or ``1,3,224,224``.

    >>> size_pair("[3, 192, 224]"), size_pair(224)
    ((192, 224), (224, 224))
    """
    values = numbers(raw)
    if len(values) > 4 or any(value != int(value) for value in values):
        raise ValueError(f"{_shortened(raw)} is no height and width")
    whole = [int(value) for value in values]
    if len(whole) in {3, 4} and whole[-1] in {1, 3, 4} and whole[-3] not in {1, 3, 4}:
        whole = whole[:-1]  # height, width, channels
    return (whole[0], whole[0]) if len(whole) == 1 else (whole[-2], whole[-1])


def truth(raw: Any) -> bool:
    """True or False from a JSON value or from the words that tools write.

    >>> truth("YES"), truth(False)
    (True, False)
    """
    word = str(raw).strip().lower()
    if word in {"true", "yes", "1", "on"}:
        return True
    if word in {"false", "no", "0", "off", "none", ""}:
        return False
    raise ValueError(f"{_shortened(raw)} is neither true nor false")


def json_or_text(raw: str) -> Any:
    """The JSON value that a text holds, or the text itself.

    >>> json_or_text('"BGR"'), json_or_text("BGR")
    ('BGR', 'BGR')
    """
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw


def names_by_id(names: Mapping[Any, Any]) -> tuple[str, ...]:
    """Names in the order of ids that must run from 0 without a gap.

    >>> names_by_id({"1": "dog", "0": "cat"})
    ('cat', 'dog')
    """
    by_id = {int(class_id): str(name) for class_id, name in names.items()}
    if sorted(by_id) != list(range(len(names))) or not by_id:
        raise ValueError("its ids do not run from 0 without a gap")
    return tuple(by_id[class_id] for class_id in range(len(by_id)))


def _shortened(raw: Any) -> str:
    return _cut(repr(raw), _LONGEST_SHOWN)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _check(field: str, value: Any) -> None:
    if field in {"mean", "scale"}:
        if len(value) not in {1, 3, 4}:
            raise ValueError(f"{list(value)} is not one number, or one per channel")
        if field == "scale" and 0 in value:
            raise ValueError("a scale of 0 cannot divide")
    elif field in {"size_hw", "resize_size"}:
        sides = value if isinstance(value, tuple) else (value,)
        if not all(1 <= side <= _LARGEST_SIDE for side in sides):
            raise ValueError(f"{value} is no size in pixels")
    elif field == "crop_fraction" and not 0 < value <= 1:
        raise ValueError(f"{value} is no share between 0 and 1")
    elif field == "letterbox_fill" and not 0 <= value <= 255:
        raise ValueError(f"{value} is no grey value")
    elif field == "interpolation" and value not in _INTERPOLATIONS:
        raise ValueError(f"{value!r} is no interpolation we know")
