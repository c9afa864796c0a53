"""What OpenVINO's Model API keeps in a model: the keys below ``rt_info/model_info``, read and written.

The keys are described at https://docs.openvino.ai and in the Model API's own documentation.
Its pipelines start from an image in BGR order, so ``reverse_input_channels`` means that the model takes RGB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accubench.models.claims import Claims, numbers, size_pair, truth
from accubench.models.contract import StatedFacts
from accubench.records.accuracy_configuration import (
    AccuracyConfiguration,
    CropStep,
    Normalize,
    NormalizeStep,
    Resize,
    ResizeStep,
    Step,
)
from accubench.records.class_names import ClassNames
from accubench.records.model import ModelDescription

__all__ = ["model_info_entries", "model_info_facts"]


def model_info_facts(entries: Mapping[str, str], *, origin: str) -> tuple[StatedFacts, str | None]:
    """Read the entries of ``model_info``.

    Args:
        entries: Values by key, e.g. ``{"mean_values": "123.675 116.28 103.53"}``.
        origin: How to call the place in origins, e.g. ``model_info``.

    Returns:
        What they say, and the layout of the input where they say one.
    """
    claims = Claims()
    if not _embedded(entries):
        _colours(claims, entries, origin)
        _geometry(claims, entries, origin)
    if "orig_height" in entries and "orig_width" in entries:
        sides = f"{entries['orig_height']},{entries['orig_width']}"
        claims.state("size_hw", sides, size_pair, f"{origin} 'orig_height', 'orig_width'")
    facts = StatedFacts(
        metadata=claims.metadata(), class_names=_class_names(entries, origin), notes=tuple(claims.notes)
    )
    return facts, _layout(entries.get("layout", ""))


def _embedded(entries: Mapping[str, str]) -> bool:
    """True where the graph already does what the entries describe."""
    try:
        return truth(entries.get("embedded_processing", "False"))
    except ValueError:
        return False


def _colours(claims: Claims, entries: Mapping[str, str], origin: str) -> None:
    claims.state(
        "color",
        entries.get("reverse_input_channels"),
        lambda raw: "RGB" if truth(raw) else "BGR",
        f"{origin} 'reverse_input_channels'",
    )
    for field, key in (("mean", "mean_values"), ("scale", "scale_values")):
        if entries.get(key, "").strip("[] ") not in {"", "None"}:
            claims.state(field, entries[key], numbers, f"{origin} '{key}'")


def _geometry(claims: Claims, entries: Mapping[str, str], origin: str) -> None:
    kind = entries.get("resize_type")
    place = f"{origin} 'resize_type'"
    if kind == "standard":
        claims.set("resize_mode", "stretch", place)
    elif kind == "fit_to_window_letterbox":
        claims.set("resize_mode", "letterbox", place)
        claims.state("letterbox_fill", entries.get("pad_value"), lambda raw: int(float(raw)), f"{origin} 'pad_value'")
    elif kind == "crop":
        # The largest centred square, then a stretch: the same region as the shorter side's resize and a crop.
        claims.set("resize_mode", "shorter_side", place)
    elif kind == "fit_to_window":
        claims.ignore(place, "fit_to_window pads to the right and below, which an accuracy configuration cannot say")
    elif kind is not None:
        claims.ignore(place, f"{kind!r} is none of standard, fit_to_window, fit_to_window_letterbox, crop")


def _class_names(entries: Mapping[str, str], origin: str) -> ClassNames | None:
    """Names are separated by blanks; a blank within a name was written as an underscore."""
    names = tuple(name.replace("_", " ") for name in entries.get("labels", "").split())
    return ClassNames(names=names, origin=f"{origin} 'labels'") if names else None


def _layout(text: str) -> str | None:
    """``NCHW`` out of ``NCHW`` or ``image:NCHW``."""
    layout = text.rpartition(":")[2].strip("[] ").replace(",", "").upper()
    return layout if layout in {"NCHW", "NHWC"} else None


def model_info_entries(description: ModelDescription, configuration: AccuracyConfiguration) -> dict[str, str]:
    """The entries of ``model_info`` for a model that is used with an accuracy configuration.

    Only what Model API does in the same way is stated: a stretch to 256 with a crop to 227 has no word there, nor has
    Pillow's resize, and is left out rather than said wrongly.
    Normalisation is stated in the channel order of the model, as Model API computes it.

    Args:
        description: Whose labels and layout are stated.
        configuration: How images become the model's input.
    """
    entries = {"model_type": "Classification", **_labels_entry(description.class_names)}
    layout = description.input.layout
    if layout is not None:
        entries["layout"] = layout
    color = configuration.decode.color
    if color == "gray":  # Model API's images have three channels
        return entries
    entries["reverse_input_channels"] = str(color == "RGB")
    steps = configuration.preprocessing[1:]
    normalizing = [step.normalize for step in steps if isinstance(step, NormalizeStep)]
    geometry = [step for step in steps if not isinstance(step, NormalizeStep)]
    if len(normalizing) == 1 and isinstance(steps[-1], NormalizeStep):
        entries |= _normalization_entries(normalizing[0])
    if len(normalizing) <= 1:
        entries |= _geometry_entries(geometry, description.input.size_hw)
    return entries


def _labels_entry(names: ClassNames | None) -> dict[str, str]:
    if names is None or not all(name.strip() for name in names.names):
        return {}
    return {"labels": " ".join("_".join(name.split()) for name in names.names)}


def _normalization_entries(normalize: Normalize) -> dict[str, str]:
    stated: dict[str, str] = {}
    for key, values, nothing in (("mean_values", normalize.mean, 0.0), ("scale_values", normalize.scale, 1.0)):
        each = values if isinstance(values, tuple) else (values,)
        if any(value != nothing for value in each):
            # Model API takes one value per channel.
            stated[key] = " ".join(repr(value).removesuffix(".0") for value in (each * 3 if len(each) == 1 else each))
    return stated


def _geometry_entries(geometry: Sequence[Step], size_hw: tuple[int, int] | None) -> dict[str, str]:
    """Empty where Model API has no word for these steps."""
    if not geometry or not isinstance(geometry[0], ResizeStep):
        return {}
    resize = geometry[0].resize
    if (resize.library, resize.interpolation) != ("opencv", "bilinear") or resize.size_hw != size_hw:
        return {}
    if len(geometry) == 1 and resize.mode == "stretch":
        return {"resize_type": "standard"}
    if len(geometry) == 1 and resize.mode == "letterbox":
        return {"resize_type": "fit_to_window_letterbox", "pad_value": str(resize.fill)}
    if len(geometry) == 2 and _is_centre_square(resize, geometry[1]):
        return {"resize_type": "crop"}
    return {}


def _is_centre_square(resize: Resize, crop: Step) -> bool:
    return resize.mode == "shorter_side" and isinstance(crop, CropStep) and crop.crop.size_hw == resize.size_hw
