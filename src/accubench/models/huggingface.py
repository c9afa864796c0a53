"""What ``config.json`` and ``preprocessor_config.json`` beside a model say, in the words of transformers and timm.

Image processors were read from the source of transformers (``models/*/image_processing_*.py``, version 5.24; the
feature extractors before version 4.26 have the same meaning).
They take RGB and resize with Pillow or like it; what is returned is in pixels of 0 to 255.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from accubench.models.claims import MISSTATED, Claims, names_by_id, numbers, size_pair, truth
from accubench.models.contract import StatedFacts
from accubench.models.timm import state_timm_recipe, timm_class_names
from accubench.records.class_names import ClassNames

__all__ = ["config_facts", "preprocessor_facts"]

_GENERIC_LABEL = re.compile(r"LABEL_\d+")
_PILLOW_FILTERS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}
_CONVNEXT_STRETCHES_FROM = 384  # pixels; smaller inputs are resized by the shorter side and cropped
_CONVNEXT_SHARE, _POOLFORMER_SHARE, _LEVIT_SHARE = 224 / 256, 0.9, 224 / 256
_TIMM_KEYS = {"input_size", "crop_pct", "interpolation", "crop_mode", "mean", "std"}


class _Family(NamedTuple):
    """What a family of image processors does where its file does not say otherwise."""

    shorter_side: bool = False
    """A single number is the shorter side, not a square (``default_to_square`` is False)."""
    crop: int | None = None
    """Pixels of the square that is cropped; None where nothing is cropped."""
    only_rescales: bool = False
    """Has no mean and deviation, whatever the file says, and turns to BGR unless the file says otherwise."""


_FAMILIES = {
    "DeiT": _Family(crop=224),
    "ConvNext": _Family(shorter_side=True),
    "Bit": _Family(shorter_side=True, crop=224),
    "CLIP": _Family(shorter_side=True, crop=224),
    "ChineseCLIP": _Family(shorter_side=True, crop=224),
    "MobileNetV1": _Family(shorter_side=True, crop=224),
    "MobileNetV2": _Family(shorter_side=True, crop=224),
    "MobileViT": _Family(shorter_side=True, crop=256, only_rescales=True),
    "Levit": _Family(shorter_side=True, crop=224),
    "PoolFormer": _Family(shorter_side=True, crop=224),
}
"""By the beginning of the class's name; all others read a single number as a square, and crop only if they say so."""
_CANNOT_BE_SAID = {
    "Perceiver": "its crop before the resize is a share of the shorter side",
    "TextNet": "its images keep their proportions up to the network",
}


def config_facts(content: Mapping[str, Any], *, file: str, input_hw: tuple[int, int] | None = None) -> StatedFacts:
    """Read a ``config.json``: labels, input size, and timm's ``pretrained_cfg``.

    Args:
        content: The JSON object.
        file: Name of the file, for origins.
        input_hw: Height and width that the network takes, where it fixes them.
    """
    claims = Claims()
    claims.state("size_hw", content.get("image_size"), size_pair, f"{file} 'image_size'")
    _timm(claims, content, file, input_hw)
    names = _class_names(claims, content, file) or timm_class_names(claims, content, file=file)
    return StatedFacts(metadata=claims.metadata(), class_names=names, notes=tuple(claims.notes))


def preprocessor_facts(
    content: Mapping[str, Any], *, file: str, input_hw: tuple[int, int] | None = None
) -> StatedFacts:
    """Read a ``preprocessor_config.json`` of transformers.

    Args:
        content: The JSON object.
        file: Name of the file, for origins.
        input_hw: Height and width that the network takes, where it fixes them.
    """
    claims = Claims()
    kind = str(content.get("image_processor_type", content.get("feature_extractor_type", "")))
    family = next((family for beginning, family in _FAMILIES.items() if kind.startswith(beginning)), _Family())
    if kind.startswith("TimmWrapper"):
        _timm(claims, content, file, input_hw)
    else:
        if "image_mean" in content or "do_normalize" in content or "do_rescale" in content:
            _normalization(claims, content, kind, family, file)
        if content.get("do_resize", True) and "size" in content:
            _geometry(claims, content, kind, family, file)
    return StatedFacts(metadata=claims.metadata(), notes=tuple(claims.notes))


def _timm(claims: Claims, content: Mapping[str, Any], file: str, input_hw: tuple[int, int] | None) -> None:
    """Timm's recipe, which older files have without a name of its own."""
    timm = content.get("pretrained_cfg", content)
    if isinstance(timm, Mapping) and _TIMM_KEYS & timm.keys():
        state_timm_recipe(claims, timm, file=file, input_hw=input_hw)
    elif "architecture" in content:
        claims.notes.append(
            f"{file} names timm's architecture {str(content['architecture'])[:60]!r}, but has no 'pretrained_cfg': "
            "it says nothing of preprocessing."
        )


