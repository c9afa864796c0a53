"""One image of a report, with what the model made of it."""

from __future__ import annotations

from accubench.records.base import Record

__all__ = ["ImageDetail", "ReportRow", "TopPrediction"]


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
    """Where the file is; None where the dataset is gone."""
    size_wh: tuple[int, int] | None
    """Width and height as decoded by the report's rule; None where it cannot be decoded."""
    failure: str | None
    """Why the image failed in the evaluation; None where it was evaluated."""
    picture_failure: str | None
    """Why no picture can be shown now: the file is gone, is another than was evaluated, or cannot be decoded."""
