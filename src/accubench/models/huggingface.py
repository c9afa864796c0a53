"""What ``config.json`` and ``preprocessor_config.json`` beside a model say, in the words of transformers and timm.

Both libraries work on pixels of 0 to 1, resize with Pillow and take RGB; what is returned is in pixels of 0 to 255.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from accubench.models.claims import Claims, names_by_id, numbers, size_pair, truth
from accubench.models.contract import StatedFacts
from accubench.records.class_names import ClassNames

__all__ = ["config_facts", "preprocessor_facts"]

_GENERIC_LABEL = re.compile(r"LABEL_\d+")
_PILLOW_FILTERS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}
_TIMM_MODES = {"center": "shorter_side", "squash": "stretch"}
_SHORTER_SIDE_TYPES = ("ConvNext", "Bit", "MobileNetV1", "MobileNetV2", "MobileViT", "Levit", "PoolFormer", "CLIP")
"""Image processors that read a single number as the shorter side; all others read it as a square."""
_CONVNEXT_STRETCHES_FROM = 384  # pixels; smaller inputs are resized by the shorter side and cropped
_CONVNEXT_CROP = 224 / 256


def config_facts(content: Mapping[str, Any], *, file: str) -> StatedFacts:
    """Read a ``config.json``: labels, input size, and timm's ``pretrained_cfg``.

    Args:
        content: The JSON object.
        file: Name of the file, for origins.
    """
    claims = Claims()
    claims.state("size_hw", content.get("image_size"), size_pair, f"{file} 'image_size'")
    timm = content.get("pretrained_cfg", content)
    if isinstance(timm, Mapping) and {"input_size", "crop_pct", "interpolation"} & timm.keys():
        _timm(claims, timm, file)
    return StatedFacts(
        metadata=claims.metadata(), class_names=_class_names(claims, content, file), notes=tuple(claims.notes)
    )


def preprocessor_facts(content: Mapping[str, Any], *, file: str) -> StatedFacts:
    """Read a ``preprocessor_config.json`` of transformers.

    Args:
        content: The JSON object.
        file: Name of the file, for origins.
    """
    claims = Claims()
    kind = str(content.get("image_processor_type", content.get("feature_extractor_type", "")))
    if "image_mean" in content or "do_normalize" in content or "do_rescale" in content:
        _normalization(claims, content, file)
    if content.get("do_resize", True) and "size" in content:
        _geometry(claims, content, kind, file)
    return StatedFacts(metadata=claims.metadata(), notes=tuple(claims.notes))


def _timm(claims: Claims, timm: Mapping[str, Any], file: str) -> None:
    claims.state("size_hw", timm.get("input_size"), size_pair, f"{file} 'input_size'")
    for field, key in (("mean", "mean"), ("scale", "std")):
        claims.state(field, timm.get(key), _in_pixels, f"{file} '{key}'")
    if "mean" in timm:
        claims.set("color", "RGB", f"{file} (timm reads images as RGB)")
    if timm.get("interpolation") != "random":
        claims.state("interpolation", timm.get("interpolation"), str, f"{file} 'interpolation'")
        claims.set("resize_library", "pillow", f"{file} (timm resizes with Pillow)")
    mode = str(timm.get("crop_mode") or "center")
    if mode not in _TIMM_MODES:
        claims.ignore(f"{file} 'crop_mode'", f"{mode!r} cannot be said in an accuracy configuration")
        return
    claims.set("resize_mode", _TIMM_MODES[mode], f"{file} 'crop_mode'")
    # A share, not pixels: timm resizes to floor(input / crop_pct), whatever size the model was exported with.
    claims.state("crop_fraction", timm.get("crop_pct"), float, f"{file} 'crop_pct'")
    claims.set("crop_first", value=False, origin=f"{file} (timm resizes, then crops)")


def _normalization(claims: Claims, content: Mapping[str, Any], file: str) -> None:
    """``((pixel * rescale_factor - offset) - mean) / std`` written as ``(pixel - mean) / scale``."""
    try:
        rescales = truth(content.get("do_rescale", True))
        factor = float(content.get("rescale_factor", 1 / 255)) if rescales else 1.0
        offset = 1.0 if truth(content.get("rescale_offset", False)) else 0.0
        normalizes = truth(content.get("do_normalize", "image_mean" in content))
        means = numbers(content["image_mean"]) if normalizes else (0.0,)
        deviations = numbers(content["image_std"]) if normalizes else (1.0,)
        mean = tuple(round((one + offset) / factor, 9) for one in means)
        scale = tuple(round(one / factor, 9) for one in deviations)
    except (ValueError, TypeError, KeyError, ZeroDivisionError) as error:
        claims.ignore(f"the normalisation of {file}", f"{type(error).__name__}: {error}")
        return
    claims.set("mean", mean, f"{file} 'image_mean'" if normalizes else f"{file} 'do_normalize'")
    claims.set("scale", scale, f"{file} 'image_std'" if normalizes else f"{file} 'rescale_factor'")
    if content.get("do_flip_channel_order") is True:
        claims.set("color", "BGR", f"{file} 'do_flip_channel_order'")
    else:
        claims.set("color", "RGB", f"{file} (transformers reads images as RGB)")


def _geometry(claims: Claims, content: Mapping[str, Any], kind: str, file: str) -> None:
    place = f"{file} 'size'"
    claims.state("interpolation", content.get("resample"), lambda raw: _PILLOW_FILTERS[int(raw)], f"{file} 'resample'")
    claims.set("resize_library", "pillow", f"{file} (transformers resizes with Pillow)")
    try:
        mode, size = _resize(content["size"], kind)
        if kind.startswith("ConvNext") and isinstance(size, int):
            _convnext(claims, size, float(content.get("crop_pct") or _CONVNEXT_CROP), file)
            return
    except (ValueError, TypeError, KeyError) as error:
        claims.ignore(place, str(error))
        return
    claims.set("resize_mode", mode, place)
    if content.get("do_center_crop") is True and "crop_size" in content:
        claims.set("resize_size", size, place)
        claims.state("size_hw", content["crop_size"], _sides, f"{file} 'crop_size'")
    elif mode == "stretch":
        claims.set("size_hw", _sides(size), place)
    else:
        claims.set("resize_size", size, place)


def _convnext(claims: Claims, size: int, crop_share: float, file: str) -> None:
    """ConvNeXT's image processor: small inputs are cropped, large ones stretched."""
    claims.set("size_hw", (size, size), f"{file} 'size'")
    if size >= _CONVNEXT_STRETCHES_FROM:
        claims.set("resize_mode", "stretch", f"{file} 'size'")
        return
    claims.set("resize_mode", "shorter_side", f"{file} 'size'")
    claims.set("resize_size", int(size / crop_share), f"{file} 'crop_pct'")


