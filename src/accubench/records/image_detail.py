"""One image of a report, with what the model, or both models, made of it."""

from __future__ import annotations

from accubench.records.base import Record
from accubench.records.comparison import Flip

__all__ = [
    "ComparedImage",
    "ComparisonRow",
    "DistanceRow",
    "ImageDetail",
    "MeasuredImage",
    "ReportRow",
    "TopPrediction",
]


class ReportRow(Record):
    """One row of a report's table; the fields are those of `REPORT_COLUMNS`."""

    image_name: str
    predicted_class: int | None
    predicted_name: str | None
    annotated_class: int | None
    annotated_name: str | None
    annotated_class_rank: int | None
    predicted_confidence: float | None
    annotated_confidence: float | None
    dataset_class: int | None
    status: str
    failure: str | None
    tied: bool | None
    squared_error: float | None


class TopPrediction(Record):
    """One class with the probability that the model gave it."""

    rank: int
    """Position when scores are sorted downwards, lower id first among equals; 0 is the predicted class."""
    class_id: int
    name: str | None
    confidence: float
    annotated: bool
    """Whether it is the class of the dataset's annotations."""


class ImageDetail(Record):
    """One image of a report."""

    position: int
    """Its row in the dataset, from 0."""
    row: ReportRow
    tags: tuple[str, ...]
    top: tuple[TopPrediction, ...]
    """The classes with the highest scores, best first; the annotated class comes last where it is not among them.
    Empty for a failed image, and where the scores are gone."""
    path: str | None
    """Where the file is, of the image or of the archive or table that it is in; None where the dataset is gone."""
    place_in_file: str | None
    """Where in that file the image is, in words; None where the file is the image."""
    size_wh: tuple[int, int] | None
    """Width and height as decoded by the report's rule; None where it cannot be decoded."""
    failure: str | None
    """Why the image failed in the evaluation; None where it was evaluated."""
    picture_failure: str | None
    """Why no picture can be shown now: the file is gone, is another than was evaluated, or cannot be decoded."""


class ComparisonRow(Record):
    """One row of a comparison's table; the fields are those of `COMPARISON_COLUMNS`."""

    image_name: str
    optimised_class: int | None
    optimised_name: str | None
    parent_class: int | None
    parent_name: str | None
    parent_class_rank: int | None
    optimised_confidence: float | None
    optimised_confidence_in_parent_class: float | None
    parent_confidence: float | None
    flip: Flip | None
    annotated_class: int | None
    annotated_name: str | None
    optimised_annotated_rank: int | None
    parent_annotated_rank: int | None
    kl_divergence: float | None
    top_classes_kept: int | None
    dataset_class: int | None
    agreed: bool | None
    status: str
    failure: str | None
    position: int


class DistanceRow(Record):
    """One row of a tensor distance's table; the fields are those of `DISTANCE_COLUMNS`."""

    image_name: str
    output: str
    mse: float | None
    cosine_distance: float | None
    kl_divergence: float | None
    max_abs_difference: float | None
    agreed: bool | None
    status: str
    failure: str | None
    position: int


class _ImageOfBoth(Record):
    """One image as two models saw it."""

    position: int
    """Its row in the dataset, from 0."""
    tags: tuple[str, ...]
    optimised_top: tuple[TopPrediction, ...]
    """The optimised model's highest classes, best first; empty where it failed, and where its scores are gone."""
    parent_top: tuple[TopPrediction, ...]
    """The parent's highest classes, as outputs of the parent."""
    path: str | None
    """Where the file is, of the image or of the archive or table that it is in; None where the dataset is gone."""
    place_in_file: str | None
    """Where in that file the image is, in words; None where the file is the image."""
    size_wh: tuple[int, int] | None
    """Width and height as decoded by the optimised model's rule; None where it cannot be decoded."""
    failure: str | None
    """Which model failed on the image, and why."""
    picture_failure: str | None
    """Why no picture can be shown now."""


class ComparedImage(_ImageOfBoth):
    """One image of a comparison."""

    row: ComparisonRow


class MeasuredImage(_ImageOfBoth):
    """One image of a tensor distance."""

    image_name: str
    rows: tuple[DistanceRow, ...]
    """One for each output, that of class scores first."""
