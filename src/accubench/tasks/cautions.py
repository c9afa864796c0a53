"""What the numbers of a report make an experienced reader suspect, said as warnings."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import top_k_accuracy
from accubench.errors import Finding
from accubench.records.accuracy_configuration import NormalizeStep, ResolvedConfiguration
from accubench.records.model import Model
from accubench.records.report import AccuracySummary, LabelMapping

__all__ = ["calibration_caution", "cautions"]

_TIMES_CHANCE = 3
_ABOVE_CHANCE = 0.1
"""Accuracy is near chance below three times guessing, and with few classes below a tenth of the way from there to 1."""
_STILL_OPEN = 0.2
"""Where the interval reaches that far above it, there are too few images to say so."""
_SURE = 0.5
_MANY_TIES = 0.05


def cautions(
    summary: AccuracySummary,
    class_count: int,
    configuration: ResolvedConfiguration,
    model: Model,
    *,
    mapping: LabelMapping | None,
    better_mapping: str | None = None,
) -> tuple[Finding, ...]:
    """Warnings about a finished evaluation; empty where nothing is suspicious.

    Args:
        summary: The numbers.
        class_count: Number of classes that are scored.
        configuration: How it was evaluated.
        model: What was evaluated.
        mapping: How classes are matched; None without annotations.
        better_mapping: What `accubench.tasks.label_evidence.better_mapping` found.
    """
    return (
        *_nothing_evaluated(summary),
        *_low_accuracy(summary, class_count, better_mapping),
        *_many_ties(summary),
        *_normalised_twice(configuration, model),
        *(_warning("class-mapping", doubt) for doubt in (mapping.doubts if mapping else ())),
        *(_warning("model-note", note) for note in model.description.notes),
    )


def calibration_caution(table: pl.DataFrame, calibrated_n: NDArray[np.bool_], class_count: int) -> tuple[Finding, ...]:
    """A warning where a model is evaluated on images that it was calibrated on; empty where it is not.

    Args:
        table: The report's, with the columns of `REPORT_COLUMNS`.
        calibrated_n: Which of its images the model was calibrated on, shape (images,).
        class_count: Number of classes that the model scores.
    """
    n = int(calibrated_n.sum())
    if not n:
        return ()
    some = f"All {n} images" if n == len(table) else f"{n} of {len(table)} images"
    message = f"{some} were used to calibrate this model, which flatters its accuracy"
    top1 = top_k_accuracy(table["annotated_class_rank"].filter(pl.Series(~calibrated_n)), 1, class_count)
    if top1.n:
        interval = f"[{top1.low:.2%}, {top1.high:.2%}]"
        message += f"; without them top-1 is {top1.value:.2%} {interval} over {top1.n} images"
    return (_warning("calibration-images", f"{message}."),)


def _nothing_evaluated(summary: AccuracySummary) -> tuple[Finding, ...]:
    if summary.n:
        return ()
    return (
        _warning(
            "nothing-evaluated",
            f"All {summary.n_failed} images failed, so nothing was measured: see the reasons beside the images. "
            "When the model's scores hold NaN or infinity everywhere, check its export and the normalization first.",
        ),
    )


def _low_accuracy(summary: AccuracySummary, class_count: int, better_mapping: str | None = None) -> tuple[Finding, ...]:
    top1 = summary.top1
    if top1 is None:
        return ()
    if better_mapping is not None:
        return (_warning("mapping-found", f"Classes are probably numbered differently. {better_mapping}"),)
    chance = 1 / class_count
    near = min(_TIMES_CHANCE * chance, chance + _ABOVE_CHANCE * (1 - chance))
    if top1.value >= near or top1.high >= near + _STILL_OPEN:
        return ()
    if summary.mean_confidence is not None and summary.mean_confidence > _SURE:
        cause = (
            f"yet the model is sure of itself (mean confidence {summary.mean_confidence:.2f}), so its inputs are "
            "probably right and the classes are numbered differently: check annotations (offset, map, by name)."
        )
    else:
        cause = "and the model is unsure: check the preprocessing (colour order, mean and scale, size) first."
    return (_warning("near-chance", f"Top-1 accuracy {top1.value:.2%} is close to guessing, {cause}"),)


def _many_ties(summary: AccuracySummary) -> tuple[Finding, ...]:
    if not summary.n or summary.n_ties / summary.n < _MANY_TIES:
        return ()
    share = summary.n_ties / summary.n
    return (
        _warning(
            "many-ties",
            f"On {summary.n_ties} of {summary.n} images ({share:.1%}) the highest score is shared by several classes; "
            "the lowest id is taken as predicted. Integer outputs tie often; another tool may break ties differently.",
        ),
    )


def _normalised_twice(configuration: ResolvedConfiguration, model: Model) -> tuple[Finding, ...]:
    steps = configuration.configuration.preprocessing
    in_graph = model.description.normalization_in_graph
    if not in_graph or not any(isinstance(step, NormalizeStep) for step in steps):
        return ()
    return (
        _warning(
            "normalized-twice",
            f"The configuration normalises, and the graph seems to do so too ({' '.join(in_graph)}). "
            "If both are meant, ignore this; otherwise remove the normalize step.",
        ),
    )


def _warning(code: str, message: str) -> Finding:
    return Finding(code=code, message=message, severity="warning")
