"""A prototxt as the network it describes: inputs and layers in the order of the file, old spellings made modern."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models.caffe.messages import Message, NetState, NetStateRule, Shape, read_message
from accubench.models.caffe.prototxt import Block, Entry, parse_prototxt

__all__ = ["DeclaredInput", "Layer", "Network", "read_network"]

_LARGEST_BYTES = 16 * 2**20
_NETWORK_FIELDS = frozenset(
    {"name", "input", "input_dim", "input_shape", "force_backward", "state", "debug_info", "layer", "layers"}
)
_HEADER_FIELDS = frozenset(
    {
        "blob_share_mode",
        "blobs",
        "blobs_lr",
        "bottom",
        "exclude",
        "include",
        "loss_weight",
        "name",
        "param",
        "phase",
        "propagate_down",
        "top",
        "type",
        "weight_decay",
    }
)
_PARAMETER_FIELDS = frozenset(
    {
        "accuracy_param",
        "argmax_param",
        "batch_norm_param",
        "bias_param",
        "clip_param",
        "concat_param",
        "contrastive_loss_param",
        "convolution_param",
        "crop_param",
        "data_param",
        "dropout_param",
        "dummy_data_param",
        "eltwise_param",
        "elu_param",
        "embed_param",
        "exp_param",
        "flatten_param",
        "hdf5_data_param",
        "hdf5_output_param",
        "hinge_loss_param",
        "image_data_param",
        "infogain_loss_param",
        "inner_product_param",
        "input_param",
        "log_param",
        "loss_param",
        "lrn_param",
        "memory_data_param",
        "mvn_param",
        "norm_param",
        "parameter_param",
        "permute_param",
        "pooling_param",
        "power_param",
        "prelu_param",
        "python_param",
        "recurrent_param",
        "reduction_param",
        "relu6_param",
        "relu_param",
        "reshape_param",
        "scale_param",
        "shuffle_channel_param",
        "sigmoid_param",
        "slice_param",
        "softmax_param",
        "spp_param",
        "swish_param",
        "tanh_param",
        "threshold_param",
        "tile_param",
        "transform_param",
        "window_data_param",
    }
)
_V1_TYPES = {
    "ABSVAL": "AbsVal",
    "ACCURACY": "Accuracy",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "THRESHOLD": "Threshold",
    "WINDOW_DATA": "WindowData",
}
"""Layer types of the old `layers` form, by their modern names."""

_Read = TypeVar("_Read", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _LossWeight(Message):
    """The weight of each top of a loss layer."""

    loss_weight: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as the file describes it."""

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    file: str
    line: int
    """1-based line of the prototxt at which the layer begins."""
    block: Block

    @property
    def place(self) -> str:
        """Where the layer stands, to begin a message with."""
        return f"{self.file}:{self.line}: layer '{self.name}' ({self.type or 'no type'})"

    def read(self, field: str, kind: type[_Read], *, strict: bool = True) -> _Read:
        """The layer's parameters of one kind, with Caffe's defaults where they are not given.

        Args:
            field: The name of the field, e.g. ``convolution_param``.
            kind: The message that it holds.
            strict: False to pass over unknown fields.
        """
        blocks = _blocks(self.block, field, self.place)
        if len(blocks) > 1:
            raise BrokenModelError(f"{self.place}: the field '{field}' stands twice.")
        return read_message(kind, blocks[0] if blocks else None, self.place, strict=strict)

    def rules(self, field: str) -> list[NetStateRule]:
        """The rules of the layer's `include` or `exclude`."""
        return [read_message(NetStateRule, block, self.place) for block in _blocks(self.block, field, self.place)]

    @property
    def loss_weight(self) -> float:
        """How much a loss layer counts in training."""
        weights = read_message(_LossWeight, self.block, self.place, strict=False).loss_weight
        return weights[0] if weights else 1.0

    def refuse_unknown_fields(self) -> None:
        """Raise UnsupportedModelError for a field that no layer of Caffe has."""
        for entry in self.block.entries:
            if entry.name not in _HEADER_FIELDS and entry.name not in _PARAMETER_FIELDS:
                raise self.unsupported(
                    f"has the field '{entry.name}' (line {entry.line}), which AccuBench does not know. "
                    "Correct its spelling, or remove it if it does not change the layer's results"
                )

    def broken(self, message: str) -> BrokenModelError:
        """The error for a damaged layer, with its place in front of the message."""
        return BrokenModelError(f"{self.place} {message}.")

    def unsupported(self, message: str) -> UnsupportedModelError:
        """The error for a layer that is not imported, with its place in front of the message."""
        return UnsupportedModelError(f"{self.place} {message}.")


@dataclass(frozen=True, slots=True)
class DeclaredInput:
    """An input in the old style, declared outside of layers."""

    name: str
    shape: tuple[int, ...] | None
    """Sizes by axis as the file gives them, or None where it gives none."""
    line: int


@dataclass(frozen=True, slots=True)
class Network:
    """A prototxt's content, before phases are told apart."""

    file: str
    name: str
    inputs: tuple[DeclaredInput, ...]
    layers: tuple[Layer, ...]
    state: NetState


