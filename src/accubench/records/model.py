"""What is known of a model."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from accubench.records.base import Record
from accubench.records.class_names import ClassNames
from accubench.records.quantization import QuantizationRecipe

__all__ = ["Model", "ModelDescription", "ModelFile", "ModelMetadata", "Quantization", "ScoreKind", "TensorDescription"]

ModelFormat = Literal["openvino", "onnx", "tflite", "caffe", "savedmodel", "torch-export", "torchscript"]
ScoreKind = Literal["logits", "probabilities", "unknown"]
"""What the outputs are. ``unknown``: the graph does not say, the numbers decide."""
_NO_ARITHMETIC = ("The graph resizes ", "The graph reverses ")


class Quantization(Record):
    """How integers stand for real values: ``real = (integer - zero_point) * scale``."""

    scale: float
    zero_point: int


class TensorDescription(Record):
    """One input or output of a model."""

    name: str
    shape: tuple[int | None, ...]
    """Sizes by axis, batch included; None where the model leaves a size open."""
    dtype: str
    """Element type in numpy's words, e.g. ``float32`` or ``uint8``."""
    layout: str | None = None
    """``NCHW`` or ``NHWC`` for images, ``NC`` for class scores."""
    quantization: Quantization | None = None
    """For integer tensors, what the integers mean."""

    @property
    def size_hw(self) -> tuple[int, int] | None:
        """Height and width in pixels of an image tensor, or None where they are open or it is no image."""
        if self.layout not in {"NCHW", "NHWC"}:
            return None
        height, width = self.shape[self.layout.index("H")], self.shape[self.layout.index("W")]
        return None if height is None or width is None else (height, width)

    @property
    def channels(self) -> int | None:
        """The number of colour channels of an image tensor, or None where it is open or it is no image."""
        return self.shape[self.layout.index("C")] if self.layout in {"NCHW", "NHWC"} else None


class ModelMetadata(Record):
    """What a model file, or a file beside it, says of preprocessing; None where it says nothing.

    Every value that is not None has an entry of the same name in `origins`.
    """

    color: Literal["RGB", "BGR", "gray"] | None = None
    mean: tuple[float, ...] | None = None
    """Subtracted from pixels of 0 to 255, in the channel order of `color`."""
    scale: tuple[float, ...] | None = None
    """Divides the difference, in the units of pixels of 0 to 255."""
    size_hw: tuple[int, int] | None = None
    """Height and width in pixels of the network's input."""
    resize_mode: Literal["stretch", "shorter_side", "letterbox"] | None = None
    resize_size: int | tuple[int, int] | None = None
    """Pixels of the shorter side, or height and width, before a crop."""
    resize_library: Literal["opencv", "pillow"] | None = None
    interpolation: str | None = None
    """In the words of the accuracy configuration, e.g. ``bilinear``."""
    crop_fraction: float | None = None
    """Share of each side that a centre crop keeps."""
    crop_first: bool | None = None
    """True where the crop comes before the resize, as TF-slim does."""
    crop_rounding: Literal["floor", "half_even"] | None = None
    """Where a centre crop begins when the margin is odd, in the words of the accuracy configuration."""
    letterbox_fill: int | None = None
    """Grey value from 0 to 255 around a letterboxed image."""
    origins: dict[str, str] = Field(default_factory=dict)
    """For each value, where it was read, e.g. ``onnx metadata 'mean'``."""


class ModelDescription(Record):
    """What the file of a model tells about it."""

    format: ModelFormat
    inputs: tuple[TensorDescription, ...]
    """Exactly one: the image."""
    outputs: tuple[TensorDescription, ...]
    """All outputs; `scores_output` names the one that holds class scores."""
    scores_output: str
    class_count: int
    """Number of classes that scores are given for; 2 for one sigmoid output."""
    single_output: bool = False
    """True where one number stands for two classes: the score of class 1."""
    score_kind: ScoreKind
    score_kind_reason: str
    """Why, e.g. ``the graph ends in Softmax 'prob'``."""
    background_class: bool
    """True where output 0 is likely a background class."""
    background_reason: str
    parameters: int
    """Number of weights."""
    weight_precisions: dict[str, int]
    """Number of weights by element type, e.g. ``{"float32": 1235496}``."""
    preprocessing_in_graph: tuple[str, ...] = ()
    """Sentences about preprocessing that the graph does itself, e.g. a subtraction next to the input."""
    metadata: ModelMetadata = ModelMetadata()
    class_names: ClassNames | None = None
    configuration_yaml: str | None = None
    """The accuracy configuration that AccuBench wrote into the file when it made the model, as YAML."""
    notes: tuple[str, ...] = ()
    """Sentences a person should read, e.g. that labels beside the model were ignored, and why."""

    @property
    def normalization_in_graph(self) -> tuple[str, ...]:
        """The sentences of `preprocessing_in_graph` about arithmetic; the others leave the values of pixels alone."""
        return tuple(text for text in self.preprocessing_in_graph if not text.startswith(_NO_ARITHMETIC))

    @property
    def integer_share(self) -> float:
        """Share of the weights that are stored as integers, from 0 to 1: most of them in a quantised model."""
        integers = sum(count for dtype, count in self.weight_precisions.items() if "int" in dtype)
        return integers / self.parameters if self.parameters else 0.0

    @property
    def input(self) -> TensorDescription:
        """The image input."""
        return self.inputs[0]

    @property
    def scores(self) -> TensorDescription:
        """The output that holds class scores."""
        return next(output for output in self.outputs if output.name == self.scores_output)


class ModelFile(Record):
    """One file of a model as it was imported."""

    name: str
    """Relative to the folder of the main file, e.g. ``model.onnx`` or ``variables/variables.index``."""
    size_bytes: int
    sha256: str
    network: bool = True
    """Whether it holds the network itself; False for files beside it that only tell about labels or preprocessing."""


class Model(Record):
    """A model in the workspace: original as imported, or optimised from its parent."""

    id: str
    name: str
    version: int
    """1 for the first content imported under `name`, 2 for the next."""
    content_sha256: str
    """Identifies the content: a hash over the hashes of all files."""
    files: tuple[ModelFile, ...]
    """The main file (the one to open) first."""
    source: str
    """Absolute path that it was imported from."""
    input_size_hw: tuple[int, int] | None = None
    """Height and width in pixels that were given when it was imported, where the model leaves them open."""
    parent_id: str | None = None
    """The model that this one was made from; None for an original model."""
    description: ModelDescription
    imported_at: datetime
    recipe: QuantizationRecipe | None = None
    """How it was made from its parent; None for an original model."""

    @property
    def image_size_hw(self) -> tuple[int, int] | None:
        """Height and width in pixels of the images that it takes, or None where its files leave them open."""
        return self.description.input.size_hw or self.input_size_hw or self.description.metadata.size_hw

    @property
    def size_bytes(self) -> int:
        """Size of the network's files."""
        return sum(file.size_bytes for file in self.files if file.network)
