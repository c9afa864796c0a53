"""Comparisons and tensor distances to export: drawn by a seeded generator to have wanted outcomes, image by image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from drawn_reports import SHAPES, make_report
from drawn_reports import make_table as make_report_table
from numpy.typing import NDArray

from accubench.analysis.comparison_summary import summarize_comparison
from accubench.analysis.flips import compare_scores
from accubench.analysis.summary import summarize
from accubench.errors import Finding
from accubench.records.comparison import (
    COMPARISON_COLUMNS,
    ClassMatching,
    Comparison,
    SpeedComparison,
    SpeedFigure,
    Spread,
)
from accubench.records.model import ModelFile
from accubench.records.report import AccuracySummary, EvaluatedModel, ScoreReading

READING = ScoreReading(kind="probabilities", reason="the graph ends in Softmax 'prob'")
HEADER = ("id", "project_id", "dataset_id", "dataset_name", "dataset_version", "target", "findings", "versions")


def make_comparison_table(
    *,
    both_right: int = 0,
    broken: int = 0,
    fixed: int = 0,
    moved: int = 0,
    both_wrong: int = 0,
    failed: int = 0,
    annotated: bool = True,
    names: Sequence[str] = SHAPES,
    image_name: Callable[[int], str] = "images/{:05d}.jpg".format,
    seed: int = 0,
) -> pl.DataFrame:
    """A comparison's table with as many images of each outcome, in random order, the failed ones last.

    `both_wrong` counts images on which both models predict the same wrong class, `moved` those on which they do not.
    """
    random = np.random.default_rng(seed)
    kinds = np.repeat(np.arange(5), (both_right, broken, fixed, moved, both_wrong))
    kinds = np.concatenate([random.permutation(kinds), np.zeros(failed, dtype=np.int64)])
    n = len(kinds)
    truth = random.integers(len(names), size=n)
    others = (truth[:, None] + np.array([[1, 2]])) % len(names)
    parent_top = np.where(np.isin(kinds, (0, 1)), truth, others[:, 0])
    optimised_top = np.choose(kinds, [truth, others[:, 0], truth, others[:, 1], others[:, 0]])
    parent_nk = _scores(parent_top, len(names), random)
    table = compare_scores(
        _scores(optimised_top, len(names), random, like=parent_nk),
        parent_nk,
        optimised_reading=READING,
        parent_reading=READING,
        parent_outputs=np.arange(len(names)),
        compared_n=np.arange(n) < n - failed,
        annotated_n=truth if annotated else np.full(n, -1),
    )
    ids = {"optimised_name": "optimised_class", "parent_name": "parent_class", "annotated_name": "annotated_class"}
    known = dict(enumerate(names))
    alive = pl.Series(np.arange(n) < n - failed)
    return table.with_columns(
        *(pl.col(ids[name]).replace_strict(known, return_dtype=pl.String).alias(name) for name in ids),
        pl.Series("image_name", [image_name(row) for row in range(n)], dtype=pl.String),
        pl.Series("dataset_class", truth if annotated else [None] * n, dtype=pl.Int64),
        pl.Series("status", ["compared" if each else "failed" for each in alive], dtype=pl.String),
        pl.Series("failure", [None if each else "Both models: the file is empty." for each in alive], dtype=pl.String),
        pl.Series("position", range(n), dtype=pl.Int64),
    ).select(*COMPARISON_COLUMNS)


def make_comparison(
    table: pl.DataFrame,
    *,
    margin: float = 0.01,
    speed: SpeedComparison | None = None,
    names: Sequence[str] = SHAPES,
    optimised_name: str = "shapes-int8",
    parent_name: str = "shapes",
    n_left_out: int = 0,
    findings: tuple[Finding, ...] = (),
    labels_source: str | None = None,
    min_support: int = 10,
) -> Comparison:
    """The comparison that belongs to a table of `make_comparison_table`."""
    annotated = table["annotated_class"].count() > 0
    report = make_report(make_report_table(60, annotated=annotated), annotated=annotated, findings=findings)
    model = {name: getattr(report, name) for name in EvaluatedModel.model_fields}

    def evaluated(side: str, name: str, size_bytes: int) -> EvaluatedModel:
        files = (ModelFile(name=f"{name}.onnx", size_bytes=size_bytes, sha256="0f4c" * 16),)
        summary = _summary(table, side, len(names))
        return EvaluatedModel(**{**model, "model_name": name, "model_files": files, "summary": summary})

    return Comparison(
        **{name: getattr(report, name) for name in HEADER},
        created_at=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
        duration_s=6.25,
        optimised=evaluated("optimised", optimised_name, 1_300_000),
        parent=evaluated("parent", parent_name, 4_900_000),
        lineage=True,
        matching=ClassMatching(
            kind="identity",
            description=f"both models have the same {len(names)} outputs",
            parent_outputs=tuple(range(len(names))),
        ),
        summary=summarize_comparison(
            table,
            margin=margin,
            class_name=lambda each: None if each is None else names[each],
            n_left_out=n_left_out,
            min_support=min_support,
        ),
        speed=speed,
        labels_source=labels_source,
    )


def make_speed(ratio: float = 1.94, *, rounds: int = 5) -> SpeedComparison:
    """A speed comparison with that ratio of images per second, and 0.9 of it for latency."""

    def spread(median: float) -> Spread:
        values = tuple(median * (1 + 0.02 * (row - rounds // 2)) for row in range(rounds))
        return Spread(median=median, low=min(values), high=max(values), rounds=values)

    return SpeedComparison(
        figures=(
            SpeedFigure(
                hint="throughput",
                figure="images_per_second",
                optimised=spread(200 * ratio),
                parent=spread(200),
                ratio=spread(ratio),
            ),
            SpeedFigure(
                hint="latency",
                figure="latency_ms",
                optimised=spread(4 / (0.9 * ratio)),
                parent=spread(4),
                ratio=spread(0.9 * ratio),
            ),
        ),
        seconds=1.0,
        execution_precisions=("f32", "f32"),
    )


def _summary(table: pl.DataFrame, side: str, class_count: int) -> AccuracySummary:
    """The accuracy of one model on the images compared; confidences in other classes than the predicted are made up."""
    right = pl.col(f"{side}_annotated_rank") == 0
    confidence = pl.when(right).then(f"{side}_confidence").otherwise(0.05)
    accuracy = table.with_columns(
        pl.col(f"{side}_class").alias("predicted_class"),
        pl.col(f"{side}_annotated_rank").alias("annotated_class_rank"),
        pl.col(f"{side}_confidence").alias("predicted_confidence"),
        pl.when(pl.col(f"{side}_annotated_rank").is_not_null()).then(confidence).alias("annotated_confidence"),
        pl.when(pl.col("status") == "compared").then(pl.lit("evaluated")).otherwise("status").alias("status"),
        pl.lit(value=False).alias("tied"),
    ).with_columns(((1 - pl.col("annotated_confidence")) ** 2).alias("squared_error"))
    return summarize(accuracy, top_k=(1, 5), class_count=class_count, calibration_bins=15)


def _scores(
    top: NDArray[Any], classes: int, random: np.random.Generator, like: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Probabilities whose greatest is at `top`, otherwise near those of another model."""
    n = len(top)
    weights = random.random((n, classes)) if like is None else like * (1 + 0.1 * random.random((n, classes)))
    weights[np.arange(n), top] = weights.max(axis=1, initial=1) * (1.2 + random.random(n))
    return weights / weights.sum(axis=1, keepdims=True)
