"""Flips whose right class a person named: enough to know by how much accuracy changed, without any other annotation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from accubench.analysis.matched_classes import MatchedClasses, OutputIds

__all__ = ["label_flips"]


def label_flips(table: pl.DataFrame, labels: Mapping[str, int], *, parent_outputs: OutputIds) -> pl.DataFrame:
    """Put the right classes of flips, as a person named them, into a comparison's table.

    Each flip without annotation (``changed``) that has a label becomes broken, fixed or moved, and the label its
    ``annotated_class``; ranks of it stay empty, which tells a label from an annotation of the dataset. Labels of other
    images change nothing: an image that both models agree on is no flip, and an annotation counts more.

    Args:
        table: A comparison's table with the columns of `COMPARISON_COLUMNS`; names of classes are not looked at.
        labels: Right class by image name, as an output of the optimised model.
        parent_outputs: As for `compare_scores`.

    Returns:
        The table with the columns ``flip`` and ``annotated_class`` changed.

    Raises:
        ValueError: A label is no output of the optimised model.

    >>> table = pl.DataFrame(
    ...     {"image_name": ["a.png", "b.png"], "optimised_class": [1, 0], "parent_class": [0, 1],
    ...      "flip": ["changed", "changed"], "annotated_class": [None, None]},
    ...     schema_overrides={"annotated_class": pl.Int32},
    ... )
    >>> label_flips(table, {"a.png": 0}, parent_outputs=[0, 1]).select("flip", "annotated_class").rows()
    [('broken', 0), ('changed', None)]
    """
    outputs = np.asarray(parent_outputs)
    wrong = sorted({label for label in labels.values() if not 0 <= label < len(outputs)})
    if wrong:
        raise ValueError(f"labels {wrong} are no outputs of the optimised model, which has 0 to {len(outputs) - 1}")
    matched = MatchedClasses.of(outputs, int(outputs.max(initial=-1)) + 1)
    label = pl.col("image_name").replace_strict(dict(labels), default=None, return_dtype=pl.Int32)
    given = table.select(pl.when(pl.col("flip") == "changed").then(label).alias("label"))["label"]
    in_parent = pl.Series("label_in_parent", matched.in_parent(given.fill_null(-1).to_numpy()))
    return table.with_columns(
        pl.when(given.is_null())
        .then(pl.col("flip"))
        .when(in_parent == pl.col("parent_class"))
        .then(pl.lit("broken"))
        .when(given == pl.col("optimised_class"))
        .then(pl.lit("fixed"))
        .otherwise(pl.lit("moved"))
        .alias("flip"),
        pl.coalesce(given, "annotated_class").cast(table.schema["annotated_class"]).alias("annotated_class"),
    )