def _normalization(claims: Claims, content: Mapping[str, Any], kind: str, family: _Family, file: str) -> None:
    """``((pixel * rescale_factor - offset) - mean) / std`` written as ``(pixel - mean) / scale``."""
    try:
        rescales = truth(content.get("do_rescale", True))
        factor = float(content.get("rescale_factor", 1 / 255)) if rescales else 1.0
        offset = 1.0 if truth(content.get("rescale_offset", False)) else 0.0
        normalizes = not family.only_rescales and truth(content.get("do_normalize", "image_mean" in content))
        means = numbers(content["image_mean"]) if normalizes else (0.0,)
        deviations = numbers(content["image_std"]) if normalizes else (1.0,)
        if kind.startswith("EfficientNet") and truth(content.get("include_top", True)):
            # As the original networks did, the result is divided by the deviation once more.
            again = numbers(content["image_std"])
            deviations = tuple(one * two for one, two in _paired(deviations, again))
        mean = tuple(round((one + offset) / factor, 9) for one in means)
        scale = tuple(round(one / factor, 9) for one in deviations)
    except MISSTATED as error:
        claims.ignore(f"the normalisation of {file}", _reason(error))
        return
    claims.set("mean", mean, f"{file} 'image_mean'" if normalizes else f"{file} 'do_normalize'")
    claims.set("scale", scale, f"{file} 'image_std'" if normalizes else f"{file} 'rescale_factor'")
    if content.get("do_flip_channel_order", family.only_rescales) is True:
        claims.set("color", "BGR", f"{file} 'do_flip_channel_order'")
    else:
        claims.set("color", "RGB", f"{file} (transformers reads images as RGB)")


def _paired(first: tuple[float, ...], second: tuple[float, ...]) -> list[tuple[float, float]]:
    """Numbers of the same channel; one number stands for all."""
    length = max(len(first), len(second))
    stretched = [values * length if len(values) == 1 else values for values in (first, second)]
    return list(zip(*stretched, strict=True))


def _geometry(claims: Claims, content: Mapping[str, Any], kind: str, family: _Family, file: str) -> None:
    place = f"{file} 'size'"
    claims.state("interpolation", content.get("resample"), lambda raw: _PILLOW_FILTERS[int(raw)], f"{file} 'resample'")
    claims.set("resize_library", "pillow", f"{file} (transformers resizes with Pillow)")
    for beginning, reason in _CANNOT_BE_SAID.items():
        if kind.startswith(beginning):
            claims.ignore(place, reason)
            return
    try:
        if kind.startswith("ConvNext") and (side := _shorter_side(content["size"])) is not None:
            _convnext(claims, side, float(content.get("crop_pct") or _CONVNEXT_SHARE), file)
            return
        mode, size = _resize(content, kind, family)
        crop = _crop(content, family)
    except MISSTATED as error:
        claims.ignore(place, str(error))
        return
    claims.set("resize_mode", mode, place)
    if crop is not None:
        claims.set("crop_rounding", "floor", f"{file} (transformers begins an odd crop at the lower number)")
        claims.set("resize_size", size, place)
        claims.set("size_hw", crop, f"{file} 'crop_size'")
    else:
        claims.set("size_hw" if mode == "stretch" else "resize_size", size, place)


def _convnext(claims: Claims, size: int, crop_share: float, file: str) -> None:
    """ConvNeXT's image processor: small inputs are cropped, large ones stretched."""
    claims.set("size_hw", (size, size), f"{file} 'size'")
    if size >= _CONVNEXT_STRETCHES_FROM:
        claims.set("resize_mode", "stretch", f"{file} 'size'")
        return
    claims.set("resize_mode", "shorter_side", f"{file} 'size'")
    claims.set("crop_rounding", "floor", f"{file} (transformers begins an odd crop at the lower number)")
    claims.set("resize_size", int(size / crop_share), f"{file} 'crop_pct'")


def _resize(content: Mapping[str, Any], kind: str, family: _Family) -> tuple[str, int | tuple[int, int]]:
    """Mode and size of the resize; two families enlarge what their file says."""
    size = content["size"]
    side = _shorter_side(size) if isinstance(size, Mapping) or family.shorter_side else None
    if kind.startswith("Levit") and side is not None:
        return "shorter_side", int(side / _LEVIT_SHARE)
    if kind.startswith("PoolFormer"):
        share = float(content.get("crop_pct") or _POOLFORMER_SHARE)
        height, width = (side, side) if side is not None else _sides(size)
        if height == width:
            return "shorter_side", int(height / share)
        return "stretch", (int(height / share), int(width / share))
    return ("stretch", _sides(size)) if side is None else ("shorter_side", side)


def _crop(content: Mapping[str, Any], family: _Family) -> tuple[int, int] | None:
    """Height and width of the centre crop; None where nothing is cropped."""
    crops = content.get("do_center_crop")
    if not (family.crop is not None if crops is None else truth(crops)):
        return None
    size = content.get("crop_size") or family.crop
    return None if size is None else _sides(size)


def _shorter_side(size: Any) -> int | None:
    """The one number of a size that is no height and width."""
    if isinstance(size, Mapping):
        return int(size["shortest_edge"]) if "shortest_edge" in size else None
    return size if isinstance(size, int) and not isinstance(size, bool) else None


def _reason(error: Exception) -> str:
    return f"there is no {error}" if isinstance(error, KeyError) else str(error)


def _sides(raw: Any) -> tuple[int, int]:
    if isinstance(raw, Mapping):
        return (int(raw["height"]), int(raw["width"]))
    return size_pair(raw)


def _class_names(claims: Claims, content: Mapping[str, Any], file: str) -> ClassNames | None:
    labels = content.get("id2label")
    if not labels:
        return None
    try:
        names = names_by_id(labels) if isinstance(labels, Mapping) else tuple(str(label) for label in labels)
    except MISSTATED as error:
        claims.ignore(f"{file} 'id2label'", str(error))
        return None
    if all(_GENERIC_LABEL.fullmatch(name) for name in names):
        return None
    return ClassNames(names=names, origin=f"{file} 'id2label'")
