"""Report 3, the tensor distance to the parent model's output: how far outputs are from each other, image by image."""

from __future__ import annotations

from typing import Literal

from accubench.records.base import Record
from accubench.records.comparison import ClassMatching
from accubench.records.report import EvaluatedModel, ReportHeader

__all__ = [
    "DISTANCE_COLUMNS",
    "DISTANCE_MEASURES",
    "DistanceBin",
    "Distribution",
    "OutputDistance",
    "TensorDistance",
]

DISTANCE_MEASURES: tuple[str, ...] = ("mse", "cosine_distance", "kl_divergence", "max_abs_difference")
"""Columns that hold distances."""

DISTANCE_COLUMNS: dict[str, tuple[str, str, str]] = {
    "image_name": ("String", "Image Name", "Path of the image below the dataset's root."),
    "output": ("String", "Output", "The models' output that is compared."),
    "mse": ("Float64", "Mean Squared Error", "Mean over the output of (optimised - parent) squared."),
    "cosine_distance": (
        "Float64",
        "Cosine Distance",
        "1 - cosine of the angle between both outputs: 0 for the same direction; empty where an output is all zero.",
    ),
    "kl_divergence": (
        "Float64",
        "KL Divergence",
        "KL divergence of the optimised model's probabilities from the parent's, in nats; empty without class scores.",
    ),
    "max_abs_difference": ("Float64", "Largest Absolute Difference", "Largest |optimised - parent| over the output."),
    "agreed": ("Boolean", "Agreed", "Whether both models predict the same class."),
    "status": ("String", "Status", "`compared`; `failed` where a model could not be evaluated on the image."),
    "failure": ("String", "Failure", "Which model failed on the image, and why."),
    "position": ("Int64", "Row of the Dataset", "The image's row in the dataset, from 0."),
}
"""Columns of a tensor distance's stored table, in this order: polars type, title, meaning.

One row per image and output, ordered by output, then image.
"""


class DistanceBin(Record):
    """Images whose distance lies between two bounds."""

    low: float
    high: float
    count: int


class Distribution(Record):
    """How one distance is spread over the images."""

    measure: str
    """A column of `DISTANCE_MEASURES`."""
    n: int
    """Images that have it."""
    mean: float
    median: float
    p90: float
    p99: float
    least: float
    greatest: float
    worst_image: str
    """Name of the image with the greatest distance, the first of them in the dataset."""
    bins: tuple[DistanceBin, ...]
    """Histogram with bins of equal width on a logarithmic scale, zeros in a bin of their own (low = high = 0)."""


class OutputDistance(Record):
    """The distances of one output."""

    output: str
    columns: int
    """Numbers per image that are compared."""
    is_scores: bool
    """Whether this is the output of class scores."""
    n: int
    """Images compared."""
    n_failed: int
    equal: int
    """Images on which both outputs are the same, number by number."""
    distributions: tuple[Distribution, ...]
    """In the order of `DISTANCE_MEASURES`; those that do not apply are absent."""


class TensorDistance(ReportHeader):
    """The distance of an optimised model's outputs from its parent's, image by image."""

    kind: Literal["distance"] = "distance"
    optimised: EvaluatedModel
    parent: EvaluatedModel
    lineage: bool
    """Whether the one was made from the other here."""
    matching: ClassMatching
    outputs: tuple[OutputDistance, ...]
    """The output of class scores first."""
    other_predictions: tuple[str, ...] = ()
    """Ids of predictions that hold outputs other than the class scores."""

    @property
    def evaluated_models(self) -> tuple[EvaluatedModel, ...]:
        """The models whose scores the report is made of."""
        return (self.optimised, self.parent)
