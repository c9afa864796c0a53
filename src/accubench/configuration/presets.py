"""Named recipes of preprocessing: what the programs that trained most published classifiers do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from accubench.configuration.wording import closest
from accubench.errors import ConfigurationError, Finding

__all__ = ["PRESETS", "Preset", "preset_named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One recipe, for any size of input."""

    summary: str
    """One sentence for people who choose."""
    color: Literal["RGB", "BGR"]
    mean: tuple[float, ...] | None = None
    """On pixels of 0 to 255, in the order of `color`; None where pixels stay as they are."""
    scale: tuple[float, ...] | None = None
    gray_scale: float | None = None
    """What divides the pixels of one-channel images, where the recipe's mean and scale are for three colours."""
    mode: Literal["stretch", "shorter_side"] = "stretch"
    library: Literal["opencv", "pillow"] = "opencv"
    interpolation: str = "bilinear"
    crop_fraction: float | None = None
    """Share of each side that the centre crop keeps; None where nothing is cropped."""
    crop_first: bool = False
    """True where the crop comes before the resize."""
    resize_side: int | None = None
    """Pixels before the crop for inputs of the usual size, 200 to this; other inputs follow `crop_fraction`."""

    def side_before_crop(self, input_side: int) -> int:
        """Pixels to resize to, so that the crop to `input_side` keeps the recipe's share.

        >>> PRESETS["torchvision"].side_before_crop(224), PRESETS["torchvision"].side_before_crop(299)
        (256, 342)
        >>> PRESETS["caffe-imagenet"].side_before_crop(227), PRESETS["raw"].side_before_crop(227)
        (256, 227)
        """
        if self.crop_fraction is None:
            return input_side
        if self.resize_side is not None and _SMALLEST_USUAL <= input_side <= self.resize_side:
            return self.resize_side
        return math.floor(input_side / self.crop_fraction + 0.5)


_SMALLEST_USUAL = 200

PRESETS: dict[str, Preset] = {
    "caffe-imagenet": Preset(
        summary="Caffe's ImageNet models: BGR, stretched to 256 x 256 by OpenCV, centre crop, minus 104, 117, 123.",
        color="BGR",
        mean=(104.0, 117.0, 123.0),
        scale=(1.0,),
        crop_fraction=0.875,
        resize_side=256,
    ),
    "torchvision": Preset(
        summary=(
            "torchvision's ImageNet models: RGB, shorter side 256 (for 224) by Pillow, centre crop, "
            "ImageNet's mean and standard deviation."
        ),
        color="RGB",
        mean=(123.675, 116.28, 103.53),
        scale=(58.395, 57.12, 57.375),
        gray_scale=255.0,
        mode="shorter_side",
        library="pillow",
        crop_fraction=0.875,
    ),
    "tf-slim": Preset(
        summary=(
            "TF-slim's ImageNet models: RGB, centre crop of 87.5 %, stretched to the input, "
            "-1 to 1 for float inputs, one class more for background."
        ),
        color="RGB",
        mean=(127.5,),
        scale=(127.5,),
        crop_fraction=0.875,
        crop_first=True,
    ),
    "raw": Preset(summary="RGB pixels of 0 to 255, stretched to the input by OpenCV; nothing else.", color="RGB"),
}
"""The presets by name."""


def preset_named(name: str) -> Preset:
    """The preset of that name.

    Raises:
        ConfigurationError: There is none; the message lists all.
    """
    if name in PRESETS:
        return PRESETS[name]
    guess = closest(name, PRESETS)
    finding = Finding(
        code="unknown-preset",
        message=f"There is no preset '{name}'; there are {', '.join(PRESETS)}.",
        remedy=f"Did you mean '{guess}'?" if guess else None,
    )
    raise ConfigurationError("The preset is not known.", [finding])
