"""The images of a report that are looked at first: the erroneous, the worst, the failed."""

from __future__ import annotations

import polars as pl

__all__ = ["ERRONEOUS", "FAILED", "worst_images"]

ERRONEOUS = pl.col("predicted_class") != pl.col("annotated_class")
"""Whether the predicted class differs from the annotated one; null where the image has only one of them."""

FAILED = pl.col("status") == "failed"
"""Whether the image could not be evaluated."""


def worst_images(table: pl.DataFrame, limit: int) -> pl.DataFrame:
    """The erroneous images on which the model was surest of the wrong class, the surest first.

    Args:
        table: A report's table.
        limit: How many at most; among equal confidences the first of the dataset come first.

    >>> table = pl.DataFrame({
    ...     "image_name": ["a", "b", "c"],
    ...     "predicted_class": [1, 1, 0],
    ...     "annotated_class": [0, 0, 0],
    ...     "predicted_confidence": [0.6, 0.9, 0.8],
    ... })
    >>> worst_images(table, 5)["image_name"].to_list()
    ['b', 'a']
    """
    return table.filter(ERRONEOUS).sort("predicted_confidence", descending=True, maintain_order=True).head(limit)
