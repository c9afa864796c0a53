"""The numerics check: whether the numbers of a model as configured are the model's own, and where they change."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from accubench.errors import Finding
from accubench.records.base import Record
from accubench.records.comparison import Difference, Flip, FlipCounts, Share
from accubench.records.execution import Execution, execution_words
from accubench.records.target import Target
from accubench.records.top_k import TopK

__all__ = [
    "CheckOutcome",
    "CheckStep",
    "CheckedImage",
    "NumericsCheck",
    "Processor",
    "StepCause",
    "StepChange",
]

StepCause = Literal["start", "conversion", "integer_kernels", "precision", "device"]
"""What differs from the step before: the engine with its reading of the file, the kernels of quantised layers, the
precision of floating-point layers, or the device."""
CheckOutcome = Literal["agree", "undecided", "differ", "nothing"]
"""``agree``: no image changed its class; ``undecided``: some did, too few to say that it matters; ``differ``: it
matters; ``nothing``: there was nothing to hold the scores against."""


class Processor(Record):
    """What decides how integers are computed."""

    name: str
    integer_dot_products: bool | None
    """Whether the processor multiplies and adds 8-bit integers without saturation (VNNI, or what ARM has); None where
    it is not known."""
    limited_to: str | None = None
    """Instructions that the environment variable ``ONEDNN_MAX_CPU_ISA`` limits OpenVINO to."""


class StepChange(Record):
    """One step held against another on the same images."""

    agreement: Share
    """Images with the same predicted class, with a Wilson interval."""
    disagreement_low: float
    """Lower bound of the share of images with another class: Clopper-Pearson, two-sided, 95 %."""
    disagreement_high: float
    flips: FlipCounts
    difference: Difference | None
    """Top-1 accuracy minus that of the other step; None without annotations."""
    mean_mse: float
    """Mean over the images of the mean squared error of the scores."""
    mean_cosine_distance: float | None
    """None where scores are all zero."""
    mean_kl_divergence: float
    """In nats."""
    max_abs_difference: float
    """Largest absolute difference of a score on any image."""


class CheckStep(Record):
    """One way of executing the model."""

    cause: StepCause
    execution: Execution
    device: str
    engine: str
    """With its version."""
    execution_precision: str
    """What floating-point layers were executed in."""
    top1: TopK | None
    """None without annotations."""
    before: StepChange | None
    """Against the step before; None for the first."""
    first: StepChange | None
    """Against the first step; None for the first."""
    reused: bool
    """Whether scores of an evaluation were taken."""

    @property
    def title(self) -> str:
        """What people read, e.g. ``OpenVINO in f32, integer kernels off``."""
        words = execution_words(
            self.execution.engine, self.execution_precision, integer_kernels=self.execution.integer_kernels
        )
        return words if self.device == "CPU" else f"{words} on {self.device}"


class CheckedImage(Record):
    """An image whose predicted class is not the same in every step."""

    image_name: str
    position: int
    """Row of the dataset, from 0."""
    annotated_class: int | None
    """As an output of the model."""
    annotated_name: str | None
    classes: tuple[int, ...]
    """Predicted class in each step."""
    names: tuple[str | None, ...]
    flips: tuple[Flip | None, ...]
    """What the class of each step means against the step before; None for the first, and where it is the same."""


class NumericsCheck(Record):
    """A model executed in several ways on the same prepared images."""

    id: str
    key: str
    """Hash of everything it depends on; equal keys mean that it need not be made again."""
    project_id: str
    model_id: str
    model_name: str
    model_version: int
    dataset_id: str
    dataset_name: str
    dataset_version: int
    target: Target
    execution: Execution
    """As configured: that of the last step."""
    processor: Processor
    images_rule: str
    """Which images were taken."""
    scored_classes: int | None = None
    """How many classes every step chose among: those that are annotated; None for all outputs of the model."""
    n_images: int
    n: int
    """Images evaluated in every step."""
    n_failed: int
    steps: tuple[CheckStep, ...]
    """From the model's own engine to the execution as configured."""
    outcome: CheckOutcome
    findings: tuple[Finding, ...]
    """Warnings: what loses, how much, and what to do about it."""
    notes: tuple[str, ...]
    """What was not possible, and what may be done about it."""
    n_flipped: int
    flipped: tuple[CheckedImage, ...]
    """Images whose class changed, in dataset order, the first 200 of them."""
    versions: dict[str, str]
    created_at: datetime
    duration_s: float
