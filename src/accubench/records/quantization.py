"""How an optimised model was made from its parent."""

from __future__ import annotations

from typing import Literal

from accubench.records.accuracy_configuration import ResolvedConfiguration
from accubench.records.base import Record
from accubench.records.top_k import TopK

__all__ = [
    "AccuracyGoal",
    "AccuracyOutcome",
    "CalibrationSubset",
    "Candidate",
    "DropType",
    "QuantizationMethod",
    "QuantizationPreset",
    "QuantizationRecipe",
    "QuantizationSettings",
]

QuantizationMethod = Literal["default", "accuracy_aware"]
QuantizationPreset = Literal["performance", "mixed"]
DropType = Literal["absolute", "relative"]


class AccuracyGoal(Record):
    """How much accuracy an optimised model may lose."""

    max_drop: float
    """Greatest drop of top-1 accuracy, as a share: 0.01 is one point (absolute) or one percent of the parent's."""
    drop_type: DropType = "absolute"


class QuantizationSettings(Record):
    """What is asked of NNCF."""

    preset: QuantizationPreset = "performance"
    """``performance``: symmetric weights and activations; ``mixed``: symmetric weights, asymmetric activations."""
    subset_size: int = 300
    """Calibration images asked for."""
    ignored_layers: tuple[str, ...] = ()
    """Friendly names of layers that stay as they are."""
    goal: AccuracyGoal | None = None
    """For the accuracy-aware method; None for the default method."""

    @property
    def method(self) -> QuantizationMethod:
        """The method that the settings mean."""
        return "default" if self.goal is None else "accuracy_aware"


class CalibrationSubset(Record):
    """Which images a model was calibrated on; their names lie beside the model."""

    dataset_id: str
    dataset_name: str
    dataset_version: int
    n: int
    rule: str
    """A sentence that says how they were chosen, and lets anybody choose them again."""
    images_sha256: str
    """Hash over the images' names, in the order of the dataset."""
    n_failed: int = 0
    """Images that could not be read; the next ones by the rule took their places."""


class Candidate(Record):
    """A model that the accuracy-aware method tried."""

    number: int
    """0 for the fully quantised model, then in the order tried."""
    layers_in_floating_point: tuple[str, ...]
    """Layers that were reverted from INT8."""
    top1: TopK
    drop: float
    """In the terms of the goal: how much was lost against the parent."""
    reached: bool


class AccuracyOutcome(Record):
    """What the accuracy-aware method found."""

    goal: AccuracyGoal
    validation_dataset_id: str
    n_validation: int
    n_failed: int = 0
    """Validation images that could not be read and were left out."""
    parent_top1: TopK
    """Of the parent on the validation images."""
    candidates: tuple[Candidate, ...]
    chosen: int
    """Number of the candidate that was kept: the best."""
    reached: bool
    """Whether it loses no more than the goal allows."""


class QuantizationRecipe(Record):
    """Everything needed to make an optimised model again from its parent."""

    parent_id: str
    parent_name: str
    parent_sha256: str
    """Content of the parent."""
    settings: QuantizationSettings
    subset: CalibrationSubset
    configuration: ResolvedConfiguration
    """How calibration images became input tensors: the accuracy configuration of the evaluation."""
    outcome: AccuracyOutcome | None = None
    """Of the accuracy-aware method."""
    quantized_operations: int
    """Operations of the optimised network that take quantised inputs."""
    versions: dict[str, str]
    duration_s: float
