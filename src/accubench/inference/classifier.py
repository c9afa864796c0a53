"""A model compiled for a device, giving scores for one prepared image at a time from many threads."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from accubench.errors import InferenceError, UnsupportedModelError
from accubench.models import short_reason
from accubench.models.openvino_runtime import load_openvino
from accubench.records.model import ModelDescription

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["Classifier", "ExecutionPrecision", "engine_name"]

ExecutionPrecision = Literal["f32", "f16", "bf16", "default"]
"""What floating-point layers are executed in; ``default`` leaves it to the device, which may round to bf16 or f16."""

_STORED = {"float16": np.float32, "bfloat16": np.float32, "float64": np.float32}


def engine_name() -> str:
    """The inference engine with its version, e.g. ``openvino 2026.4.1``."""
    from importlib.metadata import version

    return f"openvino {version('openvino')}"


class Classifier:
    """A compiled model with one inference request per thread that uses it.

    Prepared images go in as they come out of preprocessing: height x width x channels, uint8 or float32.
    Changing their layout to NCHW and their type to the model's happens inside the graph, where both are exact.

    No callback into Python is registered anywhere and nothing runs asynchronously: every thread infers by its own
    request, so that OpenVINO's threads never need Python's lock, and `close` drops requests before the model.

    Args:
        model: The model; it is changed (batch 1, input conversion) and must not be used for anything else.
        description: What `accubench.models` says of it.
        shape_hwc: Shape of a prepared image.
        dtype: Element type of a prepared image.
        device: OpenVINO's name of the device.
        precision: What floating-point layers are executed in.
        hint: Whether many images a second or a short time for each is wanted.

    Raises:
        UnsupportedModelError: The model does not accept images of that shape.
        InferenceError: The device refuses the model.
    """

    def __init__(
        self,
        model: ov.Model,
        description: ModelDescription,
        *,
        shape_hwc: tuple[int, int, int],
        dtype: np.dtype[Any],
        device: str = "CPU",
        precision: ExecutionPrecision = "f32",
        hint: Literal["throughput", "latency"] = "throughput",
    ) -> None:
        self.shape_hwc = shape_hwc
        self.dtype = np.dtype(dtype)
        self._ov = load_openvino()
        self._local = threading.local()
        self._requests: list[Any] = []
        self._lock = threading.Lock()
        prepared = self._with_image_input(model, description)
        self._compiled: Any = self._compile(prepared, device, precision, hint)
        self._output_index = _output_index(self._compiled, description.scores_output)
        self.execution_precision = self._actual_precision()
        self.streams = int(self._property("NUM_STREAMS") or 1)
        self.threads = int(self._property("INFERENCE_NUM_THREADS") or 0)
        self.optimal_requests = int(self._property("OPTIMAL_NUMBER_OF_INFER_REQUESTS") or 1)
        example = self.scores(np.zeros(shape_hwc, self.dtype))
        self.score_columns = int(example.size)
        self.score_dtype = example.dtype

    def scores(self, image_hwc: NDArray[Any]) -> NDArray[Any]:
        """Infer one image.

        Args:
            image_hwc: Prepared image of the shape and dtype given at construction, C-contiguous.

        Returns:
            Scores as the model gives them, shape (score columns,), a copy.

        Raises:
            InferenceError: The device failed.
        """
        request = self._request()
        try:
            request.set_input_tensor(self._ov.Tensor(image_hwc[np.newaxis], shared_memory=True))
            # Unlike start_async and wait, infer runs in this very thread: no hand-over to another one and back for
            # every image, and the pixels are still in this core's cache. It gives Python's lock away meanwhile.
            request.infer(share_outputs=True)
            data: NDArray[Any] = request.get_output_tensor(self._output_index).data
        except RuntimeError as error:
            raise InferenceError(f"Inference failed on the device: {short_reason(error)}") from error
        return data.reshape(-1).astype(_STORED.get(data.dtype.name, data.dtype), copy=True)

    def close(self) -> None:
        """Drop the requests, then the compiled model; no thread may be inside `scores`."""
        self._requests.clear()
        self._local = threading.local()
        self._compiled = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _request(self) -> Any:
        request = getattr(self._local, "request", None)
        if request is None:
            with self._lock:
                request = self._compiled.create_infer_request()
                self._requests.append(request)
            self._local.request = request
        return request

    def _with_image_input(self, model: ov.Model, description: ModelDescription) -> ov.Model:
        ov = self._ov
        layout = description.input.layout or "NHWC"
        height, width, channels = self.shape_hwc
        sizes = {"N": 1, "C": channels, "H": height, "W": width}
        try:
            model.reshape({model.input(0): [sizes[axis] for axis in layout]})
            preparation = ov.preprocess.PrePostProcessor(model)
            image = preparation.input()
            image.tensor().set_element_type(ov.Type(self.dtype)).set_layout(ov.Layout("NHWC"))
            image.model().set_layout(ov.Layout(layout))
            return preparation.build()
        except RuntimeError as error:
            raise UnsupportedModelError(
                f"The model does not accept one image of {height} x {width} pixels with {channels} channels: "
                f"{short_reason(error)}"
            ) from error

    def _compile(self, model: ov.Model, device: str, precision: ExecutionPrecision, hint: str) -> Any:
        options: dict[str, str] = {"PERFORMANCE_HINT": hint.upper()}
        if precision != "default":
            options["INFERENCE_PRECISION_HINT"] = precision
        try:
            return self._ov.Core().compile_model(model, device, options)
        except RuntimeError as error:
            raise InferenceError(f"Device {device} cannot run the model: {short_reason(error)}") from error

    def _property(self, name: str) -> Any:
        try:
            return self._compiled.get_property(name)
        except RuntimeError:  # a device need not have every property
            return None

    def _actual_precision(self) -> str:
        precision: Any = self._property("INFERENCE_PRECISION_HINT")
        return "unknown" if precision is None else str(precision.get_type_name())


def _output_index(compiled: Any, name: str) -> int:
    for index, output in enumerate(compiled.outputs):
        if name in output.get_names():
            return index
    names = ", ".join(output.any_name for output in compiled.outputs)
    raise UnsupportedModelError(f"The compiled model has no output '{name}'; it has {names}.")
