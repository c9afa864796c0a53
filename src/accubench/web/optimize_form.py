"""The form of an optimisation as it was filled in, and what it means."""

from __future__ import annotations

import math
from typing import Annotated, Any, get_args

from pydantic import BaseModel, Field

from accubench.errors import UsageError
from accubench.records.quantization import (
    AccuracyGoal,
    DropType,
    QuantizationMethod,
    QuantizationPreset,
    QuantizationSettings,
)

__all__ = ["OptimizeForm", "read_settings", "read_share"]

_LARGEST_SUBSET = 1_000_000
_MOST_LAYERS, _LONGEST_LAYER = 1000, 500

Short = Annotated[str, Field(max_length=300)]


class OptimizeForm(BaseModel):
    """Every field as text, so that the page can show again what was typed."""

    method: Short = "default"
    max_drop: Short = "1"
    drop_type: Short = "absolute"
    preset: Short = "performance"
    dataset_id: Short = ""
    subset_size: Short = "300"
    ignored_layers: Annotated[str, Field(max_length=100_000)] = ""
    """Friendly names, one a line."""
    configuration: Short = "inferred"
    name: Short = ""


def read_settings(form: OptimizeForm, *, reason: str, annotated: bool) -> QuantizationSettings:
    """What is asked of NNCF.

    Args:
        form: As it was filled in.
        reason: Why the model cannot be optimised at all; empty where it can.
        annotated: Whether accuracy can be measured.

    Raises:
        UsageError: A field does not fit; the sentence says which and what would.
    """
    if reason:
        raise UsageError(reason)
    method: QuantizationMethod = _one_of(form.method, get_args(QuantizationMethod), "The method")
    preset: QuantizationPreset = _one_of(form.preset, get_args(QuantizationPreset), "The preset")
    if method == "accuracy_aware" and not annotated:
        raise UsageError("The method AccuracyAware needs an annotated dataset. Choose Default.")
    goal = None
    if method == "accuracy_aware":
        drop_type: DropType = _one_of(form.drop_type, get_args(DropType), "The unit of the drop")
        goal = AccuracyGoal(max_drop=read_share(form.max_drop, "The maximum drop"), drop_type=drop_type)
    return QuantizationSettings(
        preset=preset, subset_size=_size(form.subset_size), ignored_layers=_layers(form.ignored_layers), goal=goal
    )


def read_share(text: str, what: str) -> float:
    """Points or percent as people type them, as a share: ``1`` and ``1,0`` mean 0.01.

    Args:
        text: What was typed.
        what: Begins the sentence of the error.

    Raises:
        UsageError: It is no number above 0 and below 100.
    """
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not 0 < number < 100:
        raise UsageError(f"{what} must be a number above 0 and below 100, such as 1 or 0.5, not '{text.strip()}'.")
    return number / 100


def _size(text: str) -> int:
    try:
        size = int(text.strip())
    except ValueError:
        size = 0
    if not 0 < size <= _LARGEST_SUBSET:
        raise UsageError(f"The subset size must be a whole number from 1 to {_LARGEST_SUBSET:,}, not '{text.strip()}'.")
    return size


def _layers(text: str) -> tuple[str, ...]:
    """Names line by line, each once.

    Raises:
        UsageError: There are too many, or one is too long.
    """
    names = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if len(names) > _MOST_LAYERS or any(len(name) > _LONGEST_LAYER for name in names):
        raise UsageError(
            f"At most {_MOST_LAYERS:,} layers can be ignored, with names of at most {_LONGEST_LAYER} letters."
        )
    return names


def _one_of(text: str, known: tuple[str, ...], what: str) -> Any:
    if text not in known:
        raise UsageError(f"{what} is one of {', '.join(known)}, not '{text}'.")
    return text
