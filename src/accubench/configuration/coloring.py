"""Which colours a model takes and how its pixels are normalised: what the metadata says, else what the preset does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from accubench.configuration.drafting import Draft, Evidence, Sourced
from accubench.records.model import Quantization

__all__ = ["add_normalization", "color_of"]


class _Normalization(NamedTuple):
    """Mean and scale, each a tuple of one number or of one per channel."""

    mean: Sourced
    scale: Sourced


def color_of(draft: Draft, evidence: Evidence) -> Sourced:
    """The order of colours to decode to; the number of channels of the input has the last word."""
    channels = evidence.description.input.channels
    stated = evidence.said("color")
    if channels == 1:
        if stated is not None and stated.value != "gray":
            draft.notes.append(
                f"The metadata says {stated.value} ({stated.origin}), but the input has one channel: gray."
            )
        return Sourced("gray", "the model's input has one channel")
    if stated is not None and stated.value == "gray" and channels is not None:
        color = evidence.preset.color
        draft.notes.append(
            f"The metadata says gray ({stated.origin}), but the input has {channels} channels: {color} is used."
        )
        return evidence.of_preset("color")
    return stated or evidence.of_preset("color")


def add_normalization(draft: Draft, evidence: Evidence, color: Sourced) -> bool:
    """Append the normalisation, or a note why there is none.

    Returns:
        True where nothing but the preset decided it.
    """
    description = evidence.description
    stated = evidence.said("mean") is not None or evidence.said("scale") is not None
    if description.preprocessing_in_graph and _leave_to_graph(draft, evidence):
        return False
    integer = "int" in description.input.dtype
    if integer and not stated:
        dtype = description.input.dtype
        draft.notes.append(f"The model's input is {dtype}: pixels go in as they are, nothing is normalised before it.")
        return False
    values = _stated(draft, evidence, color) if stated else _of_preset(evidence, color)
    if values is None or (integer and _leave_to_quantization(draft, evidence, values)):
        return not stated
    if any(values.mean.value) or any(number != 1 for number in values.scale.value):
        draft.add_step("normalize", mean=_as_written(values.mean), scale=_as_written(values.scale))
    elif stated:
        draft.notes.append(f"Pixels stay 0 to 255: mean 0 and scale 1 ({values.mean.origin}).")
    return not stated


def _leave_to_graph(draft: Draft, evidence: Evidence) -> bool:
    """Note what the graph does to its input; true where that is arithmetic, so that nothing may be done before it."""
    doing = evidence.description.preprocessing_in_graph
    if not evidence.description.normalization_in_graph:
        draft.notes.append(f"{' '.join(doing)} The configuration prepares the image before that.")
        return False
    draft.notes.append(f"Nothing is normalised before the model, because its graph does it. {' '.join(doing)}")
    return True


def _stated(draft: Draft, evidence: Evidence, color: Sourced) -> _Normalization:
    """Mean and scale of the metadata; the one it does not give is neutral, for a habit would not fit the other."""
    mean, scale = evidence.said("mean"), evidence.said("scale")
    if mean is None:
        mean = Sourced((0.0,), f"not given beside the scale ({scale.origin if scale else ''})")
    if scale is None:
        scale = Sourced((1.0,), f"not given beside the mean ({mean.origin})")
    if color.value == "gray" and max(len(mean.value), len(scale.value)) > 1:
        draft.notes.append(
            f"The metadata has mean {list(mean.value)} and scale {list(scale.value)} for an input of one channel: "
            "their averages are used."
        )
        return _Normalization(_averaged(mean), _averaged(scale))
    order = evidence.metadata.color or evidence.preset.color
    return _Normalization(_turned(mean, order, color.value), _turned(scale, order, color.value))


def _of_preset(evidence: Evidence, color: Sourced) -> _Normalization | None:
    preset = evidence.preset
    if preset.mean is None or preset.scale is None:
        return None
    mean, scale = evidence.of_preset("mean"), evidence.of_preset("scale")
    if color.value == "gray" and len(preset.mean) > 1:
        if preset.gray_scale is None:
            return None
        return _Normalization(Sourced((0.0,), mean.origin), Sourced((preset.gray_scale,), scale.origin))
    return _Normalization(_turned(mean, preset.color, color.value), _turned(scale, preset.color, color.value))


def _averaged(values: Sourced) -> Sourced:
    if len(values.value) == 1:
        return values
    return Sourced((sum(values.value) / len(values.value),), f"the average of {values.origin}")


def _turned(values: Sourced, order: str, wanted: str) -> Sourced:
    """Three values turned from RGB to BGR or back."""
    if {order, wanted} != {"RGB", "BGR"} or len(values.value) != 3 or len(set(values.value)) == 1:
        return values
    return Sourced(values.value[::-1], f"{values.origin}, turned to {wanted}")


def _leave_to_quantization(draft: Draft, evidence: Evidence, values: _Normalization) -> bool:
    """True, with a note, where pixels themselves are the integers that the model wants.

    The metadata of quantised models often describes the float model they were made from: its normalisation and the
    quantisation of the input then cancel out but for rounding.
    """
    quantization, dtype = evidence.description.input.quantization, evidence.description.input.dtype
    if quantization is None:
        why = f"without a quantisation that says what its integers mean, {values.mean.origin} cannot be applied"
    elif _cancels_out(quantization, values, dtype):
        why = f"{values.mean.origin} and the input's quantisation cancel out"
    else:
        return False
    draft.notes.append(f"The model's input is {dtype}: pixels go in as they are; {why}.")
    return True


def _cancels_out(quantization: Quantization, values: _Normalization, dtype: str) -> bool:
    """Whether (pixel - mean) / scale, quantised, is the pixel again; for int8 inputs the pixel less 128."""
    channels = max(len(values.mean.value), len(values.scale.value))
    if not {len(values.mean.value), len(values.scale.value)} <= {1, channels}:
        return False
    means, scales = _per_channel(values.mean.value, channels), _per_channel(values.scale.value, channels)
    shift = 128 if dtype == "int8" else 0
    differences = [
        (pixel - mean) / scale / quantization.scale + quantization.zero_point - (pixel - shift)
        for pixel in (0, 255)
        for mean, scale in zip(means, scales, strict=True)
    ]
    return all(abs(difference) <= 1.5 for difference in differences)


def _per_channel(values: Sequence[float], channels: int) -> list[float]:
    return list(values) * channels if len(values) == 1 else list(values)


def _as_written(values: Sourced) -> Sourced:
    """One number where there is only one."""
    return Sourced(values.value[0] if len(values.value) == 1 else list(values.value), values.origin)
