"""The table of report 1, as a query on stored scores: how they are read, and one row per image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import ScoreRange, score_table
from accubench.errors import Finding
from accubench.records.accuracy_configuration import Outputs
from accubench.records.class_names import ClassNames
from accubench.records.dataset import Dataset
from accubench.records.model import ModelDescription
from accubench.records.predictions import Predictions
from accubench.records.report import REPORT_COLUMNS, LabelMapping, ScoreReading
from accubench.storage import Part, PartFolder

__all__ = ["annotated_outputs", "make_table", "read_scores"]


def annotated_outputs(dataset: Dataset, manifest: pl.DataFrame, mapping: LabelMapping | None) -> NDArray[np.int32]:
    """The annotated class of every image as an output of the model, shape (images,); -1 where there is none."""
    if mapping is None or not dataset.annotated:
        return np.full(len(manifest), -1, np.int32)
    outputs = manifest["dataset_class"].replace_strict(mapping.outputs, default=-1, return_dtype=pl.Int32)
    return outputs.fill_null(-1).to_numpy()


def read_scores(
    outputs: Outputs, description: ModelDescription, predictions: Predictions, folder: PartFolder
) -> tuple[ScoreReading, tuple[Finding, ...]]:
    """Decide how scores become confidences: the configuration's word first, then the graph's, then the numbers'.

    Returns:
        The reading, and what the numbers say against it.
    """
    seen = ScoreRange(columns=predictions.score_columns)
    for part in folder.read_all(predictions.n_parts):
        seen = seen.merge(ScoreRange.of(part.scores_nk[_evaluated(part)], predictions.quantization))
    if outputs.scores != "auto":
        kind, reason = outputs.scores, "the configuration says so"
    elif description.score_kind != "unknown":
        kind, reason = description.score_kind, description.score_kind_reason
    elif seen.looks_like_probabilities:
        kind, reason = "probabilities", f"the graph does not say, but the scores of all {seen.rows} images sum to 1"
    else:
        kind, reason = "logits", "the graph does not say, and the scores are not between 0 and 1 with a sum of 1"
    reading = ScoreReading(
        kind=kind, reason=reason, quantization=predictions.quantization, sigmoid=description.single_output
    )
    return reading, seen.warnings(reading)


def make_table(
    manifest: pl.DataFrame,
    annotated_n: NDArray[np.int32],
    names: ClassNames | None,
    reading: ScoreReading,
    parts: Iterator[Part],
) -> pl.DataFrame:
    """One row per image in dataset order, with the columns of `REPORT_COLUMNS`.

    Scores are read one part at a time, so that memory grows only with the table.
    """
    scored: list[pl.DataFrame] = []
    failures: list[str | None] = []
    for part in parts:
        rows = slice(part.first_row, part.first_row + len(part.failures))
        scored.append(score_table(part.scores_nk, annotated_n[rows], reading, evaluated_n=_evaluated(part)))
        failures.extend(part.failures)
    annotated = pl.Series("annotated_class", annotated_n, dtype=pl.Int32)
    table = pl.concat(scored).with_columns(
        manifest["image_name"],
        annotated.replace(-1, None),
        manifest["dataset_class"],
        pl.Series("failure", failures, dtype=pl.String),
    )
    table = table.with_columns(
        pl.when(pl.col("failure").is_null()).then(pl.lit("evaluated")).otherwise(pl.lit("failed")).alias("status"),
        _named(table["predicted_class"], names).alias("predicted_name"),
        _named(table["annotated_class"], names).alias("annotated_name"),
    )
    return table.select(*REPORT_COLUMNS)


def _named(classes: pl.Series, names: ClassNames | None) -> pl.Series:
    """Names of classes; null where there is no class or no name."""
    if names is None:
        return pl.Series([None] * len(classes), dtype=pl.String)
    known = pl.Series(names.names, dtype=pl.String)
    return known.gather(classes.cast(pl.UInt32))


def _evaluated(part: Part) -> NDArray[np.bool_]:
    return np.array([failure is None for failure in part.failures], dtype=np.bool_)
