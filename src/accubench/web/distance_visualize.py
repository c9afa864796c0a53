"""One image of a tensor distance: the distances of all outputs, and what both models predict."""

from __future__ import annotations

from typing import Literal

from accubench.records.image_detail import DistanceRow, MeasuredImage
from accubench.records.tensor_distance import DISTANCE_MEASURES
from accubench.web.comparison_visualize import ModelPredictions, predictions_of_both
from accubench.web.report_kinds import KINDS
from accubench.web.report_parts import Part
from accubench.web.visualize_frame import ImageFrame, Looked, image_frame
from accubench.workspace import DistanceReport

__all__ = ["MeasuredImagePage", "measured_image_page"]


class MeasuredOutput(Part):
    """The distances of one output."""

    output: str
    values: tuple[float | None, ...]
    """In the order of the page's measures."""


class MeasuredImagePage(ImageFrame):
    """One image of a tensor distance."""

    kind: Literal["distance"] = "distance"
    detail: MeasuredImage
    models: tuple[ModelPredictions, ...]
    """Of the optimised model and of its parent."""
    measures: tuple[str, ...]
    outputs: tuple[MeasuredOutput, ...]


def measured_image_page(report: DistanceReport, detail: MeasuredImage, looked: Looked) -> MeasuredImagePage:
    """Make the page of one image.

    Args:
        report: The report.
        detail: The image.
        looked: The view that it was reached from.
    """
    verdict, sentence = _verdict(detail.rows[0])
    fields = image_frame(looked, detail.image_name, detail.picture_failure, verdict=verdict, sentence=sentence)
    return MeasuredImagePage(
        **fields,
        detail=detail,
        models=predictions_of_both(report.record, detail.optimised_top, detail.parent_top, lambda *_: None),
        measures=tuple(KINDS["distance"].labels[name] for name in DISTANCE_MEASURES),
        outputs=tuple(
            MeasuredOutput(output=row.output, values=tuple(getattr(row, name) for name in DISTANCE_MEASURES))
            for row in detail.rows
        ),
    )


def _verdict(row: DistanceRow) -> tuple[str, str]:
    if row.status == "failed":
        return "failed", "The image could not be compared."
    if row.agreed is None:
        return "unknown", "The distance of both models' outputs on this image."
    if row.agreed:
        return "unknown", "Both models predict the same class."
    return "changed", "The models predict different classes."
