"""What is said of a numerics check in sentences and figures, the same in a terminal and on a page."""

from __future__ import annotations

from accubench.export.comparison_text import difference_interval
from accubench.export.numbers import (
    DASH,
    distance_text,
    interval_text,
    percent_text,
    plural,
    signed_points_text,
)
from accubench.records.numerics_check import CheckedImage, CheckStep, NumericsCheck, StepChange

__all__ = ["CHECK_TITLES", "check_cells", "check_sentence", "checked_classes", "checked_images", "flips_text"]

CHECK_TITLES: tuple[str, ...] = (
    "Executed by",
    "Top-1",
    "Flips",
    "Agreement",
    "Points",
    "Agreement with first",
    "MSE",
    "Cosine",
    "KL",
)
"""Columns of the waterfall; flips, agreement, points and distances are against the step before."""


def check_sentence(check: NumericsCheck) -> str:
    """The headline: whether the numbers are the model's own.

    Returns:
        E.g. ``The numbers are the model's own: all 64 images have the same class in all 3 steps. (With 95 %
        confidence, not more than 5.6 % of all images have another.)``
    """
    if check.outcome == "nothing":
        return "There was nothing to hold the numbers against: " + (
            "no image could be evaluated in every step."
            if check.n_images
            else "the model can be executed in one way only."
        )
    if check.outcome == "differ":
        return "The numbers are not the model's own: " + plural(len(check.findings), "step") + " change them."
    greatest = percent_text(max(_changes(check), key=lambda each: each.disagreement_high).disagreement_high, decimals=1)
    if check.outcome == "agree":
        return (
            f"The numbers are the model's own: all {plural(check.n, 'image')} have the same class in all "
            f"{len(check.steps)} steps. (With 95 % confidence, not more than {greatest} of all images have another.)"
        )
    hint = "" if check.images_rule.startswith("All") else " A check of all images tells more."
    return (
        f"The numbers are the model's own up to rounding: {check.n_flipped} of {plural(check.n, 'image')} do not have "
        f"the same class in all {len(check.steps)} steps, too few to show a loss.{hint}"
    )


def checked_images(check: NumericsCheck) -> str:
    """Which images were taken, and over which classes they were scored where not over all of them.

    Returns:
        E.g. ``All images of the dataset. Scored over the 200 annotated classes alone.``
    """
    if check.scored_classes is None:
        return check.images_rule
    classes = plural(check.scored_classes, "annotated class")
    return f"{check.images_rule} Scored over the {classes} alone."


def check_cells(step: CheckStep) -> tuple[str, ...]:
    """The figures of a step, in the columns of `CHECK_TITLES`."""
    top1 = DASH if step.top1 is None else f"{percent_text(step.top1.value)} ({interval_text(step.top1)})"
    change = step.before
    if change is None:
        return (step.title, top1, *([DASH] * (len(CHECK_TITLES) - 2)))
    return (
        step.title,
        top1,
        flips_text(change),
        percent_text(change.agreement.value, decimals=1),
        _points(change),
        DASH if step.first is None else percent_text(step.first.agreement.value, decimals=1),
        distance_text(change.mean_mse),
        distance_text(change.mean_cosine_distance),
        distance_text(change.mean_kl_divergence),
    )


def flips_text(change: StepChange) -> str:
    """How many images changed their class, and what that means, e.g. ``3: 1 broken, 2 fixed``."""
    counts = change.flips.model_dump()
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    return f"{change.flips.total}: {kinds}" if kinds else "0"


def checked_classes(image: CheckedImage) -> tuple[str, ...]:
    """The class of an image in each step, with what it means against the step before."""
    named = [
        str(class_id) if name is None else f"{class_id} {name}"
        for class_id, name in zip(image.classes, image.names, strict=True)
    ]
    return tuple(text if flip is None else f"{text} ({flip})" for text, flip in zip(named, image.flips, strict=True))


def _points(change: StepChange) -> str:
    difference = change.difference
    if difference is None:
        return DASH
    return f"{signed_points_text(difference.value)} ({difference_interval(difference)})"


def _changes(check: NumericsCheck) -> list[StepChange]:
    return [step.before for step in check.steps if step.before is not None]
