"""A network made ready for a device: built to take prepared images, compiled, kept in compiled form."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from accubench.errors import InferenceError, UnsupportedModelError
from accubench.models import short_reason
from accubench.models.openvino_runtime import load_openvino
from accubench.records.base import content_hash

if TYPE_CHECKING:
    import openvino as ov

__all__ = [
    "LARGEST_FORMS_BYTES",
    "CompiledForms",
    "Compiler",
    "Hint",
    "NetworkSource",
    "Request",
]

Hint = Literal["throughput", "latency"]

LARGEST_FORMS_BYTES = 1 << 30
"""Networks are opened from compiled forms, and opened once per thread, while that takes no more memory than this."""

_STORED = {"float16": np.float32, "bfloat16": np.float32, "float64": np.float32}


class CompiledForms(Protocol):
    """Where compiled forms of models are kept between runs."""

    def get(self, key: str) -> bytes | None:
        """The compiled form kept under `key`, intact, or None."""
        ...

    def put(self, key: str, value: bytes) -> None:
        """Keep a compiled form."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSource:
    """A network, not yet read, and how its input and output are to be used."""

    load: Callable[[], ov.Model]
    """Reads the model; it is changed (batch 1, input conversion) and must not be used for anything else."""
    identity: Any
    """Stands for what `load` gives, in the names of kept compiled forms; can be written as JSON."""
    size_bytes: int
    """Of the model's files."""
    layout: str
    """Order of the model's input dimensions: NCHW or NHWC."""
    scores_output: str
    shape_hwc: tuple[int, int, int]
    """Shape of a prepared image."""
    dtype: np.dtype[Any]
    """Element type of a prepared image."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles one network for one device, as often as asked.

    On the CPU a network that is not very large is compiled once and kept in compiled form, from which it is opened:
    for a TensorFlow Lite MobileNet v2 that takes a tenth of a second instead of more than one.
    Whoever keeps forms must notice damage: OpenVINO does not, and a form with one wrong byte gives other scores
    without a word.
    """

    source: NetworkSource
    device: str
    options: Mapping[str, str]
    kept: CompiledForms | None = None

    def form(self, *, anew: bool = False) -> bytes | None:
        """The compiled form, or None where this device has none or the network is too large to hold it twice.

        Args:
            anew: Compile even where a form is kept.

        Raises:
            UnsupportedModelError: The model does not accept images of the wanted shape.
            InferenceError: The device refuses the model.
        """
        if self.device != "CPU" or self.source.size_bytes > LARGEST_FORMS_BYTES:
            return None
        key = self._key()
        form = None if self.kept is None or anew else self.kept.get(key)
        if form is None:
            form = self.compile().export_model().getvalue()
            if self.kept is not None:
                self.kept.put(key, form)
        return form

    def open(self, form: bytes, **options: str) -> Any:
        """Open a compiled form, with further options.

        Raises:
            InferenceError: The device refuses it.
        """
        try:
            return load_openvino().Core().import_model(io.BytesIO(form), self.device, {**self.options, **options})
        except RuntimeError as error:
            raise InferenceError(f"Device {self.device} cannot run the model: {short_reason(error)}") from error

    def compile(self) -> Any:
        """Read the model and compile it.

        Raises:
            UnsupportedModelError: The model does not accept images of the wanted shape.
            InferenceError: The device refuses the model.
        """
        network = _taking_images(self.source)
        try:
            return load_openvino().Core().compile_model(network, self.device, dict(self.options))
        except RuntimeError as error:
            raise InferenceError(f"Device {self.device} cannot run the model: {short_reason(error)}") from error

    def _key(self) -> str:
        source, openvino = self.source, load_openvino()
        core = openvino.Core()
        return content_hash(
            {
                "source": [source.identity, source.layout, source.scores_output, source.shape_hwc, source.dtype.str],
                "engine": openvino.get_version(),
                "device": [self.device, core.get_property(self.device, "FULL_DEVICE_NAME")],
                "able": sorted(core.get_property(self.device, "OPTIMIZATION_CAPABILITIES")),
                "options": dict(self.options),
            }
        )


class Request:
    """One inference request of a compiled network, for one thread at a time."""

    def __init__(self, compiled: Any, scores_output: str) -> None:
        self._tensor = load_openvino().Tensor
        self._request = compiled.create_infer_request()
        self._output_index = _output_index(compiled, scores_output)

    def scores(self, image_hwc: NDArray[Any]) -> NDArray[Any]:
        """Infer one C-contiguous prepared image; shape (score columns,), a copy.

        Raises:
            InferenceError: The device failed.
        """
        request = self._request
        try:
            request.set_input_tensor(self._tensor(image_hwc[np.newaxis], shared_memory=True))
            request.infer(share_outputs=True)  # gives Python's lock away meanwhile
            data: NDArray[Any] = request.get_output_tensor(self._output_index).data
        except RuntimeError as error:
            raise InferenceError(f"Inference failed on the device: {short_reason(error)}") from error
        return data.reshape(-1).astype(_STORED.get(data.dtype.name, data.dtype), copy=True)


def _taking_images(source: NetworkSource) -> ov.Model:
    """The model with batch 1 and an input that takes prepared images as they come out of preprocessing."""
    ov = load_openvino()
    height, width, channels = source.shape_hwc
    sizes = {"N": 1, "C": channels, "H": height, "W": width}
    model = source.load()
    try:
        model.reshape({model.input(0): [sizes[axis] for axis in source.layout]})
        preparation = ov.preprocess.PrePostProcessor(model)
        image = preparation.input()
        image.tensor().set_element_type(ov.Type(source.dtype)).set_layout(ov.Layout("NHWC"))
        image.model().set_layout(ov.Layout(source.layout))
        return preparation.build()
    except RuntimeError as error:
        raise UnsupportedModelError(
            f"The model does not accept one image of {height} x {width} pixels with {channels} channels: "
            f"{short_reason(error)}"
        ) from error


def _output_index(compiled: Any, name: str) -> int:
    for index, output in enumerate(compiled.outputs):
        if name in output.get_names():
            return index
    names = ", ".join(output.any_name for output in compiled.outputs)
    raise UnsupportedModelError(f"The compiled model has no output '{name}'; it has {names}.")
