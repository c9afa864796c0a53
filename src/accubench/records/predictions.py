"""All class scores that a model gave for the images of a dataset."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from accubench.records.accuracy_configuration import Step
from accubench.records.base import Record
from accubench.records.model import Quantization

__all__ = ["PART_COLUMNS", "Predictions"]

PART_COLUMNS: dict[str, str] = {
    "row": "Row of the dataset's manifest, from 0.",
    "failure": "Why the image failed; null where it was evaluated.",
    "scores": "One number per class as the model gave it; all zero where the image failed.",
}
"""Columns of one part (Int64, String, Array of the scores' dtype), one row per image, in manifest order."""


class Predictions(Record):
    """Scores of a model on a dataset, stored once; everything else is a query on them."""

    id: str
    key: str
    """Hash of everything the scores depend on; equal keys mean that scores can be reused."""
    model_id: str
    dataset_id: str
    n_images: int
    score_columns: int
    """Numbers per image; 1 where one sigmoid output stands for two classes."""
    score_dtype: str
    """Element type as stored, e.g. ``float32`` or ``uint8``."""
    quantization: Quantization | None = None
    """For integer scores, what the integers mean."""
    part_rows: int
    """Images per part; the last part may hold fewer."""
    state: Literal["unfinished", "complete"]
    engine: str
    """Name and version of the engine, e.g. ``openvino 2026.4.1``."""
    device: str
    precision: str
    """Execution precision that was asked for; ``default`` leaves it to the device."""
    integer_kernels: bool = True
    """False: quantised layers were computed in floating point."""
    execution_precision: str
    """Precision that floating-point layers were executed in, e.g. ``f32``."""
    scores_output: str
    """The model's output that scores were taken from."""
    preprocessing: tuple[Step, ...]
    """The steps that made the input tensor."""
    versions: dict[str, str]
    """Versions of everything that has a say in the scores, when they were begun."""
    created_at: datetime
    inference_s: float = 0.0
    """Seconds of wall-clock time spent on inference runs of these predictions, interrupted ones included."""

    @property
    def n_parts(self) -> int:
        """Number of parts of the complete predictions."""
        return -(-self.n_images // self.part_rows)
