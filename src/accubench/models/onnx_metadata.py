"""What metadata inside of a model file says: our own keys, those of Ultralytics and those of OpenVINO's Model API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accubench.models.claims import Claims, combine_metadata, json_or_text, numbers, size_pair, truth
from accubench.models.contract import StatedFacts
from accubench.models.model_info import model_info_facts
from accubench.models.ultralytics import ultralytics_facts
from accubench.records.class_names import ClassNames

__all__ = ["metadata_facts", "onnx_facts"]

_MODEL_API_PREFIX = "model_info "
_COLORS = {"RGB": "RGB", "BGR": "BGR", "GRAY": "gray", "GREY": "gray"}


def onnx_facts(entries: Mapping[str, str]) -> StatedFacts:
    """Read the metadata entries of an ONNX file; see `metadata_facts`."""
    return metadata_facts(entries, source="onnx metadata")


def metadata_facts(entries: Mapping[str, str], *, source: str) -> StatedFacts:
    """Read metadata entries of a model file.

    Our keys, each JSON or text, in pixels of 0 to 255: ``mean``, ``scale``, ``color``, ``input_size``, ``resize_mode``,
    ``resize_size``, ``resize_library``, ``interpolation``, ``crop_fraction``, ``crop_first``, ``crop_rounding``,
    ``letterbox_fill`` and ``labels`` (a JSON list).
    Ultralytics writes its own, which `ultralytics_facts` reads.
    Model API writes ``model_info mean_values`` and so on.

    Args:
        entries: Texts by key.
        source: How to call the place in origins, e.g. ``onnx metadata``.
    """
    claims = Claims()
    _own_keys(claims, entries, source)
    model_api = {
        key.removeprefix(_MODEL_API_PREFIX): text for key, text in entries.items() if key.startswith(_MODEL_API_PREFIX)
    }
    names = _class_names(claims, entries, source)
    own = StatedFacts(metadata=claims.metadata(), class_names=names, notes=tuple(claims.notes))
    further, _ = model_info_facts(model_api, origin=f"{source} 'model_info'")
    sources = (own, ultralytics_facts(entries, origin=source), further)
    return StatedFacts(
        metadata=combine_metadata(one.metadata for one in sources),
        class_names=next((one.class_names for one in sources if one.class_names), None),
        notes=tuple(note for one in sources for note in one.notes),
    )


def _own_keys(claims: Claims, entries: Mapping[str, str], source: str) -> None:
    parsers = {
        "mean": numbers,
        "scale": numbers,
        "color": lambda raw: _COLORS[str(raw).upper()],
        "resize_mode": str,
        "resize_size": _one_or_pair,
        "resize_library": str,
        "interpolation": str,
        "crop_fraction": float,
        "crop_first": truth,
        "crop_rounding": str,
        "letterbox_fill": int,
    }
    for key, parse in parsers.items():
        if key in entries:
            claims.state(key, json_or_text(entries[key]), parse, _origin(source, key))
    if "input_size" in entries:
        claims.state("size_hw", json_or_text(entries["input_size"]), size_pair, _origin(source, "input_size"))


def _class_names(claims: Claims, entries: Mapping[str, str], source: str) -> ClassNames | None:
    if "labels" not in entries:
        return None
    place = _origin(source, "labels")
    try:
        return ClassNames(names=_label_list(entries["labels"]), origin=place)
    except ValueError as error:
        claims.ignore(place, str(error))
        return None


def _label_list(text: str) -> tuple[str, ...]:
    labels = json_or_text(text)
    if isinstance(labels, str):
        labels = [part.strip() for part in labels.split(",")]
    if not isinstance(labels, list) or not labels:
        raise ValueError("it is no list of names")
    return tuple(str(label) for label in labels)


def _one_or_pair(raw: Any) -> int | tuple[int, int]:
    values = numbers(raw)
    return int(values[0]) if len(values) == 1 else size_pair(raw)


def _origin(source: str, key: str) -> str:
    return f"{source} '{key}'"
