"""The accuracy configuration: how an image becomes the input tensor, how outputs are read, what is computed.

The YAML form is exactly the shape of these records; `accubench.configuration` reads and writes it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from accubench.records.base import Record

__all__ = [
    "OPENCV_INTERPOLATIONS",
    "PILLOW_INTERPOLATIONS",
    "AccuracyConfiguration",
    "Annotations",
    "Crop",
    "CropStep",
    "Decode",
    "DecodeStep",
    "Metrics",
    "Normalize",
    "NormalizeStep",
    "Outputs",
    "Resize",
    "ResizeStep",
    "ResolvedConfiguration",
    "Step",
]

OPENCV_INTERPOLATIONS = ("nearest", "nearest_exact", "bilinear", "bilinear_exact", "bicubic", "area", "lanczos4")
PILLOW_INTERPOLATIONS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")

Interpolation = Literal[
    "nearest", "nearest_exact", "bilinear", "bilinear_exact", "bicubic", "area", "lanczos4", "box", "hamming", "lanczos"
]
Pixels = Annotated[int, Field(ge=1, le=65_535)]
SizeHW = Pixels | Annotated[tuple[Pixels, Pixels], Field(strict=False)]
ChannelValues = float | Annotated[tuple[float, ...], Field(strict=False, min_length=1, max_length=4)]


class _Section(Record):
    """Strict: a quoted number in a configuration is a mistake, not a number."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class Decode(_Section):
    """How a file becomes pixels: 8-bit, height x width x channels."""

    color: Literal["RGB", "BGR", "gray"] = "RGB"
    """Channel order of the result; `gray` gives one channel (ITU-R 601 luma, as Pillow's mode L)."""
    exif: Literal["ignore", "apply"] = "ignore"
    """`apply` turns the image upright by its EXIF orientation tag, as OpenCV's imread does; `ignore` leaves it, as
    Pillow, TensorFlow and torchvision do. A TIFF's own orientation is part of that format and always applied."""
    alpha: Literal["drop", "white", "black"] = "drop"
    """What becomes of transparency: dropped, or blended onto white or black."""
    sixteen_bit: Literal["shift", "clip"] = "shift"
    """`shift` keeps the upper 8 bits, as OpenCV's imread does; `clip` cuts grey values above 255, as Pillow's convert
    does. Of colour both keep the upper 8 bits: Pillow never opens more of it."""
    cmyk: Literal["convert", "fail"] = "convert"
    """`convert` turns CMYK into RGB by Pillow's rule; `fail` makes the image a failed one."""
    animated: Literal["first", "fail"] = "first"
    """`first` takes the first frame; `fail` makes the image a failed one."""


class Resize(_Section):
    """Change the size of the image."""

    size: SizeHW
    """Pixels: one number for a square (or for the shorter side), or [height, width]."""
    mode: Literal["stretch", "shorter_side", "letterbox"] = "stretch"
    """`stretch` ignores the aspect ratio; `shorter_side` keeps it and gives the shorter side this size (the longer one
    is rounded down, as torchvision does); `letterbox` fits the image inside and fills the rest."""
    library: Literal["opencv", "pillow"] = "opencv"
    """Whose resize: OpenCV does not antialias (except `area`), Pillow does."""
    interpolation: Interpolation = "bilinear"
    """opencv: nearest, nearest_exact, bilinear, bilinear_exact, bicubic, area, lanczos4; pillow: nearest, box,
    bilinear, hamming, bicubic, lanczos."""
    fill: Annotated[int, Field(ge=0, le=255)] = 0
    """Value around a letterboxed image."""

    @model_validator(mode="after")
    def _check(self) -> Resize:
        offered = OPENCV_INTERPOLATIONS if self.library == "opencv" else PILLOW_INTERPOLATIONS
        if self.interpolation not in offered:
            raise ValueError(f"{self.library} has no interpolation '{self.interpolation}'; it has {', '.join(offered)}")
        if self.mode == "shorter_side" and not isinstance(self.size, int):
            raise ValueError("mode shorter_side takes one number as size")
        return self

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size