def read_network(prototxt: Path) -> Network:
    """Read a prototxt file.

    Raises:
        BrokenModelError: The file cannot be read, or its text or a field's value is wrong.
        UnsupportedModelError: The file is no network or uses the first of Caffe's three formats.
    """
    file = str(prototxt)
    try:
        size = prototxt.stat().st_size
        if size > _LARGEST_BYTES:
            raise BrokenModelError(f"{file} has {size:,} bytes; a network's description has a few thousand.")
        text = prototxt.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise BrokenModelError(f"{file} cannot be read: {error.strerror or error}.") from error
    root = parse_prototxt(text, file)
    _check_fields(root, file)
    layers = tuple(_read_layer(entry, file) for entry in root.entries if entry.name in {"layer", "layers"})
    names = [name for entry in root.all("name") for name in (_text(entry, file),)]
    states = _blocks(root, "state", file)
    return Network(
        file=file,
        name=names[0] if names else prototxt.stem,
        inputs=_declared_inputs(root, file),
        layers=layers,
        state=read_message(NetState, states[0] if states else None, file),
    )


def _check_fields(root: Block, file: str) -> None:
    for entry in root.entries:
        if entry.name not in _NETWORK_FIELDS:
            raise UnsupportedModelError(
                f"{file}:{entry.line}: a Caffe network has no field '{entry.name}'. Give the network's "
                "deploy.prototxt, not a solver, a mean file or the description of something else."
            )
    if "layer" not in root and "layers" not in root:
        raise BrokenModelError(f"{file} describes no layers; expected the deploy.prototxt of a Caffe network.")
    if "layer" in root and "layers" in root:
        raise BrokenModelError(f"{file} mixes 'layer' and the older 'layers'; Caffe reads one or the other.")


def _read_layer(entry: Entry, file: str) -> Layer:
    block = entry.value
    if not isinstance(block, Block):
        raise BrokenModelError(f"{file}:{entry.line}: the field '{entry.name}' should be a block in braces.")
    if entry.name == "layers" and "layer" in block:
        raise UnsupportedModelError(
            f"{file}:{entry.line}: this is the first of Caffe's three formats, with a layer inside of each layer; "
            "Caffe's tools upgrade_net_proto_text and upgrade_net_proto_binary turn such files into the last one."
        )
    single = {name: _single(block, name, file) for name in ("name", "type")}
    return Layer(
        name=_text(single["name"], file) if single["name"] else "",
        type=_type(single["type"], file, old=entry.name == "layers") if single["type"] else "",
        bottoms=tuple(_text(bottom, file) for bottom in block.all("bottom")),
        tops=tuple(_text(top, file) for top in block.all("top")),
        file=file,
        line=entry.line,
        block=block,
    )


def _type(entry: Entry, file: str, *, old: bool) -> str:
    value = entry.value
    if old and not isinstance(value, Block) and value.kind == "name":
        return _V1_TYPES.get(value.text, value.text)
    return _text(entry, file)


def _single(block: Block, name: str, file: str) -> Entry | None:
    entries = list(block.all(name))
    if len(entries) > 1:
        raise BrokenModelError(f"{file}:{entries[1].line}: the field '{name}' stands twice in one layer.")
    return entries[0] if entries else None


def _text(entry: Entry, file: str) -> str:
    value = entry.value
    if isinstance(value, Block) or value.kind != "string":
        raise BrokenModelError(f"{file}:{entry.line}: the field '{entry.name}' should be text in quotes.")
    return value.text


def _blocks(block: Block, name: str, place: str) -> list[Block]:
    found: list[Block] = []
    for entry in block.all(name):
        if not isinstance(entry.value, Block):
            raise BrokenModelError(f"{place}: the field '{name}' (line {entry.line}) should be a block in braces.")
        found.append(entry.value)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _InputDimensions(Message):
    """The oldest way to give shapes: four sizes for each input, one after the other."""

    input_dim: tuple[int, ...] = ()


def _declared_inputs(root: Block, file: str) -> tuple[DeclaredInput, ...]:
    names = list(root.all("input"))
    sizes = read_message(_InputDimensions, root, file, strict=False).input_dim
    shapes = [read_message(Shape, block, file).dim for block in _blocks(root, "input_shape", file)]
    if sizes and not shapes:
        if len(sizes) != 4 * len(names):
            line = next(root.all("input_dim")).line
            raise BrokenModelError(
                f"{file}:{line}: {len(sizes)} input_dim for {len(names)} inputs; each input has exactly four."
            )
        shapes = [sizes[start : start + 4] for start in range(0, len(sizes), 4)]
    if shapes and len(shapes) != len(names):
        raise BrokenModelError(f"{file}: {len(shapes)} shapes are given for {len(names)} inputs; each needs one.")
    return tuple(
        DeclaredInput(_text(entry, file), shapes[index] if shapes else None, entry.line)
        for index, entry in enumerate(names)
    )
