"""An accuracy configuration compiled, once per model, into the functions that every image goes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from accubench.errors import ConfigurationError, Finding, ImageError
from accubench.images import decode
from accubench.preprocessing.arithmetic import normalize, quantize, shift_to_int8
from accubench.preprocessing.geometry import crop, cropped_size_hw, resize, shorter_side_size_hw
from accubench.records.accuracy_configuration import (
    AccuracyConfiguration,
    Crop,
    DecodeStep,
    Normalize,
    NormalizeStep,
    Resize,
    ResizeStep,
)
from accubench.records.model import TensorDescription

__all__ = ["PREPROCESSING_REVISION", "Preprocessor"]

PREPROCESSING_REVISION = 1
"""Counts changes of this code, or of decoding, that change pixels: stored scores of another revision are not reused."""

Pixels = NDArray[Any]
Function = Callable[[Pixels], Pixels]


class Preprocessor:
    """Turns image files into a model's input tensors by an accuracy configuration.

    Values stay uint8 until a normalize step; afterwards they are float32.
    A model that takes integers gets the pixels themselves where no step normalises (minus 128 for int8), and otherwise
    the real values quantised with the model's scale and zero point.
    Changing NHWC to NCHW and uint8 to float32 is left to the graph, where both are exact.

    May be called from many threads at once.

    Args:
        configuration: Its `preprocessing` is executed in the order written.
        model_input: The input that must come out: channels, height and width where the model fixes them, and dtype.

    Raises:
        ConfigurationError: The steps cannot end in the model's input; all problems with their places.
    """

    def __init__(self, configuration: AccuracyConfiguration, model_input: TensorDescription) -> None:
        plan = _Plan(configuration, model_input)
        self._decode_rules = configuration.decode
        self._functions = plan.functions
        self._geometry = plan.geometry
        self._shape_hwc = plan.shape_hwc
        self._dtype = plan.dtype

    @property
    def output_shape_hwc(self) -> tuple[int, int, int]:
        """Height, width and channels of every tensor."""
        return self._shape_hwc

    @property
    def output_dtype(self) -> np.dtype[Any]:
        """The dtype of every tensor: uint8, float32, or the integers that the model takes."""
        return self._dtype

    def __call__(self, data: bytes) -> Pixels:
        """Turn the bytes of an image file into a C-contiguous tensor of `output_shape_hwc` and `output_dtype`.

        Raises:
            ImageError: The image cannot be decoded or resized.
        """
        return np.ascontiguousarray(_apply(self._functions, decode(data, self._decode_rules)))

    def visible(self, data: bytes) -> NDArray[np.uint8]:
        """What the model sees of an image, for people: all steps except the arithmetic on values.

        Args:
            data: The bytes of an image file.

        Returns:
            An array of shape (H, W, 3) in RGB order.

        Raises:
            ImageError: The image cannot be decoded or resized.
        """
        pixels = _apply(self._geometry, decode(data, self._decode_rules))
        if self._decode_rules.color == "gray":
            pixels = np.repeat(pixels, 3, axis=2)
        return np.ascontiguousarray(pixels[:, :, ::-1] if self._decode_rules.color == "BGR" else pixels)


def _apply(functions: tuple[Function, ...], pixels: Pixels) -> Pixels:
    try:
        for function in functions:
            pixels = function(pixels)
    except cv2.error as error:
        raise ImageError(f"cannot be resized by OpenCV: {error}") from error
    return pixels


class _Plan:
    """Follows size, channels and dtype through the steps and collects what does not fit."""

    def __init__(self, configuration: AccuracyConfiguration, model_input: TensorDescription) -> None:
        self._problems: list[Finding] = []
        self._input = model_input
        self._color = configuration.decode.color
        self._channels = 1 if self._color == "gray" else 3
        self._size_hw: tuple[int, int] | None = None
        self._normalized_at: str | None = None
        functions: list[Function] = []
        geometry: list[Function] = []
        for index, step in enumerate(configuration.preprocessing):
            place = f"preprocessing.{index}"
            if isinstance(step, NormalizeStep):
                functions.append(self._normalize(step.normalize, f"{place}.normalize"))
            elif not isinstance(step, DecodeStep):
                is_resize = isinstance(step, ResizeStep)
                function = self._resize(step.resize, f"{place}.resize") if is_resize else self._crop(step.crop)
                functions.append(function)
                geometry.append(function)
        functions.extend(self._to_input_dtype())
        self._check_shape()
        if self._problems:
            raise ConfigurationError(
                f"The preprocessing does not end in the model's input '{model_input.name}':", self._problems
            )
        self.functions = tuple(functions)
        self.geometry = tuple(geometry)

    @property
    def shape_hwc(self) -> tuple[int, int, int]:
        assert self._size_hw is not None
        return (*self._size_hw, self._channels)

    def _problem(self, code: str, place: str, message: str) -> None:
        self._problems.append(Finding(code=code, message=f"{place}: {message}"))

    def _resize(self, rules: Resize, place: str) -> Function:
        if rules.library == "pillow" and self._normalized_at:
            self._problem(
                "resize-after-normalize",
                place,
                "Pillow resizes 8-bit pixels only, and these are normalised: put the resize before the normalize "
                "step, or choose library: opencv.",
            )
        if rules.mode != "shorter_side":
            self._size_hw = rules.size_hw
        elif self._size_hw is not None:
            self._size_hw = shorter_side_size_hw(*self._size_hw, rules.size_hw[0])
        return resize(rules)

    def _crop(self, rules: Crop) -> Function:
        if rules.size_hw is not None:
            self._size_hw = rules.size_hw
        elif self._size_hw is not None:
            self._size_hw = cropped_size_hw(*self._size_hw, rules)
        return crop(rules)

    def _normalize(self, rules: Normalize, place: str) -> Function:
        for name, values in (("mean", rules.mean), ("scale", rules.scale)):
            if isinstance(values, tuple) and len(values) not in {1, self._channels}:
                self._problem(
                    "channel-count",
                    f"{place}.{name}",
                    f"{len(values)} values for {self._channels} channel(s) (color: {self._color}): give one number, "
                    "or one per channel.",
                )
        self._normalized_at = place
        return normalize(rules)

    def _to_input_dtype(self) -> list[Function]:
        """The last function, if one is needed; sets `dtype`."""
        name, quantization = self._input.dtype, self._input.quantization
        integers = _integer_dtype(name)
        if integers is None:
            self.dtype = np.dtype(np.float32 if self._normalized_at else np.uint8)
            return []
        self.dtype = integers
        if self._normalized_at:
            if quantization is not None:
                return [quantize(quantization, integers)]
            self._problem(
                "input-not-quantized",
                self._normalized_at,
                f"the model takes {name} and does not say which real values its integers stand for, so normalised "
                "values cannot be given to it: remove the normalize step.",
            )
        elif integers == np.int8:
            return [shift_to_int8]
        elif integers != np.uint8:
            return [lambda pixels: pixels.astype(integers)]
        return []

    def _check_shape(self) -> None:
        """Compare what comes out of the last step with what the model fixes of its input."""
        layout = self._input.layout
        if layout not in {"NCHW", "NHWC"}:
            shape = " x ".join("?" if size is None else str(size) for size in self._input.shape)
            self._problem("input-not-image", "preprocessing", f"the model's input of shape {shape} takes no image.")
            return
        height, width, channels = (self._input.shape[layout.index(axis)] for axis in "HWC")
        if channels not in {None, self._channels}:
            self._problem(
                "channels",
                "preprocessing.0.decode.color",
                f"{self._color} gives {self._channels} channel(s), the model takes {channels}.",
            )
        wanted = f"the model takes {height or 'any height'} x {width or 'any width'} (height x width)"
        if self._size_hw is None:
            self._problem(
                "size-open",
                "preprocessing",
                f"the size of the result depends on the image, but {wanted}: add a resize or a crop to a fixed size.",
            )
        elif (height not in {None, self._size_hw[0]}) or (width not in {None, self._size_hw[1]}):
            result = f"{self._size_hw[0]} x {self._size_hw[1]}"
            self._problem("size", "preprocessing", f"the steps end in {result} pixels, but {wanted}.")


def _integer_dtype(name: str) -> np.dtype[Any] | None:
    """The numpy dtype of an integer type, or None for floating-point ones, some of which numpy does not know."""
    return np.dtype(name) if name.startswith(("int", "uint")) else None
