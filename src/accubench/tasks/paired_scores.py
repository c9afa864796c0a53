"""The scores of two models side by side, image by image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.records.predictions import Predictions
from accubench.storage import PartFolder, Store

__all__ = ["PairBlock", "StoredScores", "join_images", "over_blocks"]


def join_images(optimised: pl.Series, parent: pl.Series) -> pl.DataFrame:
    """Find the images of the same name among those that two models were evaluated on.

    Args:
        optimised: Names of the optimised model's images, each once.
        parent: Names of the parent's images, each once, in any order.

    Returns:
        ``image_name``, ``optimised_row`` and ``parent_row``, in the order of the optimised model's images, then the
        images that only the parent has; -1 where a model does not have the image.

    >>> join_images(pl.Series(["a", "b"]), pl.Series(["c", "b"])).rows()
    [('a', 0, -1), ('b', 1, 1), ('c', -1, 0)]
    """
    ours = pl.DataFrame({"image_name": optimised}).with_row_index("optimised_row")
    theirs = pl.DataFrame({"image_name": parent}).with_row_index("parent_row")
    joined = ours.join(theirs, on="image_name", how="full", coalesce=True, maintain_order="left_right", validate="1:1")
    rows = pl.col("optimised_row", "parent_row").cast(pl.Int64).fill_null(-1)
    return joined.select(pl.col("image_name"), rows)


class StoredScores:
    """The scores of one model by row, whatever parts they lie in.

    Args:
        predictions: What the parts belong to.
        folder: Where they are.
    """

    def __init__(self, predictions: Predictions, folder: PartFolder) -> None:
        self.predictions = predictions
        self._folder = folder

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray[Any], list[str | None]]:
        """The scores of rows in the order given, and why images failed.

        Args:
            rows: Rows of the predictions' dataset, shape (images,); -1 where the model does not have the image.

        Returns:
            Scores as stored, shape (images, columns), zeros where the image failed; and a reason or None for each.
        """
        predictions = self.predictions
        scores_nk = np.zeros((len(rows), predictions.score_columns), predictions.score_dtype)
        failures: list[str | None] = ["the image is not among those that it was evaluated on"] * len(rows)
        numbers = np.where(rows < 0, -1, rows // predictions.part_rows)
        for number in np.unique(numbers[numbers >= 0]).tolist():
            part = self._folder.read(number)
            places = np.flatnonzero(numbers == number)
            inside = rows[places] - part.first_row
            scores_nk[places] = part.scores_nk[inside]
            for place, row in zip(places.tolist(), inside.tolist(), strict=True):
                failures[place] = part.failures[row]
        return scores_nk, failures


class PairBlock(NamedTuple):
    """Some consecutive images of a pair."""

    images: slice
    """Which of `ScoredPair.images`."""
    optimised_nk: NDArray[Any]
    parent_nk: NDArray[Any]
    optimised_failures: Sequence[str | None]
    """For each image why the optimised model failed on it, or None."""
    parent_failures: Sequence[str | None]

    @property
    def optimised_evaluated_n(self) -> NDArray[np.bool_]:
        """Whether the optimised model was evaluated on the image, shape (images,)."""
        return _absent(self.optimised_failures)

    @property
    def compared_n(self) -> NDArray[np.bool_]:
        """Whether both models were evaluated on the image, shape (images,)."""
        return self.optimised_evaluated_n & self.parent_evaluated_n

    @property
    def parent_evaluated_n(self) -> NDArray[np.bool_]:
        """Whether the parent was evaluated on the image, shape (images,)."""
        return _absent(self.parent_failures)

    @property
    def failures(self) -> pl.Series:
        """For each image which model failed on it, and why; null where both were evaluated."""
        reasons = map(_reason, self.optimised_failures, self.parent_failures)
        return pl.Series("failure", list(reasons), dtype=pl.String)


def over_blocks(
    store: Store,
    predictions: tuple[Predictions, Predictions],
    images: pl.DataFrame,
    work: Callable[[PairBlock], pl.DataFrame],
    *,
    threads: int,
) -> pl.DataFrame:
    """Make a row for every image of a pair from the scores of both models, a block of images at a time.

    Scores are read where they are worked on; no more blocks than threads are in memory at a time.

    Args:
        store: Where scores are.
        predictions: Those of the optimised model and of its parent, complete.
        images: As `join_images` makes it.
        work: Makes the rows of a block, in one of the threads.
        threads: How many blocks are worked on at a time.

    Returns:
        The rows in the order of `images`, with the columns ``image_name`` and ``position`` (the row of the optimised
        model's dataset) before those of `work`, and ``status`` and ``failure`` behind them.
    """
    optimised, parent = (StoredScores(each, store.parts(each)) for each in predictions)
    step = optimised.predictions.part_rows

    def read_and_work(start: int) -> pl.DataFrame:
        block = images[start : start + step]
        optimised_nk, optimised_failures = optimised.take(block["optimised_row"].to_numpy())
        parent_nk, parent_failures = parent.take(block["parent_row"].to_numpy())
        of_images = slice(start, start + len(block))
        found = PairBlock(of_images, optimised_nk, parent_nk, optimised_failures, parent_failures)
        return work(found).with_columns(found.failures)

    # A dataset has images, but all of them may be left out; one empty block then gives the columns.
    starts = range(0, len(images), step) or (0,)
    with ThreadPoolExecutor(threads) as pool:
        rows = pl.concat(list(pool.map(read_and_work, starts)))
    named = images.select("image_name", pl.col("optimised_row").alias("position"))
    failed = pl.col("failure").is_not_null()
    status = pl.when(failed).then(pl.lit("failed")).otherwise(pl.lit("compared")).alias("status")
    return pl.concat([named, rows], how="horizontal").with_columns(status)


def _absent(failures: Sequence[str | None]) -> NDArray[np.bool_]:
    return np.array([failure is None for failure in failures], dtype=np.bool_)


def _reason(optimised: str | None, parent: str | None) -> str | None:
    if optimised is not None and optimised == parent:
        return f"both models: {optimised}"
    named = (("optimised model", optimised), ("parent model", parent))
    return "; ".join(f"{model}: {reason}" for model, reason in named if reason is not None) or None
