"""What OpenVINO's Model API keeps in a model: the keys below ``rt_info/model_info``.

The keys are described at https://docs.openvino.ai and in the Model API's own documentation.
Its pipelines start from an image in BGR order, so ``reverse_input_channels`` means that the model takes RGB.
"""

from __future__ import annotations

from collections.abc import Mapping

from accubench.models.claims import Claims, numbers, size_pair, truth
from accubench.models.contract import StatedFacts
from accubench.records.class_names import ClassNames

__all__ = ["model_info_facts"]


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
