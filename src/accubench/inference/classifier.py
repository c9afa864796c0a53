"""The face of an open model, whichever engine executes it."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Classifier"]


class Classifier(Protocol):
    """An open model that gives scores for one prepared image at a time to many threads.

    Prepared images go in as they come out of preprocessing: height x width x channels, uint8 or float32.
    The same image gives the same scores in whatever thread, whatever else is under way.
    """

    shape_hwc: tuple[int, int, int]
    """Shape of a prepared image."""
    dtype: np.dtype[Any]
    """Element type of a prepared image."""
    score_columns: int
    """Numbers that an image gives."""
    score_dtype: np.dtype[Any]
    execution_precision: str
    """What floating-point layers are executed in, e.g. ``f32``."""
    streams: int
    """Inferences that the engine executes at a time."""
    threads: int
    """Threads that it infers in; 0 where it does not tell."""
    optimal_requests: int
    """How many threads are to call `scores` for the best throughput."""

    @property
    def waiting_threads(self) -> int:
        """How many of the threads that call `scores` can be waiting while a core's worth of inference goes on."""
        ...

    def scores(self, image_hwc: NDArray[Any]) -> NDArray[Any]:
        """The scores of a C-contiguous prepared image as the model gives them, shape (score columns,), a copy.

        Raises:
            InferenceError: The engine failed.
        """
        ...

    def trial(self) -> NDArray[Any]:
        """Infer an empty image, without making the calling thread one of those that have a request of their own."""
        ...

    def close(self) -> None:
        """Let go of the model; no thread may be inside `scores`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
