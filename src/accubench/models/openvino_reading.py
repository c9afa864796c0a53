"""Handing files to OpenVINO's readers, and saying in one clear sentence what they object to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accubench.errors import BrokenModelError, ModelError, UnsupportedModelError
from accubench.models.openvino_runtime import load_openvino
from accubench.models.torch_runtime import quiet_torch

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["convert_torch", "convert_with_frontend", "read_ir_files", "short_reason"]

_NOISE = re.compile(
    r"^(Exception from .*|Check '.*' failed at .*|FrontEnd API failed with .*|While validating .*|.*\.cpp:\d+:?)$"
)
_NOT_SUPPORTED = re.compile(
    r"not supported|does not support|unsupported|no conversion rule|no translator|cannot create .* layer|"
    r"not (?:yet )?implemented",
    re.IGNORECASE,
)
_LONGEST_REASON = 300


def convert_with_frontend(framework: str, path: Path) -> ov.Model:
    """Convert a model file with one named frontend of OpenVINO.

    One frontend by name, not ``Core.read_model``: that one offers a file that its own frontend declines to all the
    others, among them parsers that were never meant for it.

    Args:
        framework: OpenVINO's name of the frontend: ``onnx``, ``tflite`` or ``tf``.
        path: The file, or the folder of a SavedModel.

    Raises:
        BrokenModelError: The frontend cannot make sense of the content.
        UnsupportedModelError: The file holds an operation that OpenVINO does not have.
    """
    openvino = load_openvino()
    try:
        frontend = openvino.frontend.FrontEndManager().load_by_framework(framework)
        return _with_readable_names(openvino.Model(frontend.convert(frontend.load(str(path)))))
    except Exception as error:  # OpenVINO raises RuntimeError, and further kinds of its own between versions
        raise _model_error(path, error) from error


def convert_torch(
    path: Path, network: Any, *, input_shape: tuple[int, ...] | None, input_type: str | None = None
) -> ov.Model:
    """Convert what PyTorch read from a file, with OpenVINO's PyTorch frontend.

    Args:
        path: The file, for messages.
        network: A `torch.export.ExportedProgram` or a `torch.jit.ScriptModule`.
        input_shape: Shape of the only input, -1 where open; None where the network knows it itself.
        input_type: Element type of the only input in OpenVINO's words, e.g. ``f32``; None where the network knows it.

    Raises:
        BrokenModelError: The frontend cannot make sense of the network.
        UnsupportedModelError: It holds an operation that OpenVINO does not have.
    """
    openvino = load_openvino()
    stated: dict[str, Any] = {}
    if input_shape is not None:
        shape = openvino.PartialShape(list(input_shape))
        stated["input"] = shape if input_type is None else [(shape, getattr(openvino.Type, input_type))]
    try:
        with quiet_torch():
            return _with_readable_names(openvino.convert_model(network, **stated))
    except Exception as error:  # OpenVINO and PyTorch raise errors of many kinds
        raise _model_error(path, error) from error


def read_ir_files(xml: Path, weights: Path) -> ov.Model:
    """Read an OpenVINO IR from its two files.

    Raises:
        BrokenModelError: The files are damaged or do not belong together.
        UnsupportedModelError: The IR uses an operation that this OpenVINO does not have.
    """
    openvino = load_openvino()
    try:
        return _with_readable_names(openvino.Core().read_model(str(xml), str(weights)))
    except Exception as error:  # as above
        raise _model_error(xml, error) from error


def short_reason(error: Exception) -> str:
    r"""The part of an OpenVINO error that tells a person something, on one line.

    >>> short_reason(RuntimeError("Exception from src/core.cpp:84:\nCheck 'a' failed at src/x.cpp:9:\nNo luck.\n"))
    'No luck.'
    """
    lines = [line.strip() for line in str(error).splitlines()]
    telling = [line for line in lines if line and not _NOISE.match(line)]
    text = " ".join(telling) or type(error).__name__
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 3] + "..."


def _with_readable_names(model: ov.Model) -> ov.Model:
    """The same model, after all of its names were read once: OpenVINO passes on bytes that are no text until asked."""
    for node in model.get_ordered_ops():
        node.get_friendly_name()
        for end in node.outputs():
            _ = end.names
    return model


def _model_error(path: Path, error: Exception) -> ModelError:
    reason = short_reason(error)
    if _NOT_SUPPORTED.search(str(error)):
        return UnsupportedModelError(
            f"OpenVINO cannot run {path}: {reason} Try to export the model again with standard operations only."
        )
    return BrokenModelError(f"{path} is damaged or incomplete: OpenVINO says: {reason} Fetch or export the file again.")
