"""The shape of a network's input, from wherever a prototxt says it."""

from __future__ import annotations

import math

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models.caffe.messages import DataSource, Input, Transformation
from accubench.models.caffe.network import DeclaredInput, Layer
from accubench.models.caffe.resolving import DATA_LAYERS, GraphInput

__all__ = ["LARGEST_TENSOR", "input_shape"]

LARGEST_TENSOR = 2**28
"""Numbers in one tensor: 1 GiB of float32, far above what classifiers hold."""
_ADVICE = (
    "Give the network's deploy.prototxt, or replace it in this file with a layer of type Input and "
    "`input_param { shape { dim: 1 dim: 3 dim: 224 dim: 224 } }`"
)


def input_shape(source: GraphInput, *, file: str, channels: int | None) -> tuple[tuple[int, ...], int]:
    """Sizes by axis of an input for a batch of one image, and the batch size that the file gives.

    Args:
        source: The input.
        file: The prototxt, for messages.
        channels: How many channels the first convolution's weights expect, where that is known; decides for data
            layers, which do not say whether their images are grey.

    Raises:
        UnsupportedModelError: The file does not give the shape.
        BrokenModelError: The shape cannot be that of an image.
    """
    if isinstance(source.source, Layer):
        place, shape = source.source.place, _data_shape(source.source, source.top, channels)
    else:
        place, shape = f"{file}:{source.source.line}: input '{source.name}'", _declared_shape(source.source, file)
    batch, shape = shape[0] if shape else 1, (1, *shape[1:])
    if len(shape) < 2 or any(size < 1 for size in shape):
        raise BrokenModelError(f"{place} has the shape {shape}; expected batch, channels, height and width above 0.")
    if math.prod(shape) > LARGEST_TENSOR:
        raise UnsupportedModelError(f"{place} has the shape {shape}: more numbers than AccuBench takes for an image.")
    return shape, batch


def _declared_shape(declared: DeclaredInput, file: str) -> tuple[int, ...]:
    if declared.shape is None:
        raise UnsupportedModelError(f"{file}:{declared.line}: the input '{declared.name}' has no shape. {_ADVICE}.")
    return declared.shape


def _data_shape(layer: Layer, top: int, channels: int | None) -> tuple[int, ...]:
    if layer.type == "Input":
        shapes = [shape.dim for shape in layer.read("input_param", Input).shape]
        if len(shapes) not in {1, len(layer.tops)}:
            raise layer.unsupported(f"gives {len(shapes)} shapes for {len(layer.tops)} tops. {_ADVICE}")
        return shapes[top if len(shapes) > 1 else 0]
    if top > 0:
        raise layer.unsupported(f"feeds labels ('{layer.tops[top]}') into the network's scores. {_ADVICE}")
    data = layer.read(DATA_LAYERS[layer.type], DataSource, strict=False)
    if data.shape:
        return data.shape[0].dim
    if data.channels and data.height and data.width:
        return (1, data.channels[0], data.height[0], data.width[0])
    transformation = layer.read("transform_param", Transformation, strict=False)
    height, width = _cropped_size(data, transformation)
    if not height or not width:
        raise layer.unsupported(f"does not say how large its images are (no crop_size). {_ADVICE}")
    grey = transformation.force_gray or not data.is_color
    return (1, channels or (1 if grey else 3), height, width)


def _cropped_size(data: DataSource, transformation: Transformation) -> tuple[int, int]:
    if transformation.crop_h and transformation.crop_w:
        return transformation.crop_h, transformation.crop_w
    crop = transformation.crop_size or data.crop_size
    return (crop, crop) if crop else (data.new_height, data.new_width)
