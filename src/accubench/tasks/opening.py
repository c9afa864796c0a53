"""Opening a model of the workspace for inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accubench.inference import Classifier, ExecutionPrecision, Hint, NetworkSource
from accubench.models import load_model

if TYPE_CHECKING:
    import numpy as np

    from accubench.records.model import Model
    from accubench.storage import Store

__all__ = ["open_classifier"]


def open_classifier(
    store: Store,
    model: Model,
    *,
    scores_output: str,
    shape_hwc: tuple[int, int, int],
    dtype: np.dtype[Any],
    device: str,
    precision: ExecutionPrecision,
    hint: Hint = "throughput",
    own_networks: int = 0,
) -> Classifier:
    """Compile a model, or take up its compiled form from the workspace's cache; see `Classifier`.

    Raises:
        UnsupportedModelError: The model does not accept images of that shape.
        InferenceError: The device refuses the model.
    """

    def load() -> Any:
        path = store.model_path(model)
        return load_model(path, input_size_hw=model.input_size_hw, scores_output=scores_output).model

    source = NetworkSource(
        load=load,
        identity=[[file.sha256 for file in model.files if file.network], model.input_size_hw],
        size_bytes=sum(file.size_bytes for file in model.files if file.network),
        layout=model.description.input.layout or "NHWC",
        scores_output=scores_output,
        shape_hwc=shape_hwc,
        dtype=dtype,
    )
    kept = store.compiled_models
    classifier = Classifier(source, device=device, precision=precision, hint=hint, own_networks=own_networks, kept=kept)
    kept.prune()
    return classifier