def _resize(size: Any, kind: str) -> tuple[str, int | tuple[int, int]]:
    if isinstance(size, Mapping):
        if "shortest_edge" in size:
            return "shorter_side", int(size["shortest_edge"])
        return "stretch", _sides(size)
    if isinstance(size, int) and kind.startswith(_SHORTER_SIDE_TYPES):
        return "shorter_side", size
    return "stretch", size_pair(size)


def _sides(raw: Any) -> tuple[int, int]:
    if isinstance(raw, Mapping):
        return (int(raw["height"]), int(raw["width"]))
    return size_pair(raw)


def _class_names(claims: Claims, content: Mapping[str, Any], file: str) -> ClassNames | None:
    for key in ("id2label", "label_names"):
        labels = content.get(key)
        if not labels:
            continue
        try:
            names = names_by_id(labels) if isinstance(labels, Mapping) else tuple(str(label) for label in labels)
        except (ValueError, TypeError) as error:
            claims.ignore(f"{file} '{key}'", str(error))
            continue
        if not all(_GENERIC_LABEL.fullmatch(name) for name in names):
            return ClassNames(names=names, origin=f"{file} '{key}'")
    return None


def _in_pixels(raw: object) -> tuple[float, ...]:
    """Numbers for pixels of 0 to 1 as numbers for pixels of 0 to 255, without the noise of binary fractions.

    >>> _in_pixels([0.485, 0.224])
    (123.675, 57.12)
    """
    return tuple(round(255 * one, 9) for one in numbers(raw))
