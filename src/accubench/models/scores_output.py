"""Which output of a model holds the class scores, and for how many classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from accubench.errors import UnsupportedModelError, UsageError
from accubench.models.shapes import dtype_name, shape_of, tensor_name

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["ScoresOutput", "choose_scores_output", "scores_per_image"]

_SCORE_DTYPES = {"float32", "float16", "float64", "bfloat16", "uint8", "int8"}
_MOST_AXES = 4


class ScoresOutput(NamedTuple):
    """The output that holds class scores."""

    end: ov.Output
    scores: int
    """Numbers per image; 1 where one number stands for two classes."""


def choose_scores_output(path: Path, model: ov.Model, name: str | None) -> ScoresOutput:
    """Choose the output with one score per class.

    Args:
        path: The model, for messages.
        model: Its input has batch 1 where that is possible.
        name: The output that the caller named; any of its names.

    Raises:
        UsageError: There is no output of that name.
        UnsupportedModelError: No output holds class scores, or several do and none was named.
    """
    if name is not None:
        named = next((end for end in model.outputs if name in end.names), None)
        if named is None:
            raise UsageError(f"{path} has no output '{name}'. Its outputs are: {_listed(model.outputs)}.")
        count = _scores(named)
        if count is None:
            raise UnsupportedModelError(f"Output '{name}' of {path} holds no class scores: {_why_not(named)}")
        return ScoresOutput(named, count)
    counted = [ScoresOutput(end, count) for end in model.outputs if (count := _scores(end)) is not None]
    several_classes = [one for one in counted if one.scores >= 2]
    fitting = several_classes or counted
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UnsupportedModelError(
            f"Several outputs of {path} could be the class scores: {_listed([one.end for one in fitting])}. "
            "Name the one that is meant: --output NAME (in Python scores_output='NAME')."
        )
    if not model.outputs:
        raise UnsupportedModelError(f"{path} has no output.")
    reasons = " ".join(f"Output '{tensor_name(end)}': {_why_not(end)}" for end in model.outputs)
    raise UnsupportedModelError(
        f"No output of {path} holds class scores. {reasons} AccuBench evaluates image classifiers, whose output is one "
        "score per class: shape [1, classes]."
    )


def scores_per_image(shape: tuple[int | None, ...] | None) -> int | None:
    """How many scores an output of this shape gives for one image; None where it is no row of scores.

    >>> scores_per_image((1, 1000)), scores_per_image((1, 1, 1, 10)), scores_per_image((1, 21, 64, 64))
    (1000, 10, None)
    """
    if shape is None or not 2 <= len(shape) <= _MOST_AXES or shape[0] not in {1, None}:
        return None
    wide = [size for size in shape[1:] if size != 1]
    return 1 if not wide else wide[0] if len(wide) == 1 else None


def _scores(end: ov.Output) -> int | None:
    return scores_per_image(shape_of(end)) if dtype_name(end.get_element_type()) in _SCORE_DTYPES else None


def _why_not(end: ov.Output) -> str:
    """A sentence on why an output is no row of class scores."""
    shape, dtype = shape_of(end), dtype_name(end.get_element_type())
    if dtype not in _SCORE_DTYPES:
        return f"it is {dtype}, which are class ids or indices, not scores (export the model without its ArgMax)."
    if shape is None or None in shape[1:]:
        return "its shape is open; give the height and width of the input (input_size_hw) or export a fixed size."
    if shape[:1] != (1,):
        return f"its shape {list(shape)} does not start with the batch of 1."
    if len(shape) == 4 and shape[2] != 1 and 1 not in {shape[1], shape[3]}:
        return f"its shape {list(shape)} is a map, as segmentation and feature extraction give it."
    if len(shape) >= 3:
        return f"its shape {list(shape)} is a list of rows, as object detection gives it."
    return f"its shape {list(shape)} is no row of scores."


def _listed(ends: list[ov.Output]) -> str:
    return ", ".join(
        f"'{tensor_name(end)}' {end.get_partial_shape()} {dtype_name(end.get_element_type())}" for end in ends
    )
