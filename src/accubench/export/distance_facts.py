"""The numbers of a tensor distance as people read them."""

from __future__ import annotations

import polars as pl

from accubench.export.numbers import distance_text
from accubench.records.tensor_distance import DISTANCE_COLUMNS, DISTANCE_MEASURES, Distribution, OutputDistance

__all__ = ["DISTRIBUTION_TITLES", "distribution_cells", "measure_title", "output_rows", "worst_distances"]

DISTRIBUTION_TITLES = ("Distance", "Mean", "Median", "90 %", "99 %", "Least", "Greatest", "Worst image")
"""What `distribution_cells` gives."""


def measure_title(measure: str) -> str:
    """What a distance is called, e.g. ``Mean Squared Error``."""
    return DISTANCE_COLUMNS[measure][1]


def distribution_cells(distribution: Distribution) -> tuple[str, ...]:
    """The cells of one row under `DISTRIBUTION_TITLES`."""
    values = (
        distribution.mean,
        distribution.median,
        distribution.p90,
        distribution.p99,
        distribution.least,
        distribution.greatest,
    )
    return (measure_title(distribution.measure), *map(distance_text, values), distribution.worst_image)


def output_rows(table: pl.DataFrame, output: OutputDistance) -> pl.DataFrame:
    """The rows of one output in a tensor distance's table, in dataset order."""
    return table.filter(pl.col("output") == output.output)


def worst_distances(table: pl.DataFrame, output: OutputDistance, limit: int) -> pl.DataFrame:
    """The images farthest apart in one output, by mean squared error."""
    found = output_rows(table, output).filter(pl.col(DISTANCE_MEASURES[0]).is_not_null())
    return found.sort(DISTANCE_MEASURES[0], descending=True, maintain_order=True).head(limit)
