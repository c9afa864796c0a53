"""A numerics check as pages show it: the waterfall from the model's own engine to the execution as configured."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from accubench.export import (
    CHECK_TITLES,
    check_cells,
    check_sentence,
    checked_classes,
    checked_images,
    percent_text,
    signed_points_text,
)
from accubench.records.numerics_check import CheckOutcome, CheckStep, NumericsCheck, StepCause

__all__ = ["CheckView", "FlippedImage", "WaterfallStep", "check_view"]

_BADGES: dict[CheckOutcome, str] = {"agree": "good", "undecided": "", "differ": "bad", "nothing": ""}
_WORDS: dict[CheckOutcome, str] = {
    "agree": "the same in every step",
    "undecided": "the same up to rounding",
    "differ": "not its own",
    "nothing": "nothing to compare",
}
_CAUSES: dict[StepCause, str] = {
    "start": "where it starts",
    "conversion": "OpenVINO reads the file and computes",
    "integer_kernels": "quantised layers in integers",
    "precision": "the precision asked for",
    "device": "the device asked for",
}


class WaterfallStep(BaseModel):
    """A step with the bar of its accuracy, or of its agreement where nothing is annotated."""

    title: str
    cause: str
    """What changes from the step before."""
    value: str
    """Top-1 accuracy, or agreement with the first step."""
    width: float
    """Of the bar, in percent."""
    low: float
    """Where the interval begins, in percent of the bar's room."""
    span: float
    """How wide the interval is, in percent."""
    change: str
    """Points against the step before; empty for the first step."""
    flips: str
    cells: tuple[str, ...]
    """In the columns of the table."""


class FlippedImage(BaseModel):
    """An image that changed its class."""

    image_name: str
    annotated: str
    classes: tuple[str, ...]


class CheckView(BaseModel):
    """What a page shows of a check."""

    id: str
    address: str
    created_at: datetime
    outcome: CheckOutcome
    word: str
    badge: str
    sentence: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    annotated: bool
    steps: tuple[WaterfallStep, ...]
    titles: tuple[str, ...]
    images: str
    """Which were taken, and over which classes they were scored."""
    n: int
    n_failed: int
    n_flipped: int
    flipped: tuple[FlippedImage, ...]


def check_view(check: NumericsCheck) -> CheckView:
    """A check with every text and every length that pages show."""
    return CheckView(
        id=check.id,
        address=f"/checks/{check.id}",
        created_at=check.created_at,
        outcome=check.outcome,
        word=_WORDS[check.outcome],
        badge=_BADGES[check.outcome],
        sentence=check_sentence(check),
        warnings=tuple(str(finding) for finding in check.findings),
        notes=check.notes,
        annotated=any(step.top1 is not None for step in check.steps),
        steps=tuple(_waterfall_step(step) for step in check.steps),
        titles=CHECK_TITLES,
        images=checked_images(check),
        n=check.n,
        n_failed=check.n_failed,
        n_flipped=check.n_flipped,
        flipped=tuple(
            FlippedImage(
                image_name=image.image_name,
                annotated=_class(image.annotated_class, image.annotated_name),
                classes=checked_classes(image),
            )
            for image in check.flipped
        ),
    )


def _waterfall_step(step: CheckStep) -> WaterfallStep:
    value, low, high = _bar(step)
    change, difference = step.before, None if step.before is None else step.before.difference
    return WaterfallStep(
        title=step.title,
        cause=_CAUSES[step.cause],
        value=percent_text(value),
        width=round(100 * value, 2),
        low=round(100 * low, 2),
        span=round(100 * (high - low), 2),
        change="" if difference is None else f"{signed_points_text(difference.value)} points",
        flips="" if change is None else f"{change.flips.total} of {change.agreement.n} images changed their class",
        cells=check_cells(step),
    )


def _bar(step: CheckStep) -> tuple[float, float, float]:
    """The share that a step is drawn by, with its interval."""
    if step.top1 is not None:
        return step.top1.value, step.top1.low, step.top1.high
    if step.first is not None:
        return step.first.agreement.value, step.first.agreement.low, step.first.agreement.high
    return 1.0, 1.0, 1.0


def _class(class_id: int | None, name: str | None) -> str:
    return "" if class_id is None else str(class_id) if name is None else f"{class_id} {name}"
