"""What the builder of one layer works with: the layer, the values it reads, its weights, and words for refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accubench.models.caffe.caffemodel import Blob
from accubench.models.caffe.network import Layer

__all__ = ["Site"]


@dataclass(frozen=True, slots=True)
class Site:
    """The place in the OpenVINO graph where one layer is built."""

    layer: Layer
    inputs: tuple[Any, ...]
    """An `openvino.Output` for each bottom; shapes are static, the batch is 1."""
    operations: Any
    """The module of OpenVINO's operations."""
    find_blobs: Callable[[], tuple[Blob, ...] | None]
    """Gives the layer's weights, or None where the caffemodel has none for it."""
    caffemodel: str
    """Name of the file with the weights, for messages."""
    declared_batch: int
    """The batch size that the prototxt gives the input; the model gets 1."""

    @property
    def x(self) -> Any:
        """The first bottom."""
        return self.inputs[0]

    def shape(self, index: int = 0) -> tuple[int, ...]:
        """Sizes by axis of a bottom."""
        return tuple(self.inputs[index].get_shape())

    def expect_bottoms(self, *counts: int) -> None:
        """Refuse the layer unless it has one of these numbers of bottoms."""
        if len(self.inputs) not in counts:
            expected = " or ".join(str(count) for count in counts)
            raise self.layer.broken(f"has {len(self.inputs)} bottoms; expected {expected}")

    def expect_image(self, index: int = 0) -> tuple[int, int, int, int]:
        """Batch, channels, height and width of a bottom, which must have these four axes."""
        shape = self.shape(index)
        if len(shape) != 4:
            raise self.layer.unsupported(
                f"works on batch, channels, height and width; its bottom has the shape {shape}"
            )
        return shape[0], shape[1], shape[2], shape[3]

    def expect_channels(self) -> int:
        """The number of channels of the first bottom, its second axis."""
        shape = self.shape()
        if len(shape) < 2:
            raise self.layer.unsupported(f"needs channels; its bottom has the shape {shape}")
        return shape[1]

    def axis(self, axis: int, *, rank: int | None = None) -> int:
        """`axis` counted from the front, where -1 is the last one; refused unless below `rank`."""
        rank = len(self.shape()) if rank is None else rank
        if not -rank <= axis < rank:
            raise self.layer.broken(f"has the axis {axis}, but its bottom has the shape {self.shape()}")
        return axis % rank

    def weights(self, **expected: tuple[int, ...]) -> list[NDArray[np.float32]]:
        """The layer's blobs in the shapes they must have.

        Axes of size 1 are not compared: the older formats write (1, 1, 1, 64) for (64,), which is the same order of
        numbers.

        Args:
            expected: The shape of each blob by what it is for, in the order of the file.

        Raises:
            BrokenModelError: Blobs are missing, left over, or of another size.
        """
        wanted = ", ".join(f"{role.replace('_', ' ')} {shape}" for role, shape in expected.items())
        blobs = self.find_blobs()
        if blobs is None:
            raise self.layer.broken(
                f"needs weights ({wanted}), but {self.caffemodel} has none for a layer of this name. "
                "Check that prototxt and caffemodel belong together"
            )
        if len(blobs) != len(expected):
            found = ", ".join(str(blob.shape) for blob in blobs)
            raise self.layer.broken(
                f"needs {len(expected)} blobs of weights ({wanted}), but {self.caffemodel} has "
                f"{len(blobs)} ({found}). Check that prototxt and caffemodel belong together"
            )
        return [self._checked(blob, role, shape) for blob, (role, shape) in zip(blobs, expected.items(), strict=True)]

    def constant(self, values: ArrayLike, role: str) -> Any:
        """A float32 constant called after the layer and what it is for."""
        with np.errstate(over="ignore"):  # a number beyond float32 is infinite, as it is in Caffe
            node = self.operations.constant(np.ascontiguousarray(values, np.float32))
        node.set_friendly_name(f"{self.layer.name}/{role}")
        return node

    def biased(self, node: Any, bias: ArrayLike) -> Any:
        """`node` plus a bias; the sum gets the layer's name, so the node is called as OpenVINO calls such ones."""
        node.set_friendly_name(f"{self.layer.name}/WithoutBiases")
        return self.operations.add(node, self.constant(bias, "bias"))

    def integers(self, values: ArrayLike) -> Any:
        """An int64 constant, for shapes and axes."""
        return self.operations.constant(np.asarray(values, np.int64))

    def reshaped(self, value: Any, pattern: list[int]) -> Any:
        """`value` in the shape `pattern`, where 0 copies the size of the same axis and -1 is inferred."""
        return self.operations.reshape(value, self.integers(pattern), special_zero=True)

    def _checked(self, blob: Blob, role: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        if [size for size in blob.shape if size != 1] != [size for size in shape if size != 1]:
            raise self.layer.broken(
                f"needs {role.replace('_', ' ')} of the shape {shape}, but {self.caffemodel} has {blob.shape}. "
                "Check that prototxt and caffemodel belong together"
            )
        try:
            return blob.values().reshape(shape)
        except ValueError as error:
            damaged = role.replace("_", " ")
            raise self.layer.broken(f"has damaged {damaged} in {self.caffemodel}: {error}") from error
