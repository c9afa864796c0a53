"""What tests of quantisation share: an ear for progress, and scores by OpenVINO alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.models.openvino_runtime import load_openvino


def scores_of(network: Any, batches: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """What a network gives for images, computed by OpenVINO without our pipeline; shape (n, classes)."""
    compiled = load_openvino().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.concatenate([compiled(batch)[0] for batch in batches])


class Ear:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int, int | None]] = []

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        self.heard.append((stage, done, total))

    def of(self, stage: str) -> list[tuple[int, int | None]]:
        return [(done, total) for name, done, total in self.heard if name == stage]
