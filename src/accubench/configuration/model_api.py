"""What OpenVINO's Model API is to know of a classifier: the values of ``rt_info/model_info``.

Its pipelines start from an image in BGR order, resize it, exchange the colours where the model takes RGB, subtract
``mean_values`` and divide by ``scale_values``.
Keys and meanings are those of https://github.com/open-edge-platform/model_api; a step that they cannot say exactly is
left out, for a wrong value is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence

from accubench.records.accuracy_configuration import (
    AccuracyConfiguration,
    Crop,
    CropStep,
    NormalizeStep,
    Resize,
    ResizeStep,
)
from accubench.records.class_names import ClassNames

__all__ = ["model_api_info"]

_INTERPOLATIONS = {"bilinear": "LINEAR", "bicubic": "CUBIC", "nearest": "NEAREST"}


def model_api_info(configuration: AccuracyConfiguration, names: ClassNames | None, *, layout: str) -> dict[str, str]:
    """The entries of ``model_info`` for a classifier.

    Args:
        configuration: How images become its input.
        names: Names of its outputs, where they are known; a blank in a name is written as an underscore.
        layout: Of its input, ``NCHW`` or ``NHWC``.

    >>> steps = [{"decode": {}}, {"resize": {"size": 8}}, {"normalize": {"mean": 127.5, "scale": 127.5}}]
    >>> entries = model_api_info(AccuracyConfiguration(preprocessing=steps), None, layout="NCHW")
    >>> entries["resize_type"], entries["reverse_input_channels"], entries["mean_values"]
    ('standard', 'True', '127.5 127.5 127.5')
    """
    entries = {"model_type": "Classification", "layout": layout, **_geometry(configuration)}
    channels = 1 if configuration.decode.color == "gray" else 3
    if channels == 3:
        entries["reverse_input_channels"] = str(configuration.decode.color == "RGB")
    mean, scale = _arithmetic(configuration, channels)
    entries["mean_values"] = _text(mean)
    entries["scale_values"] = _text(scale)
    if names is not None:
        entries["labels"] = " ".join("_".join(name.split()) or "_" for name in names.names)
    return entries


def _arithmetic(configuration: AccuracyConfiguration, channels: int) -> tuple[list[float], list[float]]:
    """Mean and scale per channel that all normalize steps together amount to."""
    mean, scale = [0.0] * channels, [1.0] * channels
    for step in configuration.preprocessing:
        if isinstance(step, NormalizeStep):
            means = _per_channel(step.normalize.mean, channels)
            scales = _per_channel(step.normalize.scale, channels)
            mean = [before + factor * value for before, factor, value in zip(mean, scale, means, strict=True)]
            scale = [factor * value for factor, value in zip(scale, scales, strict=True)]
    return mean, scale


def _per_channel(values: float | tuple[float, ...], channels: int) -> tuple[float, ...]:
    listed = values if isinstance(values, tuple) else (values,)
    return listed if len(listed) == channels else listed * channels


def _geometry(configuration: AccuracyConfiguration) -> dict[str, str]:
    steps = [
        step.resize if isinstance(step, ResizeStep) else step.crop
        for step in configuration.preprocessing
        if isinstance(step, ResizeStep | CropStep)
    ]
    resize, rest = (steps[0], steps[1:]) if steps else (None, [])
    if not isinstance(resize, Resize):
        return {}
    entries = _resize_type(resize, rest)
    if entries and resize.library == "opencv" and resize.interpolation in _INTERPOLATIONS:
        entries["interpolation_type"] = _INTERPOLATIONS[resize.interpolation]
    return entries


def _resize_type(resize: Resize, rest: Sequence[Resize | Crop]) -> dict[str, str]:
    if not rest and resize.mode == "stretch":
        return {"resize_type": "standard"}
    if not rest and resize.mode == "letterbox":
        return {"resize_type": "fit_to_window_letterbox", "pad_value": str(resize.fill)}
    is_square = resize.mode == "shorter_side" and len(rest) == 1 and rest[0].size_hw == resize.size_hw
    # The largest centred square, then a stretch: what a shorter side's resize and a crop of its size come to.
    return {"resize_type": "crop"} if is_square else {}


def _text(values: list[float]) -> str:
    return " ".join(f"{value:g}" if float(f"{value:g}") == value else repr(value) for value in values)
