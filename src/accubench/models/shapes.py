"""Shapes, names and layouts of a model's inputs and outputs, and fixing the sizes that it leaves open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from accubench.errors import UnsupportedModelError, UsageError
from accubench.models.openvino_reading import short_reason
from accubench.models.openvino_runtime import load_openvino

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["dtype_name", "fix_input_shape", "image_layout", "name_ends", "shape_of", "tensor_name"]

_CHANNELS = {1, 3, 4}
_DTYPES = {
    "f32": "float32", "f16": "float16", "f64": "float64", "bf16": "bfloat16", "boolean": "bool",
    "u1": "uint1", "u2": "uint2", "u3": "uint3", "u4": "uint4", "u6": "uint6", "u8": "uint8", "u16": "uint16",
    "u32": "uint32", "u64": "uint64", "i4": "int4", "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64",
}  # fmt: skip


def dtype_name(element_type: ov.Type) -> str:
    """An element type in numpy's words; types that numpy lacks keep OpenVINO's name."""
    name = element_type.get_type_name()
    return _DTYPES.get(name, name)


def shape_of(end: ov.Output) -> tuple[int | None, ...] | None:
    """Sizes by axis with None where open; None where even the number of axes is open."""
    shape = end.get_partial_shape()
    if shape.rank.is_dynamic:
        return None
    return tuple(None if size.is_dynamic else size.get_length() for size in shape)


def name_ends(model: ov.Model) -> None:
    """Give every input and output that has no name the name of its node, so that all can be asked for by name."""
    for end in model.inputs:
        if not end.names:
            end.get_tensor().set_names({end.get_node().get_friendly_name()})
    for end in model.outputs:
        if not end.names:
            source = end.get_node().input_value(0)
            index = f".{source.get_index()}" if source.get_node().get_output_size() > 1 else ""
            end.get_tensor().set_names({source.get_node().get_friendly_name() + index})


def tensor_name(end: ov.Output) -> str:
    """One name for an input or output that may have several: its node's, else the first in alphabetical order."""
    node = end.get_node()
    source = node.input_value(0).get_node() if node.get_type_name() == "Result" else node
    friendly = source.get_friendly_name()
    return friendly if friendly in end.names else min(end.names)


def image_layout(path: Path, shape: tuple[int | None, ...] | None, stated: str | None) -> str:
    """The layout of the image input: the stated one, else from where the 1, 3 or 4 channels are.

    Args:
        path: The model, for messages.
        shape: Shape of the input.
        stated: ``NCHW`` or ``NHWC`` where the model or its format states it, else None.

    Returns:
        ``NCHW`` or ``NHWC``.

    Raises:
        UnsupportedModelError: The input is no image, or both layouts are possible and nothing states which.
    """
    if shape is None or len(shape) != 4:
        described = "open number of axes" if shape is None else f"input shape of {_shown(shape)}"
        raise UnsupportedModelError(
            f"{path} has an {described}; AccuBench feeds images as batch, channels, height, width "
            "(or channels last). Export the model with an image input of four axes."
        )
    if stated is not None:
        channels = shape[stated.index("C")]
        if channels in _CHANNELS | {None}:
            return stated
        raise UnsupportedModelError(
            f"The input of {path} has shape {_shown(shape)} and, by its layout {stated}, {channels} channels; "
            "AccuBench feeds images of 1, 3 or 4 channels."
        )
    fitting = [layout for layout in ("NCHW", "NHWC") if shape[layout.index("C")] in _CHANNELS]
    if len(fitting) == 1:
        return fitting[0]
    said = "channels first and channels last are both possible" if fitting else "no axis has 1, 3 or 4 channels"
    raise UnsupportedModelError(
        f"The layout of the input of {path} cannot be told from its shape {_shown(shape)}: {said}. "
        "Export the model with a fixed number of channels, or state the layout in an OpenVINO IR: "
        "model = openvino.convert_model(...); model.get_parameters()[0].set_layout(openvino.Layout('NCHW')); "
        "openvino.save_model(model, 'model.xml')."
    )


def fix_input_shape(path: Path, model: ov.Model, layout: str, *, asked: tuple[int, int] | None,
                    stated: tuple[int, int] | None) -> None:  # fmt: skip
    """Set the batch to 1 and fill in height and width where the model leaves them open.

    Args:
        path: The model, for messages.
        model: Is changed in place.
        layout: Of its input.
        asked: Height and width that the caller wants.
        stated: Height and width that metadata states; used where nothing is asked for and the model leaves them open.

    Raises:
        UsageError: The asked size contradicts the model's fixed one.
        UnsupportedModelError: The model cannot take such an input.
    """
    openvino = load_openvino()
    before = model.inputs[0].get_partial_shape()
    sizes = list(before)
    sizes[layout.index("N")] = openvino.Dimension(1)
    for axis, position in (("H", 0), ("W", 1)):
        size, index = sizes[layout.index(axis)], layout.index(axis)
        if size.is_static and asked is not None and size.get_length() != asked[position]:
            raise UsageError(
                f"The input of {path} is fixed to {_shown(shape_of(model.inputs[0]) or ())} ({layout}); an input of "
                f"{asked[0]} x {asked[1]} (height x width) was asked for. Leave the size away."
            )
        if size.is_dynamic and (asked or stated) is not None:
            sizes[index] = openvino.Dimension((asked or stated or (0, 0))[position])
    after = openvino.PartialShape(sizes)
    if after == before:
        return
    try:
        model.reshape({model.inputs[0]: after})
    except Exception as error:  # OpenVINO raises RuntimeError, and further kinds of its own between versions
        raise UnsupportedModelError(
            f"{path} cannot take one image of shape {after} ({layout}): {short_reason(error)} "
            "Give another input size, or export the model with the batch and size it shall run with (batch 1)."
        ) from error


def _shown(shape: tuple[int | None, ...]) -> str:
    """A shape for messages.

    >>> _shown((None, 3, 224, 224))
    '[?, 3, 224, 224]'
    """
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"
