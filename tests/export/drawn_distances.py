"""Tensor distances to export: logits of two models drawn by a seeded generator, which some images make equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from drawn_comparisons import HEADER, make_comparison, make_comparison_table
from numpy.typing import NDArray

from accubench.analysis.distances import distance_scores, summarize_distance
from accubench.errors import Finding
from accubench.records.report import ScoreReading
from accubench.records.tensor_distance import DISTANCE_COLUMNS, TensorDistance

CLASSES = 12
READING = ScoreReading(kind="logits", reason="the graph ends without Softmax")


def draw_logits(n: int, *, equal: int = 0, noise: float = 0.5, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    """Scores of the optimised model and its parent, shape (n, 12); the same on the first `equal` images."""
    random = np.random.default_rng(seed)
    parent_nk = random.normal(size=(n, CLASSES))
    noise_nk = noise * random.normal(size=(n, CLASSES))
    noise_nk[:equal] = 0
    return parent_nk + noise_nk, parent_nk


def make_distance_table(
    pair_nk: tuple[NDArray[Any], NDArray[Any]],
    *,
    output: str = "logits",
    is_scores: bool = True,
    failed: int = 0,
    image_name: Callable[[int], str] = "images/{:05d}.jpg".format,
) -> pl.DataFrame:
    """The table of one output; the last images failed."""
    n = len(pair_nk[0])
    compared = np.arange(n) < n - failed
    reading = READING if is_scores else None
    table = distance_scores(
        *pair_nk,
        optimised_reading=reading,
        parent_reading=reading,
        quantizations=(None, None),
        parent_outputs=np.arange(CLASSES),
        compared_n=compared,
    )
    return table.with_columns(
        pl.Series("image_name", [image_name(row) for row in range(n)], dtype=pl.String),
        pl.lit(output).alias("output"),
        pl.Series("status", ["compared" if each else "failed" for each in compared], dtype=pl.String),
        pl.Series(
            "failure", [None if each else "Both models: the file is empty." for each in compared], dtype=pl.String
        ),
        pl.Series("position", range(n), dtype=pl.Int64),
    ).select(*DISTANCE_COLUMNS)


def make_distance(
    table: pl.DataFrame,
    *,
    optimised_name: str = "shapes-int8",
    parent_name: str = "shapes",
    findings: tuple[Finding, ...] = (),
) -> TensorDistance:
    """The tensor distance of a table of `make_distance_table`, or several below each other, class scores first."""
    comparison = make_comparison(
        make_comparison_table(both_right=20), optimised_name=optimised_name, parent_name=parent_name, findings=findings
    )
    outputs = table["output"].unique(maintain_order=True).to_list()
    shared = (*HEADER, "created_at", "duration_s", "optimised", "parent", "lineage", "matching")
    return TensorDistance(
        **{name: getattr(comparison, name) for name in shared},
        outputs=tuple(
            summarize_distance(table, output=name, columns=CLASSES, is_scores=name == outputs[0]) for name in outputs
        ),
    )
