"""LiteRT (TensorFlow Lite) as a reference engine: the only module that imports ai_edge_litert.

Its built-in kernels compute, not the XNNPACK delegate: the specification of quantised operations is stated by them, and
XNNPACK's scores differ from theirs by a few of 256 steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.errors import InferenceError
from accubench.inference.reference_classifier import ModelSource, Run, only_first, position_of_output
from accubench.models import short_reason
from accubench.preprocessing import input_batch

__all__ = ["open_litert"]


def open_litert(source: ModelSource) -> Run:
    """Open a TensorFlow Lite model for one thread; its weights are mapped from the file, not copied.

    Raises:
        InferenceError: LiteRT refuses the model.
        ImportError: It is not installed.
    """
    interpreter = _open_interpreter(source)
    (taken,) = interpreter.get_input_details()
    batch = int(taken["shape"][0])
    outputs = interpreter.get_output_details()
    scores = outputs[position_of_output(source, [str(output["name"]) for output in outputs])]

    def run(image_hwc: NDArray[Any]) -> NDArray[Any]:
        images = np.repeat(input_batch(image_hwc, source.model_input), batch, axis=0)
        try:
            interpreter.set_tensor(taken["index"], images)
            interpreter.invoke()  # gives Python's lock away meanwhile
            return only_first(interpreter.get_tensor(scores["index"]), batch)
        except (RuntimeError, ValueError) as error:
            raise InferenceError(f"LiteRT failed on {source.path.name}: {short_reason(error)}") from error

    return run


def _open_interpreter(source: ModelSource) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    builtin = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    try:
        interpreter = Interpreter(str(source.path), num_threads=1, experimental_op_resolver_type=builtin)
        (taken,) = interpreter.get_input_details()
        height, width, channels = source.shape_hwc
        sizes = {"N": 1, "H": height, "W": width, "C": channels}
        wanted = [sizes[axis] for axis in source.model_input.layout or "NHWC"]
        stated = [int(size) for size in taken["shape_signature"]]
        # -1 stands for a size that the model leaves open.
        shape = [want if size < 0 else size for size, want in zip(stated, wanted, strict=True)]
        if shape != [int(size) for size in taken["shape"]]:
            interpreter.resize_tensor_input(taken["index"], shape, strict=True)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise InferenceError(f"LiteRT cannot run {source.path.name}: {short_reason(error)}") from error
    return interpreter
