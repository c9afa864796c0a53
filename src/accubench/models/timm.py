"""What timm writes about a network: ``pretrained_cfg`` in ``config.json``, with labels beside it.

Read from the source of timm 1.0.31 (``data/config.py``, ``data/transforms_factory.py``, ``models/_hub.py``), which is
not imported.
timm works on pixels of 0 to 1, resizes with Pillow and takes RGB; what is returned is in pixels of 0 to 255.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from accubench.models.claims import MISSTATED, Claims, in_pixels, names_by_id, size_pair
from accubench.records.class_names import ClassNames

__all__ = ["state_timm_recipe", "timm_class_names"]

_MODES = {"center": "shorter_side", "squash": "stretch"}
_DEFAULTS: dict[str, Any] = {
    "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "interpolation": "bicubic", "crop_pct": 0.875,
    "crop_mode": "center",
}  # fmt: skip
_SYNSET = re.compile(r"n\d{8}")


def state_timm_recipe(
    claims: Claims, config: Mapping[str, Any], *, file: str, input_hw: tuple[int, int] | None
) -> None:
    """State size, normalisation, resize and crop of timm's evaluation.

    Args:
        claims: Where to state them.
        config: ``pretrained_cfg``.
        file: Name of the file, for origins.
        input_hw: Height and width that the network takes, where it fixes them: if they are those of
            ``test_input_size``, then ``test_crop_pct`` holds.
    """
    test = "test_" if input_hw is not None and _pair(config.get("test_input_size")) == input_hw else ""
    claims.state("size_hw", config.get(f"{test}input_size"), size_pair, f"{file} '{test}input_size'")
    for field, key in (("mean", "mean"), ("scale", "std")):
        value, origin = _value(config, key, file)
        claims.state(field, value, in_pixels, origin)
    claims.set("color", "RGB", f"{file} (timm reads images as RGB)")
    interpolation, origin = _value(config, "interpolation", file)
    if interpolation != "random":
        claims.state("interpolation", interpolation, str, origin)
        claims.set("resize_library", "pillow", f"{file} (timm resizes with Pillow)")
    mode, origin = _value(config, "crop_mode", file)
    if str(mode) not in _MODES:
        claims.ignore(origin, f"{str(mode)[:40]!r} cannot be said in an accuracy configuration")
        return
    claims.set("resize_mode", _MODES[str(mode)], origin)
    # A share, not pixels: timm resizes to floor(input / crop_pct), whatever size the model was exported with.
    share, origin = _value(config, "test_crop_pct" if test and config.get("test_crop_pct") else "crop_pct", file)
    claims.state("crop_fraction", share, float, origin)
    claims.set("crop_first", value=False, origin=f"{file} (timm resizes, then crops)")


def timm_class_names(claims: Claims, content: Mapping[str, Any], *, file: str) -> ClassNames | None:
    """The names of ``label_names``, as ``label_descriptions`` explain them; WordNet's ids among them are kept apart."""
    labels = content.get("label_names")
    place = f"{file} 'label_names'"
    if not labels:
        return None
    try:
        names = names_by_id(labels) if isinstance(labels, Mapping) else tuple(str(label) for label in labels)
    except MISSTATED as error:
        claims.ignore(place, str(error))
        return None
    described = content.get("label_descriptions")
    if not isinstance(described, Mapping) or not all(isinstance(described.get(name), str) for name in names):
        return ClassNames(names=names, origin=place)
    synsets = names if all(_SYNSET.fullmatch(name) for name in names) else None
    texts = tuple(described[name] for name in names)
    return ClassNames(names=texts, synsets=synsets, origin=f"{file} 'label_descriptions'")


def _value(config: Mapping[str, Any], key: str, file: str) -> tuple[Any, str]:
    """A value and its origin; timm's own default where the configuration has none."""
    value = config.get(key)
    return (_DEFAULTS[key], f"timm's default for '{key}'") if not value else (value, f"{file} '{key}'")


def _pair(raw: Any) -> tuple[int, int] | None:
    try:
        return None if raw is None else size_pair(raw)
    except MISSTATED:
        return None
