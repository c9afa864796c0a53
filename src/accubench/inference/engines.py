"""The engines: which there are, what they can run, and opening a model in one of the references."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from accubench.errors import EngineMissingError, UsageError
from accubench.inference.reference_classifier import ModelSource, ReferenceClassifier
from accubench.records.execution import ENGINE_TITLES, EngineName, Execution
from accubench.records.model import ModelFormat

__all__ = [
    "check_execution",
    "engine_name",
    "engine_package",
    "install_command",
    "is_installed",
    "open_reference",
    "reference_engine",
]


@dataclass(frozen=True, slots=True)
class _Reference:
    format: ModelFormat
    format_title: str
    package: str
    """What it is called on the package index."""


_REFERENCES: dict[EngineName, _Reference] = {
    "onnxruntime": _Reference("onnx", "ONNX", "onnxruntime"),
    "litert": _Reference("tflite", "TensorFlow Lite", "ai-edge-litert"),
}


def reference_engine(model_format: ModelFormat) -> EngineName | None:
    """The engine that models of a format are defined by, installed or not; None where there is none.

    >>> reference_engine("onnx"), reference_engine("caffe")
    ('onnxruntime', None)
    """
    return next((name for name, each in _REFERENCES.items() if each.format == model_format), None)


def engine_package(engine: EngineName) -> str:
    """What the engine is called on the package index."""
    return "openvino" if engine == "openvino" else _REFERENCES[engine].package


def is_installed(engine: EngineName) -> bool:
    """Whether the engine can be used here."""
    try:
        version(engine_package(engine))
    except PackageNotFoundError:
        return False
    return True


def install_command(engine: EngineName) -> str:
    """What to type to have the engine.

    >>> install_command("litert")
    "pip install 'accubench[litert]'"
    """
    return f"pip install 'accubench[{engine}]'"


def engine_name(engine: EngineName = "openvino") -> str:
    """An inference engine with its version, e.g. ``openvino 2026.4.1``.

    Raises:
        EngineMissingError: It is not installed.
    """
    _check_installed(engine)
    return f"{engine} {version(engine_package(engine))}"


def check_execution(execution: Execution, model_format: ModelFormat, device: str) -> None:
    """Refuse an execution that no engine can give, before anything is computed.

    Raises:
        UsageError: Engine and model, device, precision or kernels do not go together.
        EngineMissingError: The engine is not installed.
    """
    if execution.engine == "openvino":
        return
    title, reference = ENGINE_TITLES[execution.engine], _REFERENCES[execution.engine]
    if model_format != reference.format:
        raise UsageError(
            f"{title} runs models in {reference.format_title} format, and this one is in format {model_format}. "
            f"Leave --engine {execution.engine} away, or give the model's {reference.format_title} file."
        )
    if device.upper() != "CPU":
        raise UsageError(f"{title} serves as a reference on the CPU only, not on {device}. Leave --device away.")
    if execution.precision not in {"f32", "default"} or not execution.integer_kernels:
        raise UsageError(
            f"{title} executes a model as its file defines it, in f32; precision and integer kernels are options of "
            "OpenVINO. Leave --precision and --no-integer-kernels away."
        )
    _check_installed(execution.engine)


def open_reference(engine: EngineName, source: ModelSource, *, threads: int) -> ReferenceClassifier:
    """Open a model in the engine of its format.

    Args:
        engine: One of the references.
        source: The model.
        threads: How many threads will infer.

    Raises:
        EngineMissingError: The engine is not installed, or its installation is broken.
        InferenceError: It refuses the model.
    """
    try:
        if engine == "onnxruntime":
            from accubench.inference.onnxruntime_engine import open_onnxruntime

            shared = open_onnxruntime(source)
            return ReferenceClassifier(source, lambda: shared, threads=threads)
        from accubench.inference.litert_engine import open_litert

        return ReferenceClassifier(source, lambda: open_litert(source), threads=threads)
    except ImportError as error:
        raise _missing(engine, f"cannot be loaded ({error})") from error


def _check_installed(engine: EngineName) -> None:
    if not is_installed(engine):
        raise _missing(engine, "is not installed")


def _missing(engine: EngineName, why: str) -> EngineMissingError:
    return EngineMissingError(f"{ENGINE_TITLES[engine]} {why}. Install it with: {install_command(engine)}.")
