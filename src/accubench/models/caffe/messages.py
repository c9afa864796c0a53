"""What the blocks of a prototxt may hold: each message of Caffe's format as a dataclass, and the reading of one.

The fields of a dataclass are the fields of the message; annotations say how a value is read, defaults are Caffe's,
None stands for "not given" where Caffe asks that.
An enumeration is a `Literal` whose choices are in the order of Caffe's numbers.
Fields that matter to training or to Caffe's own engines only are listed in `IGNORED`; every other unknown field is an
error, because it could change what the layer computes.
"""

from __future__ import annotations

import functools
import math
import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, Literal, TypeVar

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models.caffe.prototxt import Block, Entry, Scalar

__all__ = [
    "BatchNorm",
    "Broadcast",
    "Clip",
    "Concat",
    "Convolution",
    "Crop",
    "DataSource",
    "Dropout",
    "Eltwise",
    "Elu",
    "Flatten",
    "InnerProduct",
    "Input",
    "Lrn",
    "Message",
    "NetState",
    "NetStateRule",
    "PRelu",
    "Permute",
    "Pooling",
    "Power",
    "Reduction",
    "Relu",
    "Reshape",
    "Shape",
    "ShuffleChannel",
    "Slice",
    "Softmax",
    "Swish",
    "Transformation",
    "read_message",
]

_INT64 = 2**63
_Read = TypeVar("_Read", bound="Message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of Caffe's format."""

    IGNORED: ClassVar[frozenset[str]] = frozenset({"engine"})
    """Fields that change nothing about the numbers of inference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Message):
    """Sizes by axis."""

    dim: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetState(Message):
    """What include and exclude rules are held against; the phase is always TEST here."""

    phase: Literal["TRAIN", "TEST"] = "TEST"
    level: int = 0
    stage: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetStateRule(Message):
    """A rule of `include` or `exclude`; it is met when everything it names is."""

    phase: Literal["TRAIN", "TEST"] | None = None
    min_level: int | None = None
    max_level: int | None = None
    stage: tuple[str, ...] = ()
    not_stage: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input(Message):
    """Shapes of an Input layer's tops: one for each, or one for all."""

    shape: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation(Message):
    """What a data layer does to its images, as far as it tells the network's input."""

    IGNORED: ClassVar[frozenset[str]] = frozenset({"mirror", "scale", "mean_file", "mean_value"})
    crop_size: int = 0
    crop_h: int = 0
    crop_w: int = 0
    force_color: bool = False
    force_gray: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource(Message):
    """The fields of all kinds of data layers that tell a size."""

    crop_size: int = 0
    new_height: int = 0
    new_width: int = 0
    is_color: bool = True
    shape: tuple[Shape, ...] = ()
    num: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    height: tuple[int, ...] = ()
    width: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Convolution(Message):
    """Convolution and Deconvolution; sizes once for both directions, once for each, or by name."""

    IGNORED: ClassVar[frozenset[str]] = frozenset({"engine", "weight_filler", "bias_filler", "force_nd_im2col"})
    num_output: int = 0
    bias_term: bool = True
    pad: tuple[int, ...] = ()
    kernel_size: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    pad_h: int | None = None
    pad_w: int | None = None
    kernel_h: int | None = None
    kernel_w: int | None = None
    stride_h: int | None = None
    stride_w: int | None = None
    group: int = 1
    axis: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooling(Message):
    """Pooling; `ceil_mode` is how a fork writes `round_mode`."""

    pool: Literal["MAX", "AVE", "STOCHASTIC"] = "MAX"
    pad: tuple[int, ...] = ()
    kernel_size: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    pad_h: int | None = None
    pad_w: int | None = None
    kernel_h: int | None = None
    kernel_w: int | None = None
    stride_h: int | None = None
    stride_w: int | None = None
    global_pooling: bool = False
    round_mode: Literal["CEIL", "FLOOR"] = "CEIL"
    ceil_mode: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerProduct(Message):
    """A fully connected layer over all axes from `axis` on."""

    IGNORED: ClassVar[frozenset[str]] = frozenset({"engine", "weight_filler", "bias_filler"})
    num_output: int = 0
    bias_term: bool = True
    axis: int = 1
    transpose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lrn(Message):
    """Local response normalisation."""

    local_size: int = 5
    alpha: float = 1.0
    beta: float = 0.75
    norm_region: Literal["ACROSS_CHANNELS", "WITHIN_CHANNEL"] = "ACROSS_CHANNELS"
    k: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchNorm(Message):
    """Normalisation with stored mean and variance."""

    IGNORED: ClassVar[frozenset[str]] = frozenset({"engine", "moving_average_fraction"})
    use_global_stats: bool | None = None
    eps: float = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast(Message):
    """Scale and Bias: a factor or summand that covers `num_axes` axes from `axis` on."""

    IGNORED: ClassVar[frozenset[str]] = frozenset({"engine", "filler", "bias_filler"})
    axis: int = 1
    num_axes: int = 1
    bias_term: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relu(Message):
    """ReLU, leaky where `negative_slope` is not 0."""

    negative_slope: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PRelu(Message):
    """ReLU with a learned slope, one for each channel or one for all."""

    IGNORED: ClassVar[frozenset[str]] = frozenset({"engine", "filler"})
    channel_shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Elu(Message):
    """Exponential linear unit."""

    alpha: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Swish(Message):
    """x * sigmoid(beta * x)."""

    beta: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip(Message):
    """Limits of a Clip layer."""

    min: float = -math.inf
    max: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Power(Message):
    """Power, Exp and Log: a function of shift + scale * x."""

    power: float = 1.0
    base: float = -1.0
    scale: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Eltwise(Message):
    """Element by element over all bottoms."""

    IGNORED: ClassVar[frozenset[str]] = frozenset({"engine", "stable_prod_grad"})
    operation: Literal["PROD", "SUM", "MAX"] = "SUM"
    coeff: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat(Message):
    """Concatenation along `axis`, or its old name `concat_dim`."""

    axis: int | None = None
    concat_dim: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Message):
    """Cuts along `axis`, or its old name `slice_dim`, before each slice point."""

    axis: int | None = None
    slice_dim: int | None = None
    slice_point: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax(Message):
    """Softmax along one axis."""

    axis: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Flatten(Message):
    """Makes one axis of those from `axis` to `end_axis`."""

    axis: int = 1
    end_axis: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshape(Message):
    """A new shape for the axes from `axis` on; 0 copies a size, -1 is inferred."""

    shape: Shape = Shape()
    axis: int = 0
    num_axes: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Permute(Message):
    """A new order of axes; axes that are not named follow in their own order."""

    order: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffleChannel(Message):
    """Interleaves groups of channels."""

    group: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop(Message):
    """Cuts the axes from `axis` on to the size of the second bottom."""

    axis: int = 2
    offset: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction(Message):
    """Reduces all axes from `axis` on; Caffe numbers its operations from 1."""

    operation: Literal["NONE", "SUM", "ASUM", "SUMSQ", "MEAN"] = "SUM"
    axis: int = 0
    coeff: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout(Message):
    """Dropout; a fork scales at test time instead of training time."""

    dropout_ratio: float = 0.5
    scale_train: bool = True


