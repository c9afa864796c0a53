"""OpenVINO as an engine: a network on a device, giving scores for one prepared image at a time to many threads."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from accubench.errors import InferenceError
from accubench.inference.network import (
    LARGEST_FORMS_BYTES,
    CompiledForms,
    Compiler,
    Hint,
    NetworkSource,
    Request,
)
from accubench.records.execution import USUAL_EXECUTION, Execution

__all__ = ["OpenVINOClassifier"]

_IN_THIS_THREAD = {"NUM_STREAMS": "0", "INFERENCE_NUM_THREADS": "1", "ENABLE_CPU_PINNING": "NO"}


class OpenVINOClassifier:
    """A compiled model with one inference request per thread that uses it.

    Prepared images go in as they come out of preprocessing: height x width x channels, uint8 or float32.
    Changing their layout to NCHW and their type to the model's happens inside the graph, where both are exact.

    Where `own_networks` is asked for, on the CPU and with weights that are not too large, every thread has a network of
    its own, without OpenVINO's streams: inference then runs in the thread that prepared the image, with no hand-over
    to another one and back for every image and no moving between cores.
    Otherwise threads share one network, and the device's streams do the work.

    No callback into Python is registered anywhere and nothing runs asynchronously, so that OpenVINO's threads never
    need Python's lock, and `close` drops requests before networks.

    Args:
        source: The network and how to use it.
        device: OpenVINO's name of the device.
        execution: Precision and kernels.
        hint: Whether many images a second or a short time for each is wanted.
        own_networks: How many threads are to have networks of their own; 0 to share one.
        kept: Where compiled forms are kept between runs.

    Raises:
        UnsupportedModelError: The model does not accept images of that shape.
        InferenceError: The device refuses the model.
    """

    def __init__(
        self,
        source: NetworkSource,
        *,
        device: str = "CPU",
        execution: Execution = USUAL_EXECUTION,
        hint: Hint = "throughput",
        own_networks: int = 0,
        kept: CompiledForms | None = None,
    ) -> None:
        self.shape_hwc = source.shape_hwc
        self.dtype = source.dtype
        options = {"PERFORMANCE_HINT": hint.upper(), **_options(execution)}
        self._scores_output = source.scores_output
        self._compiler = Compiler(source, device, options, kept)
        self._lock = threading.Lock()
        self._local = threading.local()
        self._requests: list[Request] = []
        self._compiled: list[Any] = []
        self._form = self._compiler.form()
        self._alone = bool(self._form) and 0 < own_networks * source.size_bytes <= LARGEST_FORMS_BYTES
        try:
            self._open_network()
        except InferenceError:  # perhaps a form kept by another build
            self._form = self._compiler.form(anew=True)
            self._open_network()
        self._resting = [self._open_request()]
        self.execution_precision = self._actual_precision()
        self.streams = int(self._property("NUM_STREAMS") or 1)
        self.threads = int(self._property("INFERENCE_NUM_THREADS") or 0)
        self.optimal_requests = int(self._property("OPTIMAL_NUMBER_OF_INFER_REQUESTS") or 1)
        example = self.trial()
        self.score_columns = int(example.size)
        self.score_dtype = example.dtype

    @property
    def waiting_threads(self) -> int:
        """How many of the threads that call `scores` can be waiting while a core's worth of inference goes on.

        One where the device's streams do the work, none where every thread does its own.
        """
        return 0 if self._alone else 1

    def scores(self, image_hwc: NDArray[Any]) -> NDArray[Any]:
        """Infer one image.

        Args:
            image_hwc: Prepared image of the shape and dtype of the source, C-contiguous.

        Returns:
            Scores as the model gives them, shape (score columns,), a copy.

        Raises:
            InferenceError: The device failed.
        """
        return self._request().scores(image_hwc)

    def trial(self) -> NDArray[Any]:
        """Infer an empty image, without making the calling thread one of those that have requests of their own."""
        request = self._resting.pop()
        try:
            return request.scores(np.zeros(self.shape_hwc, self.dtype))
        finally:
            self._resting.append(request)

    def close(self) -> None:
        """Drop the requests, then the networks; no thread may be inside `scores`."""
        self._resting.clear()
        self._requests.clear()
        self._local = threading.local()
        self._compiled.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _request(self) -> Request:
        """The calling thread's request: the one that made the trials, or a new one, of a network of its own."""
        request: Request | None = getattr(self._local, "request", None)
        if request is None:
            with self._lock:
                if self._resting:
                    request = self._resting.pop()
                else:
                    if self._alone:
                        self._open_network()
                    request = self._open_request()
            self._local.request = request
        return request

    def _open_network(self) -> None:
        if self._form is None:
            self._compiled.append(self._compiler.compile())
        else:
            self._compiled.append(self._compiler.open(self._form, **(_IN_THIS_THREAD if self._alone else {})))

    def _open_request(self) -> Request:
        request = Request(self._compiled[-1], self._scores_output)
        self._requests.append(request)
        return request

    def _property(self, name: str) -> Any:
        try:
            return self._compiled[0].get_property(name)
        except RuntimeError:  # a device need not have every property
            return None

    def _actual_precision(self) -> str:
        precision: Any = self._property("INFERENCE_PRECISION_HINT")
        return "unknown" if precision is None else str(precision.get_type_name())


def _options(execution: Execution) -> dict[str, str]:
    """OpenVINO's properties for it."""
    options = {} if execution.precision == "default" else {"INFERENCE_PRECISION_HINT": str(execution.precision)}
    return options if execution.integer_kernels else {**options, "LP_TRANSFORMS_MODE": "NO"}