class Crop(_Section):
    """Keep the centre of the image."""

    size: SizeHW | None = None
    """Pixels: one number for a square, or [height, width]; a smaller image is padded with zeros."""
    fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of each side that is kept, side x fraction rounded down, as Accuracy Checker's central_fraction does."""
    rounding: Literal["floor", "half_even", "symmetric"] = "floor"
    """How the left and upper margin (side - size) / 2 becomes an integer: `floor` as OpenCV programs do, `half_even` as
    torchvision does. `symmetric` is for a fraction and follows TensorFlow's central_crop: both margins are
    (side - side x fraction) / 2 rounded down, which keeps up to one pixel more."""

    @model_validator(mode="after")
    def _check(self) -> Crop:
        if (self.size is None) == (self.fraction is None):
            raise ValueError("give either size or fraction")
        if self.rounding == "symmetric" and self.fraction is None:
            raise ValueError("rounding symmetric goes with fraction; with a size use floor or half_even")
        return self

    @property
    def size_hw(self) -> tuple[int, int] | None:
        """Height and width in pixels, or None for a fraction."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size


class Normalize(_Section):
    """Compute (pixel - mean) / scale in float32, on pixels of 0 to 255."""

    mean: ChannelValues = 0.0
    """One number or one per channel, in the channel order of the decoded image."""
    scale: ChannelValues = 1.0
    """One number or one per channel; divides."""

    @field_validator("scale")
    @classmethod
    def _not_zero(cls, scale: float | tuple[float, ...]) -> float | tuple[float, ...]:
        if 0 in (scale if isinstance(scale, tuple) else (scale,)):
            raise ValueError("scale divides and must not be 0")
        return scale


class DecodeStep(_Section):
    """`decode:` in the list of steps."""

    decode: Decode


class ResizeStep(_Section):
    """`resize:` in the list of steps."""

    resize: Resize


class CropStep(_Section):
    """`crop:` in the list of steps."""

    crop: Crop


class NormalizeStep(_Section):
    """`normalize:` in the list of steps."""

    normalize: Normalize


def _step_kind(value: Any) -> str | None:
    """The single key of a step, by which its record is chosen."""
    if isinstance(value, dict):
        keys = list(cast("dict[Any, Any]", value))
        return str(keys[0]) if len(keys) == 1 else None
    return next(iter(type(value).model_fields), None) if isinstance(value, _Section) else None


Step = Annotated[
    Annotated[DecodeStep, Tag("decode")]
    | Annotated[ResizeStep, Tag("resize")]
    | Annotated[CropStep, Tag("crop")]
    | Annotated[NormalizeStep, Tag("normalize")],
    Discriminator(
        _step_kind,
        custom_error_type="unknown_step",
        custom_error_message="a step is one of decode, resize, crop, normalize",
    ),
]


class Outputs(_Section):
    """How the model's output becomes class scores."""

    scores: Literal["auto", "logits", "probabilities"] = "auto"
    """`auto` asks the graph first, then the numbers."""
    name: str | None = None
    """The output that holds class scores, where the model has several."""


class Annotations(_Section):
    """How a class of the dataset becomes an output of the model; only one way at a time."""

    offset: int = 0
    """Added to the dataset's id: 1 where output 0 is a background class."""
    map: Annotated[dict[int, int], Field(strict=False)] | None = None
    """Output of the model by id of the dataset."""
    by: Literal["id", "name"] = "id"
    """`name` matches synset ids or names of both label sets."""
    valid_labels: bool = False
    """Whether only classes that occur in the dataset's annotations are scored, as if the model had no other outputs."""

    @model_validator(mode="after")
    def _check(self) -> Annotations:
        ways = [self.offset != 0, self.map is not None, self.by == "name"]
        if sum(ways) > 1:
            raise ValueError("give only one of offset, map and by: name")
        return self


class Metrics(_Section):
    """What is computed from the scores."""

    top_k: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False, min_length=1)] = (1, 5)
    """The k of top-k accuracy, ascending; never more than the number of classes is used."""
    per_class: bool = True
    """Whether the report shows precision, recall and F1 of every class."""
    calibration_bins: Annotated[int, Field(ge=2, le=100)] = 15
    """Number of equal-mass bins of the reliability diagram and of ECE."""

    @field_validator("top_k")
    @classmethod
    def _ascending(cls, top_k: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(top_k)))


class AccuracyConfiguration(_Section):
    """Everything that decides what number comes out."""

    preprocessing: Annotated[tuple[Step, ...], Field(strict=False, min_length=1)]
    """Steps in the order in which they are done; the first is `decode`."""
    outputs: Outputs = Outputs()
    annotations: Annotations = Annotations()
    metrics: Metrics = Metrics()

    @model_validator(mode="after")
    def _decode_first(self) -> AccuracyConfiguration:
        kinds = [_step_kind(step) for step in self.preprocessing]
        if kinds[:1] != ["decode"] or kinds.count("decode") > 1:
            raise ValueError("preprocessing starts with one decode step")
        return self

    @property
    def decode(self) -> Decode:
        """The first step."""
        step = self.preprocessing[0]
        assert isinstance(step, DecodeStep)
        return step.decode


class ResolvedConfiguration(Record):
    """A configuration with the origin of every value."""

    configuration: AccuracyConfiguration
    origins: dict[str, str]
    """For each value, by its path (``preprocessing.1.resize.size``), where it came from, e.g. ``the model's input is
    227 x 227`` or ``tutorial.yaml:3`` or ``default``."""
    notes: tuple[str, ...] = ()
    """Sentences a person should read, e.g. that a value is only the format's habit."""