def read_message(kind: type[_Read], block: Block | None, place: str, *, strict: bool = True) -> _Read:
    """Read a block of a prototxt as a message.

    Args:
        kind: The message, a dataclass of this module.
        block: The block, or None for a message that is not given: everything has its default.
        place: What the block belongs to, for messages, starting with the file: ``net.prototxt``, or
            ``net.prototxt:7: layer 'conv1' (Convolution)``.
        strict: False to pass over unknown fields, for messages of which only a part is of interest.

    Raises:
        BrokenModelError: A value is not of its field's type, or a field stands twice.
        UnsupportedModelError: A field is not known.
    """
    if block is None:
        return kind()
    readers = _readers(kind)
    values: dict[str, Any] = {}
    for entry in block.entries:
        reader = readers.get(entry.name)
        if reader is None:
            if strict and entry.name not in kind.IGNORED:
                raise UnsupportedModelError(
                    f"{place} has the field '{entry.name}' (line {entry.line}), which AccuBench does not know; "
                    "it may change the layer's results. Remove the field if it does not."
                )
            continue
        annotation, repeated = reader
        value = _value(annotation, entry, place, strict=strict)
        if not repeated and entry.name in values:
            raise _error(place, entry, "stands twice")
        values[entry.name] = (*values.get(entry.name, ()), value) if repeated else value
    return kind(**values)


@functools.cache
def _readers(kind: type[Message]) -> dict[str, tuple[Any, bool]]:
    """For each field the type of one value, and whether it may stand several times."""
    hints = typing.get_type_hints(kind)
    readers: dict[str, tuple[Any, bool]] = {}
    for name in (field.name for field in fields(kind)):
        annotation = hints[name]
        if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
            annotation = typing.get_args(annotation)[0]
        repeated = typing.get_origin(annotation) is tuple
        readers[name] = (typing.get_args(annotation)[0] if repeated else annotation, repeated)
    return readers


def _value(annotation: Any, entry: Entry, place: str, *, strict: bool) -> Any:
    value = entry.value
    if is_dataclass(annotation):
        if isinstance(value, Scalar):
            raise _error(place, entry, "should be a block in braces")
        return read_message(typing.cast("type[Message]", annotation), value, place, strict=strict)
    if isinstance(value, Block):
        raise _error(place, entry, "should be a single value, not a block")
    if typing.get_origin(annotation) is Literal:
        return _choice(typing.get_args(annotation), value, entry, place)
    read, expected = _SCALARS[annotation]
    try:
        return read(value)
    except ValueError as error:
        raise _error(place, entry, f"should be {expected}, not '{value.text[:40]}'") from error


def _choice(choices: tuple[str, ...], value: Scalar, entry: Entry, place: str) -> str:
    if value.kind == "number" and value.text in (numbers := [str(index) for index in range(len(choices))]):
        return choices[numbers.index(value.text)]
    if value.kind == "string" or value.text not in choices:
        raise _error(place, entry, f"should be one of {', '.join(choices)}, not '{value.text[:40]}'")
    return value.text


def _integer(value: Scalar) -> int:
    if value.kind != "number":
        raise ValueError
    number = int(value.text, 0) if "x" in value.text.lower() else int(value.text)
    if not -_INT64 <= number < _INT64:
        raise ValueError
    return number


def _real(value: Scalar) -> float:
    if value.kind == "string":
        raise ValueError
    text = value.text.lower()
    if "x" in text:
        return float(int(text, 16))
    return float(text if text.endswith("inf") else text.removesuffix("f"))


def _flag(value: Scalar) -> bool:
    if value.kind == "string" or value.text not in {"true", "True", "t", "1", "false", "False", "f", "0"}:
        raise ValueError
    return value.text in {"true", "True", "t", "1"}


def _text(value: Scalar) -> str:
    if value.kind != "string":
        raise ValueError
    return value.text


_SCALARS: dict[Any, tuple[Any, str]] = {
    int: (_integer, "a whole number"),
    float: (_real, "a number"),
    bool: (_flag, "true or false"),
    str: (_text, "text in quotes"),
}


def _error(place: str, entry: Entry, message: str) -> BrokenModelError:
    return BrokenModelError(f"{place}: the field '{entry.name}' (line {entry.line}) {message}.")
