"""Opening a model of the workspace for inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from accubench.errors import UnsupportedModelError
from accubench.inference import (
    Classifier,
    Hint,
    ModelSource,
    NetworkSource,
    OpenVINOClassifier,
    open_reference,
    usable_cores,
)
from accubench.models import load_model

if TYPE_CHECKING:
    from accubench.records.execution import Execution
    from accubench.records.model import Model
    from accubench.records.target import Target
    from accubench.storage import Store

__all__ = ["open_classifier", "open_to_measure"]


def open_classifier(
    store: Store,
    model: Model,
    *,
    scores_output: str,
    shape_hwc: tuple[int, int, int],
    dtype: np.dtype[Any],
    device: str,
    execution: Execution,
    hint: Hint = "throughput",
    own_networks: int = 0,
    any_output: bool = False,
) -> Classifier:
    """Open a model in the engine asked for; see `OpenVINOClassifier` and `ReferenceClassifier`.

    Where `any_output`, `scores_output` may name an output that holds no class scores.

    Raises:
        UnsupportedModelError: The model does not accept images of that shape.
        InferenceError: The device or the engine refuses the model.
    """
    if execution.engine != "openvino":
        source = ModelSource(
            path=store.model_path(model),
            model_input=model.description.input,
            output_names=tuple(output.name for output in model.description.outputs),
            scores_output=scores_output,
            shape_hwc=shape_hwc,
            dtype=dtype,
        )
        return open_reference(execution.engine, source, threads=own_networks or usable_cores())
    of_classes = model.description.scores_output if any_output else scores_output
    network = NetworkSource(
        load=lambda: _load_network(store, model, of_classes),
        identity=[[file.sha256 for file in model.files if file.network], model.input_size_hw],
        size_bytes=sum(file.size_bytes for file in model.files if file.network),
        layout=model.description.input.layout or "NHWC",
        scores_output=scores_output,
        shape_hwc=shape_hwc,
        dtype=dtype,
    )
    kept = store.compiled_models
    classifier = OpenVINOClassifier(
        network, device=device, execution=execution, hint=hint, own_networks=own_networks, kept=kept
    )
    kept.prune()
    return classifier


def open_to_measure(store: Store, model: Model, target: Target, execution: Execution, hint: Hint) -> Classifier:
    """Compile a model to measure its speed: it takes images of its own size and type, without preprocessing.

    Raises:
        UnsupportedModelError: The model leaves its input size open.
        InferenceError: The device refuses the model.
    """
    image = model.description.input
    return open_classifier(
        store,
        model,
        scores_output=model.description.scores_output,
        shape_hwc=_shape_hwc(model),
        dtype=np.dtype(image.dtype if image.dtype in {"uint8", "int8"} else "float32"),
        device=target.device,
        execution=execution,
        hint=hint,
    )


def _shape_hwc(model: Model) -> tuple[int, int, int]:
    image = model.description.input
    size_hw = model.image_size_hw
    if size_hw is None:
        raise UnsupportedModelError(
            f"Model {model.name} leaves height and width of its input open; give them with --input-size HEIGHTxWIDTH."
        )
    return (*size_hw, image.channels or 3)


def _load_network(store: Store, model: Model, scores_output: str) -> Any:
    return load_model(store.model_path(model), input_size_hw=model.input_size_hw, scores_output=scores_output).model
