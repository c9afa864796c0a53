"""One image of a comparison: the top predictions of both models side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from accubench.records.comparison import Comparison
from accubench.records.image_detail import ComparedImage, ComparisonRow, TopPrediction
from accubench.records.report import EvaluatedModel
from accubench.records.tensor_distance import TensorDistance
from accubench.web.comparison_images import FLIP_MEANINGS, mark_of
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.visualize_frame import ImageFrame, Looked, image_frame
from accubench.workspace import ComparisonReport

__all__ = ["ComparedImagePage", "ModelPredictions", "compared_image_page", "predictions_of_both"]

_MARKS = "ABCDEFGHIJKLMNOPQRST"
_COLORS = 8


class PairPrediction(Part):
    """One of the classes with the highest scores of a model, as a bar."""

    rank: int
    class_id: int
    """As an output of the model whose prediction it is."""
    name: str | None
    confidence: float
    width: float
    """Length of its bar, in percent."""
    annotated: bool
    mark: str | None
    """A letter that the same class has in the predictions of both models; None where only one lists it."""
    color: int | None
    """Number of the colour that goes with the letter."""
    address: str | None
    """The report's images that this model predicts as this class."""


class ModelPredictions(Part):
    """The top predictions of one of both models."""

    role: str
    name: str
    predictions: tuple[PairPrediction, ...]


class ComparedImagePage(ImageFrame):
    """One image of a comparison."""

    kind: Literal["comparison"] = "comparison"
    detail: ComparedImage
    models: tuple[ModelPredictions, ...]
    """Of the optimised model and of its parent."""
    annotated: bool
    flip: str | None
    """What the kind of flip means, in words."""


def compared_image_page(report: ComparisonReport, detail: ComparedImage, looked: Looked) -> ComparedImagePage:
    """Make the page of one image.

    Args:
        report: The report.
        detail: The image.
        looked: The view that it was reached from.
    """
    row = detail.row
    verdict = mark_of(row.model_dump())
    fields = image_frame(
        looked, row.image_name, detail.picture_failure, verdict=verdict, sentence=_sentence(row, verdict)
    )

    def images(column: str, class_id: int) -> str | None:
        return report_address(report.id, ReportQuery(filters=(f"{column}={class_id}",)))

    return ComparedImagePage(
        **fields,
        detail=detail,
        models=predictions_of_both(report.record, detail.optimised_top, detail.parent_top, images),
        annotated=report.record.summary.outcomes is not None or row.annotated_class is not None,
        flip=None if row.flip is None else FLIP_MEANINGS[row.flip],
    )


def predictions_of_both(
    record: Comparison | TensorDistance,
    optimised: tuple[TopPrediction, ...],
    parent: tuple[TopPrediction, ...],
    address_of: Callable[[str, int], str | None],
) -> tuple[ModelPredictions, ...]:
    """The predictions of both models; a class that both list has the same letter and colour in both.

    Args:
        record: The report.
        optimised: Highest classes of the optimised model.
        parent: Highest classes of its parent, as outputs of the parent.
        address_of: Gives the address of a class's images by column and class, or None.
    """
    # As outputs of the parent, which is where both are at home.
    meant = {each.class_id: record.matching.parent_outputs[each.class_id] for each in optimised}
    of_parent = {each.class_id for each in parent}
    shared = [theirs for theirs in meant.values() if theirs in of_parent]
    numbers = {theirs: number for number, theirs in enumerate(shared)}

    def listed(
        role: str, model: EvaluatedModel, column: str, top: Iterable[TopPrediction], same: Callable[[int], int]
    ) -> ModelPredictions:
        return ModelPredictions(
            role=role,
            name=model.model_name,
            predictions=tuple(
                _prediction(each, numbers.get(same(each.class_id)), address_of(column, each.class_id)) for each in top
            ),
        )

    return (
        listed("Optimised", record.optimised, "optimised_class", optimised, meant.__getitem__),
        listed("Parent", record.parent, "parent_class", parent, lambda class_id: class_id),
    )


def _prediction(each: TopPrediction, number: int | None, address: str | None) -> PairPrediction:
    return PairPrediction(
        rank=each.rank,
        class_id=each.class_id,
        name=each.name,
        confidence=each.confidence,
        width=round(max(0.4, 100 * each.confidence), 2),
        annotated=each.annotated,
        mark=None if number is None else _MARKS[number],
        color=None if number is None else number % _COLORS,
        address=address,
    )


def _sentence(row: ComparisonRow, verdict: str) -> str:
    if row.status == "failed":
        return "The image could not be compared."
    if row.flip is not None:
        now = row.parent_class_rank
        where = "" if now is None else f" The parent's class is now at rank {now:,}."
        return f"{row.flip.capitalize()}: {FLIP_MEANINGS[row.flip]}.{where}"
    if verdict == "unknown":
        return "Both models predict the same class; the image is not annotated."
    if verdict == "right":
        return "Both models predict the annotated class."
    return "Both models predict the same class, which is not the annotated one."
