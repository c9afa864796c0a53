"""Which images a network is calibrated on: chosen by the rule, tried beforehand, replaced where one is unreadable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from accubench.datasets import choose_subset, subset_rule
from accubench.errors import Cancelled, DatasetProblemsError, Finding, ImageError
from accubench.preprocessing import one_opencv_thread
from accubench.records.dataset import Dataset
from accubench.records.quantization import CalibrationSubset
from accubench.tasks.calibration_images import images_sha256
from accubench.tasks.prepared_images import PreparedImages
from accubench.tasks.surroundings import Surroundings

__all__ = ["Calibration", "choose_calibration_images"]

_STAGE = "reading calibration images"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The images that a network is calibrated on."""

    rows: list[int]
    """Rows of the dataset, ascending; every one can be read."""
    images: pl.DataFrame
    """These rows of the manifest."""
    subset: CalibrationSubset
    """What the recipe says of them."""


def choose_calibration_images(
    surroundings: Surroundings,
    dataset: Dataset,
    manifest: pl.DataFrame,
    n: int,
    *,
    prepared: PreparedImages,
    threads: int,
) -> Calibration:
    """Choose images by the rule and prepare each once; for one that cannot be read, the rule is applied without it.

    Args:
        surroundings: Who listens.
        dataset: Stratified by class where it is annotated.
        manifest: Its images.
        n: How many are wanted.
        prepared: Prepares them, and keeps them for calibration.
        threads: How many are prepared at a time.

    Raises:
        DatasetProblemsError: None of the images can be read.
        Cancelled: The user asked to stop.
    """
    good: set[int] = set()
    failures: dict[int, str] = {}
    while True:
        rows = choose_subset(manifest, n, stratified=dataset.annotated, without=failures).tolist()
        unseen = [row for row in rows if row not in good]
        if not unseen:
            break
        surroundings.tell(_STAGE, len(good), len(rows))
        for row, failure in _tried(surroundings, unseen, prepared, threads):
            if failure is None:
                good.add(row)
            else:
                failures[row] = failure
            surroundings.tell(_STAGE, min(len(good), len(rows)), len(rows))
    if not rows:
        raise DatasetProblemsError(f"No image of {dataset.name} can be read.", _findings(manifest, failures))
    images = manifest[rows]
    return Calibration(rows=rows, images=images, subset=_described(dataset, images, len(failures)))


def _tried(
    surroundings: Surroundings, rows: Iterable[int], prepared: PreparedImages, threads: int
) -> Iterator[tuple[int, str | None]]:
    """Each row with why its image cannot be used, or None."""

    def attempt(row: int) -> tuple[int, str | None]:
        try:
            prepared(row)
        except ImageError as error:
            return row, str(error)
        return row, None

    with one_opencv_thread(), ThreadPoolExecutor(threads) as pool:
        try:
            for outcome in pool.map(attempt, rows):
                if surroundings.cancelled():
                    raise Cancelled
                yield outcome
        finally:
            pool.shutdown(cancel_futures=True)


def _described(dataset: Dataset, images: pl.DataFrame, n_failed: int) -> CalibrationSubset:
    return CalibrationSubset(
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        dataset_version=dataset.version,
        n=len(images),
        rule=subset_rule(len(images), stratified=dataset.annotated),
        images_sha256=images_sha256(images),
        n_failed=n_failed,
    )


def _findings(manifest: pl.DataFrame, failures: dict[int, str]) -> list[Finding]:
    names = manifest["image_name"]
    return [
        Finding(code="unreadable-image", message=failure, file=names[row]) for row, failure in sorted(failures.items())
    ]
