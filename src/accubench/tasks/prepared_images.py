"""Prepared images that are gone through again and again: by calibration, and by the validation of many networks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

from accubench.preprocessing import input_batch
from accubench.records.model import TensorDescription

__all__ = ["InputBatches", "PreparedImages"]

_LARGEST_BYTES = 512 * 2**20


class PreparedImages:
    """Prepares the images of rows, and keeps as many of them as fit into half a GiB; for many threads at once.

    Args:
        prepare: Makes the prepared image of a row, height x width x channels; raises ImageError.
        limit_bytes: How much memory kept images may take.
    """

    def __init__(self, prepare: Callable[[int], NDArray[Any]], *, limit_bytes: int = _LARGEST_BYTES) -> None:
        self._prepare, self._left_bytes = prepare, limit_bytes
        self._kept: dict[int, NDArray[Any]] = {}
        self._lock = threading.Lock()

    def __call__(self, row: int) -> NDArray[Any]:
        """The prepared image of a row; it must not be written to.

        Raises:
            ImageError: The image cannot be used.
        """
        image = self._kept.get(row)
        if image is None:
            image = self._prepare(row)
            with self._lock:
                if row not in self._kept and image.nbytes <= self._left_bytes:
                    self._left_bytes -= image.nbytes
                    self._kept[row] = image
        return image


class InputBatches:
    """Images of some rows, each as a batch of one as the network's own input takes it, made when it is asked for.

    Args:
        images: Prepares them.
        rows: Which ones, in order.
        model_input: The network's input.
    """

    def __init__(self, images: PreparedImages, rows: Sequence[int], model_input: TensorDescription) -> None:
        self._images, self._rows, self._model_input = images, rows, model_input

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int, /) -> NDArray[Any]:
        return input_batch(self._images(self._rows[index]), self._model_input)
