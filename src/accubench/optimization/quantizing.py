"""Quantising a network to INT8 with NNCF's default method."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from accubench.errors import AccuBenchError, UnsupportedModelError, UsageError
from accubench.models import short_reason
from accubench.models.openvino_runtime import load_openvino
from accubench.optimization.apart import Apart, Listener, run_apart
from accubench.optimization.nncf_runtime import load_nncf
from accubench.optimization.operations import count_quantized_operations, operation_names
from accubench.records.quantization import QuantizationSettings

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["Images", "prepared_copy", "quantize_apart", "quantize_network", "working_apart"]

_BIASED = "/WithoutBiases"
"""OpenVINO splits the bias off a layer; the rest of it then has this at the end of its name."""
_NEAR_NAMES = 5


class Images(Protocol):
    """Images as a network's input takes them, prepared when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> NDArray[Any]: ...


def quantize_network(
    network: Any,
    images: Images,
    *,
    settings: QuantizationSettings,
    listen: Listener,
    cancelled: Callable[[], bool],
) -> Any:
    """Quantise a floating-point network to INT8, calibrated on all of `images`.

    Args:
        network: An `openvino.Model`; it stays as it is.
        images: Batches exactly as the network's input takes them.
        settings: Preset and ignored layers; its goal is not looked at.
        listen: Told of images seen and of biases corrected, in the calling thread.
        cancelled: Asked at least ten times a second, in the calling thread.

    Returns:
        The quantised `openvino.Model`, with weights stored as INT8.

    Raises:
        UsageError: There is no image, or no layer of the name of an ignored one.
        UnsupportedModelError: The network is quantised already, or NNCF cannot quantise it.
        Cancelled: `cancelled` said so.
    """
    copy = prepared_copy(network, images, settings)
    return working_apart(lambda apart: quantize_apart(apart, copy, images, settings), listen, cancelled)


def prepared_copy(network: Any, images: Images, settings: QuantizationSettings) -> ov.Model:
    """A copy of the network to hand to NNCF, with its constants folded.

    Biases of ONNX models hang behind a computation of their shape; NNCF corrects only biases that are constants.

    Raises:
        UsageError: There is no image, or no layer of the name of an ignored one.
        UnsupportedModelError: The network is quantised already.
    """
    if not len(images):
        raise UsageError("There are no images to calibrate on. Give a dataset with at least one readable image.")
    if count_quantized_operations(network):
        raise UnsupportedModelError(
            "The model is quantised already. Optimise the floating-point model that it was made from."
        )
    load_openvino()
    passes = importlib.import_module("openvino.passes")
    copy = network.clone()
    folding = passes.Manager()
    folding.register_pass(passes.ConstantFolding())
    folding.run_passes(copy)
    _existing(settings.ignored_layers, copy)
    return copy


def working_apart(work: Callable[[Apart[Any]], Any], listen: Listener, cancelled: Callable[[], bool]) -> Any:
    """What `work` with NNCF makes; `run_apart`, with NNCF's errors in our words."""

    def report(apart: Apart[Any]) -> Any:
        with apart.shielded():
            load_nncf()
        try:
            return work(apart)
        except AccuBenchError:
            raise
        except Exception as error:
            raise UnsupportedModelError(f"NNCF cannot quantise the model: {short_reason(error)}") from error

    return run_apart(report, library="nncf", listen=listen, cancelled=cancelled)


def quantize_apart(
    apart: Apart[Any], network: Any, images: Images, settings: QuantizationSettings, **advanced: Any
) -> Any:
    """Quantise `network` in the calling thread, which is one of `run_apart`.

    Args:
        apart: The calling thread.
        network: Made by `prepared_copy`.
        images: To calibrate on.
        settings: Preset and ignored layers.
        advanced: Fields of NNCF's AdvancedQuantizationParameters.
    """
    nncf = load_nncf()
    quantize = inspect.unwrap(nncf.quantize)  # the wrapper does nothing but report
    return quantize(
        network,
        nncf.Dataset(_CalibrationImages(apart, images)),
        preset=nncf.QuantizationPreset(settings.preset),
        subset_size=len(images),
        fast_bias_correction=False,  # takes longer, and SqueezeNet 1.1 loses 1.0 instead of 1.7 points
        ignored_scope=nncf.IgnoredScope(names=_existing(settings.ignored_layers, network)),
        advanced_parameters=nncf.AdvancedQuantizationParameters(**advanced),
    )


class _CalibrationImages:
    """The images as NNCF goes through them, each prepared in the thread that asked for the quantisation."""

    def __init__(self, apart: Apart[Any], images: Images) -> None:
        self._apart, self._images = apart, images

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        # NNCF stops after the last image without asking for another: each is told of when it is handed over.
        last = len(self) - 1
        for index in range(len(self)):
            image = self._apart.ask(lambda: self._images[index])  # noqa: B023 - answered before the next turn
            self._apart.tell("calibrating", index + 1, len(self))
            self._apart.look_at_calls(wanted=index == last)  # every image is a moment to stop at
            yield image


def _existing(layers: tuple[str, ...], network: Any) -> list[str]:
    """The ignored layers as NNCF must be told of them.

    Raises:
        UsageError: One of them is not there.
    """
    names = operation_names(network)
    unknown = [layer for layer in layers if layer not in names and layer + _BIASED not in names]
    if unknown:
        raise UsageError(
            f"The model has no layer {_quoted(unknown)}. {_near(unknown, names)}"
            "Give ignored layers by the names that OpenVINO has for them."
        )
    return [name for layer in layers for name in (layer, layer + _BIASED) if name in names]


def _near(unknown: list[str], names: tuple[str, ...]) -> str:
    shown = [name.removesuffix(_BIASED) for name in names]
    near = [match for layer in unknown for match in get_close_matches(layer, shown, _NEAR_NAMES, cutoff=0.4)]
    return f"Near names: {_quoted(near)}. " if near else f"The first are {_quoted(shown[:_NEAR_NAMES])}. "


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in dict.fromkeys(names))
