"""What metadata inside of a model file says: our own keys, those of Ultralytics and those of OpenVINO's Model API."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from accubench.models.claims import Claims, combine_metadata, json_or_text, names_by_id, numbers, size_pair, truth
from accubench.models.contract import StatedFacts
from accubench.models.model_info import model_info_facts
from accubench.records.class_names import ClassNames

__all__ = ["metadata_facts", "onnx_facts"]

_MODEL_API_PREFIX = "model_info "
_LONGEST_LITERAL = 1_000_000
_COLORS = {"RGB": "RGB", "BGR": "BGR", "GRAY": "gray", "GREY": "gray"}


def onnx_facts(entries: Mapping[str, str]) -> StatedFacts:
    """Read the metadata entries of an ONNX file; see `metadata_facts`."""
    return metadata_facts(entries, source="onnx metadata")


def metadata_facts(entries: Mapping[str, str], *, source: str) -> StatedFacts:
    """Read metadata entries of a model file.

    Our keys, each JSON or text, in pixels of 0 to 255: ``mean``, ``scale``, ``color``, ``input_size``, ``resize_mode``,
    ``resize_size``, ``resize_library``, ``interpolation``, ``crop_fraction``, ``crop_first``, ``letterbox_fill`` and
    ``labels`` (a JSON list).
    Ultralytics writes ``names`` (a Python dictionary), ``imgsz`` and ``task``.
    Model API writes ``model_info mean_values`` and so on.

    Args:
        entries: Texts by key.
        source: How to call the place in origins, e.g. ``onnx metadata``.
    """
    claims = Claims()
    _own_keys(claims, entries, source)
    _ultralytics_keys(claims, entries, source)
    model_api = {
        key.removeprefix(_MODEL_API_PREFIX): text for key, text in entries.items() if key.startswith(_MODEL_API_PREFIX)
    }
    further, _ = model_info_facts(model_api, origin=f"{source} 'model_info'")
    return StatedFacts(
        metadata=combine_metadata([claims.metadata(), further.metadata]),
        class_names=_class_names(claims, entries, source) or further.class_names,
        notes=(*claims.notes, *further.notes),
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
        "letterbox_fill": int,
    }
    for key, parse in parsers.items():
        if key in entries:
            claims.state(key, json_or_text(entries[key]), parse, _origin(source, key))
    if "input_size" in entries:
        claims.state("size_hw", json_or_text(entries["input_size"]), size_pair, _origin(source, "input_size"))


def _ultralytics_keys(claims: Claims, entries: Mapping[str, str], source: str) -> None:
    if "imgsz" in entries:
        claims.state("size_hw", json_or_text(entries["imgsz"]), size_pair, _origin(source, "imgsz"))
    if entries.get("task") == "classify" and "names" in entries:
        # Ultralytics' classifiers share one recipe: RGB, 0 to 1, shorter side by Pillow, centre crop of the same size.
        origin = f"Ultralytics' recipe for classifiers ({source} 'task')"
        for field, value in {
            "color": "RGB", "mean": (0.0,), "scale": (255.0,),
            "resize_mode": "shorter_side", "resize_library": "pillow", "interpolation": "bilinear",
        }.items():  # fmt: skip
            claims.set(field, value, origin)


def _class_names(claims: Claims, entries: Mapping[str, str], source: str) -> ClassNames | None:
    for key, parse in (("labels", _label_list), ("names", _names_literal)):
        if key in entries:
            try:
                return ClassNames(names=parse(entries[key]), origin=_origin(source, key))
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
                claims.ignore(_origin(source, key), str(error))
    return None


def _label_list(text: str) -> tuple[str, ...]:
    labels = json_or_text(text)
    if isinstance(labels, str):
        labels = [part.strip() for part in labels.split(",")]
    if not isinstance(labels, list) or not labels:
        raise ValueError("it is no list of names")
    return tuple(str(label) for label in labels)


def _names_literal(text: str) -> tuple[str, ...]:
    """Names by id out of the text of a Python (or JSON) dictionary or list, without running it."""
    if len(text) > _LONGEST_LITERAL:
        raise ValueError("it is too long")
    names = ast.literal_eval(text)
    return names_by_id(names) if isinstance(names, dict) else tuple(str(name) for name in names)


def _one_or_pair(raw: Any) -> int | tuple[int, int]:
    values = numbers(raw)
    return int(values[0]) if len(values) == 1 else size_pair(raw)


def _origin(source: str, key: str) -> str:
    return f"{source} '{key}'"
