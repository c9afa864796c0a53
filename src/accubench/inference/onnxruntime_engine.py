"""ONNX Runtime as a reference engine: the only module that imports onnxruntime.

Two of its settings matter to a reference.
``session.disable_quant_qdq`` computes the pairs of QuantizeLinear and DequantizeLinear as the ONNX standard defines
them instead of turning them into integer kernels, and ``session.x64quantprecision`` makes the integer kernels that the
model itself asks for exact on processors whose instructions for 8 bits saturate.
The scores do then not depend on the processor's instructions for integers.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.errors import InferenceError
from accubench.inference.reference_classifier import ModelSource, Run, only_first, position_of_output
from accubench.models import short_reason
from accubench.preprocessing import input_batch

__all__ = ["open_onnxruntime"]

_EXACT = {"session.disable_quant_qdq": "1", "session.x64quantprecision": "1"}
_ERRORS_ONLY = 3


def open_onnxruntime(source: ModelSource) -> Run:
    """Open an ONNX model; any number of threads may infer with it at a time.

    Raises:
        InferenceError: ONNX Runtime refuses the model.
        ImportError: It is not installed.
    """
    session = _open_session(source)
    (taken,) = session.get_inputs()
    outputs = [output.name for output in session.get_outputs()]
    name = outputs[position_of_output(source, outputs)]
    batch = taken.shape[0] if isinstance(taken.shape[0], int) else 1

    def run(image_hwc: NDArray[Any]) -> NDArray[Any]:
        images = np.repeat(input_batch(image_hwc, source.model_input), batch, axis=0)
        try:
            return only_first(np.asarray(session.run([name], {taken.name: images})[0]), batch)
        except Exception as error:  # its errors have no common base
            raise InferenceError(f"ONNX Runtime failed on {source.path.name}: {short_reason(error)}") from error

    return run


def _open_session(source: ModelSource) -> Any:
    # From its import on, ONNX Runtime keeps an id of the device and a queue of events below the home folder, unless
    # this is set; what its function switches off comes after that.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.use_deterministic_compute = True
    for key, value in _EXACT.items():
        options.add_session_config_entry(key, value)
    try:
        return onnxruntime.InferenceSession(str(source.path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base
        raise InferenceError(f"ONNX Runtime cannot run {source.path.name}: {short_reason(error)}") from error
