"""How a model is executed: by which engine, in which precision, with which kernels."""

from __future__ import annotations

from typing import Literal

from accubench.records.base import Record

__all__ = ["ENGINE_TITLES", "USUAL_EXECUTION", "EngineName", "Execution", "ExecutionPrecision", "execution_words"]

EngineName = Literal["openvino", "onnxruntime", "litert"]
ExecutionPrecision = Literal["f32", "f16", "bf16", "default"]
"""What floating-point layers are executed in; ``default`` leaves it to the device, which may round to bf16 or f16."""

ENGINE_TITLES: dict[EngineName, str] = {"openvino": "OpenVINO", "onnxruntime": "ONNX Runtime", "litert": "LiteRT"}
"""What people call the engines."""


class Execution(Record):
    """What is asked of the engine; the same model executed differently gives other scores."""

    engine: EngineName = "openvino"
    """``openvino`` is what users deploy; the others are references that it is held against."""
    precision: ExecutionPrecision = "f32"
    integer_kernels: bool = True
    """False: OpenVINO's low-precision transformations are off (its property ``LP_TRANSFORMS_MODE``), and quantised
    layers are computed in floating point, from the same integers."""


USUAL_EXECUTION = Execution()
"""What is meant where nothing is said."""


def execution_words(engine: EngineName, precision: str, *, integer_kernels: bool) -> str:
    """One phrase for people.

    Args:
        engine: Who computed.
        precision: What floating-point layers were executed in.
        integer_kernels: Whether quantised layers were computed with integers.

    >>> execution_words("openvino", "bf16", integer_kernels=True)
    'OpenVINO in bf16'
    >>> execution_words("openvino", "f32", integer_kernels=False)
    'OpenVINO in f32, integer kernels off'
    """
    kernels = "" if integer_kernels else ", integer kernels off"
    return f"{ENGINE_TITLES[engine]} in {precision}{kernels}"
