"""A model executed from its own file by an engine of its own format: what OpenVINO's scores are held against."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from accubench.records.model import TensorDescription

__all__ = ["ModelSource", "ReferenceClassifier", "Run", "only_first", "position_of_output"]

Run = Callable[[NDArray[Any]], NDArray[Any]]
"""Infers one prepared image, height x width x channels; gives the output's numbers in whatever shape."""

_STORED = {"float16": np.float32, "float64": np.float32}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """A model's file, and how its input and output are to be used."""

    path: Path
    """The main file; what belongs to it lies beside it."""
    model_input: TensorDescription
    output_names: tuple[str, ...]
    """All outputs, in the model's order."""
    scores_output: str
    shape_hwc: tuple[int, int, int]
    """Shape of a prepared image."""
    dtype: np.dtype[Any]
    """Element type of a prepared image."""


class ReferenceClassifier:
    """Gives every thread what it infers with; each inference is done by the thread that asks for it, on one core.

    With one thread an inference sums in one order only, so that the same image always gives the same scores.

    Args:
        source: The model.
        open_run: Makes what one thread infers with; called once for each thread.
        threads: How many threads are expected.

    Raises:
        InferenceError: The engine refuses the model.
    """

    execution_precision = "f32"
    waiting_threads = 0

    def __init__(self, source: ModelSource, open_run: Callable[[], Run], *, threads: int) -> None:
        self.shape_hwc, self.dtype = source.shape_hwc, source.dtype
        self.streams = self.threads = self.optimal_requests = threads
        self._open_run = open_run
        self._lock = threading.Lock()
        self._local = threading.local()
        self._resting = [open_run()]
        example = self.trial()
        self.score_columns, self.score_dtype = int(example.size), example.dtype

    def scores(self, image_hwc: NDArray[Any]) -> NDArray[Any]:
        """As `Classifier.scores`."""
        run: Run | None = getattr(self._local, "run", None)
        if run is None:
            with self._lock:
                run = self._resting.pop() if self._resting else self._open_run()
            self._local.run = run
        return _row(run(image_hwc))

    def trial(self) -> NDArray[Any]:
        """As `Classifier.trial`."""
        run = self._resting.pop()
        try:
            return _row(run(np.zeros(self.shape_hwc, self.dtype)))
        finally:
            self._resting.append(run)

    def close(self) -> None:
        """As `Classifier.close`."""
        self._resting.clear()
        self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def only_first(output: NDArray[Any], batch: int) -> NDArray[Any]:
    """The numbers of the first image, where a network of a fixed batch was given the same image that many times.

    >>> only_first(np.array([[1, 2], [1, 2]]), 2).tolist()
    [[1, 2]]
    """
    return output[:1] if batch > 1 and output.ndim and output.shape[0] == batch else output


def position_of_output(source: ModelSource, names: Sequence[str]) -> int:
    """Which of the engine's outputs holds the scores: the one of that name, else the one at its place.

    OpenVINO gives names of its own to outputs that have none; the order is the file's in every engine.

    Args:
        source: What is wanted.
        names: What the engine calls its outputs.
    """
    wanted = source.scores_output
    return names.index(wanted) if wanted in names else source.output_names.index(wanted)


def _row(output: NDArray[Any]) -> NDArray[Any]:
    return output.reshape(-1).astype(_STORED.get(output.dtype.name, output.dtype), copy=True)
