"""The images of a dataset as people want to see them before anything is evaluated."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from accubench.errors import DatasetNotFoundError, ImageError
from accubench.records.accuracy_configuration import Decode
from accubench.records.base import content_hash
from accubench.records.dataset import Dataset
from accubench.records.locator import Locator
from accubench.storage import Store

__all__ = ["DatasetImages"]

_UPRIGHT = Decode(color="RGB", exif="apply")
_MOST_FAILURES_KEPT = 10_000


class DatasetImages:
    """The manifest of a dataset, and what follows from it.

    Args:
        dataset: The dataset.
        store: Where its manifest is.
    """

    def __init__(self, dataset: Dataset, store: Store) -> None:
        self.dataset = dataset
        self._store = store
        self._undecodable: set[tuple[int, int]] = set()

    @cached_property
    def manifest(self) -> pl.DataFrame:
        """One row per image with the columns of `MANIFEST_COLUMNS`."""
        return self._store.manifest(self.dataset)

    @cached_property
    def classes(self) -> pl.DataFrame:
        """Columns class_id, class_name (null where unknown) and n_images, by class id; also classes without images."""
        counted = Counter(self.manifest["dataset_class"].drop_nulls().to_list())
        names = self.dataset.class_names
        ids = sorted({*counted, *range(len(names) if names else 0)})
        return pl.DataFrame(
            {
                "class_id": ids,
                "class_name": [names.name(class_id) if names else None for class_id in ids],
                "n_images": [counted[class_id] for class_id in ids],
            },
            schema={"class_id": pl.Int64, "class_name": pl.String, "n_images": pl.Int64},
        )

    def sample(self, count: int = 24) -> list[int]:
        """Rows of images that are spread evenly over the dataset, first by class, then by position.

        Args:
            count: How many at most.
        """
        order = self.manifest.with_row_index("row").sort("dataset_class", "row", nulls_last=True)["row"]
        count = min(count, len(order))
        return [int(order[(2 * number + 1) * len(order) // (2 * count)]) for number in range(count)]

    def row(self, position: int) -> dict[str, Any]:
        """The manifest's row of an image.

        Raises:
            DatasetNotFoundError: The dataset has fewer images.
        """
        if not 0 <= position < len(self.manifest):
            raise DatasetNotFoundError(
                f"The dataset {self.dataset.name} has no image {position}; it has {len(self.manifest):,}, from 0."
            )
        return self.manifest.row(position, named=True)

    def thumbnail(self, position: int, side: int = 160) -> bytes | None:
        """A small JPEG of an image, upright, as our decoder sees it; None where it cannot be decoded.

        Raises:
            DatasetNotFoundError: The dataset has fewer images.
        """
        from accubench.images import thumbnail_jpeg

        row = self.row(position)
        image = Locator(*(row[field] for field in Locator._fields))
        key = content_hash(["upright", self.dataset.root, *image, side])
        kept = self._store.thumbnails.get(key)
        if kept is not None or (position, side) in self._undecodable:
            return kept
        try:
            pixels = self._pixels(image)
        except ImageError:
            if len(self._undecodable) < _MOST_FAILURES_KEPT:
                self._undecodable.add((position, side))
            return None
        jpeg = thumbnail_jpeg(pixels, color="RGB", side=side)
        self._store.thumbnails.put(key, jpeg)
        return jpeg

    def _pixels(self, image: Locator):  # noqa: ANN202 - an array, whose type is long
        from accubench.datasets import read_image
        from accubench.images import decode

        return decode(read_image(Path(self.dataset.root), image), _UPRIGHT)
