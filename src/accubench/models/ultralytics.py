"""What Ultralytics' exporter writes about a classifier, wherever a format has room for it.

The same entries stand in an ONNX file's metadata, in ``metadata.yaml`` beside OpenVINO and TensorFlow models, and in a
file within the zip at the end of a TensorFlow Lite model; as values, or as the text of Python values.
Read from the package's source (``engine/exporter.py``, ``data/augment.py``, versions 8.0.200 to 8.4.190), which is
not imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from accubench.models.claims import MISSTATED, Claims, json_or_text, names_by_id, size_pair
from accubench.models.contract import StatedFacts
from accubench.records.class_names import ClassNames

__all__ = ["ultralytics_facts"]

_LONGEST_LITERAL = 1_000_000  # characters
_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")
_SINCE_PILLOW = (8, 0, 233)
"""Before this version images were cropped to a square and resized by OpenCV."""


def ultralytics_facts(entries: Mapping[str, Any], *, origin: str) -> StatedFacts:
    """Read the entries; those of other tasks than classification say nothing of preprocessing.

    Args:
        entries: ``names``, ``imgsz``, ``task``, ``version`` and others.
        origin: Where they stand, to begin an origin with, such as ``onnx metadata``.
    """
    claims = Claims()
    size = _value(entries.get("imgsz"))
    claims.state("size_hw", size, size_pair, f"{origin} 'imgsz'")
    if entries.get("task") == "classify" and "names" in entries:
        version = entries.get("version")
        _recipe(claims, version if isinstance(version, str) else "", origin)
    return StatedFacts(
        metadata=claims.metadata(), class_names=_class_names(claims, entries, origin), notes=tuple(claims.notes)
    )


def _recipe(claims: Claims, version: str, origin: str) -> None:
    """RGB from 0 to 1; the shorter side by torchvision on a Pillow image, and a centre crop of the same size.

    Inputs that are not square are stretched, since a resize to two numbers is one to exactly these.
    """
    stated = f"Ultralytics' recipe for classifiers ({origin} 'task')"
    size = claims.metadata().size_hw
    values: dict[str, Any] = {
        "color": "RGB",
        "mean": (0.0,),
        "scale": (255.0,),
        "resize_mode": "shorter_side" if size is None or size[0] == size[1] else "stretch",
        "resize_library": "pillow",
        "interpolation": "bilinear",
    }
    found = _VERSION.match(version)
    if found and tuple(map(int, found.groups())) < _SINCE_PILLOW:
        stated = f"Ultralytics' recipe for classifiers until 8.0.232 ({origin} 'task', 'version')"
        values |= {"resize_mode": "shorter_side", "resize_library": "opencv"}
    for field, value in values.items():
        claims.set(field, value, stated)


def _class_names(claims: Claims, entries: Mapping[str, Any], origin: str) -> ClassNames | None:
    """Names by id out of a mapping or list, or out of the text of one, which is parsed and never run."""
    if "names" not in entries:
        return None
    place = f"{origin} 'names'"
    try:
        names = _names(entries["names"])
    except (*MISSTATED, SyntaxError, MemoryError, RecursionError) as error:
        claims.ignore(place, str(error))
        return None
    return ClassNames(names=names, origin=place)


def _names(raw: Any) -> tuple[str, ...]:
    if isinstance(raw, str):
        if len(raw) > _LONGEST_LITERAL:
            raise ValueError("it is too long")
        raw = ast.literal_eval(raw)
    if isinstance(raw, Mapping):
        return names_by_id(raw)
    if not isinstance(raw, list | tuple) or not raw:
        raise ValueError("it is no list of names")
    return tuple(str(name) for name in raw)


def _value(raw: Any) -> Any:
    return json_or_text(raw) if isinstance(raw, str) else raw
