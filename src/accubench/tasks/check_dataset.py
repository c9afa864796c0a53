"""Look at every image of a dataset once: which cannot be used, which are there twice, how they are made."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from accubench.analysis.dataset_health import SEEN_COLUMNS, health_figures
from accubench.datasets import ImageReader, locators
from accubench.errors import Cancelled, ImageError
from accubench.images import decode, image_kind
from accubench.inference import usable_cores
from accubench.preprocessing import one_opencv_thread
from accubench.records.accuracy_configuration import Decode
from accubench.records.dataset import Dataset
from accubench.records.dataset_health import DatasetHealth
from accubench.records.locator import Locator
from accubench.tasks.surroundings import Surroundings

__all__ = ["check_dataset"]

_FOUND = {name: kind for name, kind in SEEN_COLUMNS.items() if name not in {"image_name", "dataset_class"}}
"""The columns that are found by looking, in order."""
_AS_STORED = Decode(color="RGB", exif="ignore")
_AHEAD = 4
"""Images under way for each thread; no more are in memory."""
_TOLD_EVERY_S = 0.2


def check_dataset(
    surroundings: Surroundings, dataset: Dataset, *, fresh: bool = False, asked_at: datetime | None = None
) -> DatasetHealth:
    """Decode every image in as many threads as cores, and keep what is found with the dataset.

    Args:
        surroundings: Where the dataset is, and who listens.
        dataset: What is known of its content stays true: changed images make a new version.
        fresh: Look again even where the outcome is known and complete.
        asked_at: When it was asked for; an outcome that was made later is fresh, so that a job that is begun again
            after it finished its work does not do it twice.

    Raises:
        StorageFullError: No space for the outcome.
        Cancelled: The user asked to stop.
    """
    store = surroundings.store
    known = store.dataset_health(dataset)
    if known is not None and known.complete and (not fresh or _is_later(known, asked_at)):
        return known
    started = surroundings.clock()
    surroundings.say("look", f"Looking at {dataset.n_images} images of {dataset.name}.")
    manifest = store.manifest(dataset)
    seen = pl.DataFrame(_look(surroundings, Path(dataset.root), locators(manifest)), _FOUND, orient="row")
    table = manifest.select("image_name", "dataset_class").hstack(seen)
    health = DatasetHealth(
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        created_at=surroundings.now(),
        duration_s=surroundings.clock() - started,
        **health_figures(table, named_classes=len(dataset.class_names or ())),
    )
    store.keep_dataset_health(health)
    return health


def _is_later(health: DatasetHealth, asked_at: datetime | None) -> bool:
    return asked_at is not None and health.created_at >= asked_at


_Seen = tuple[Any, ...]
"""The values of `_FOUND`."""


def _look(surroundings: Surroundings, root: Path, images: list[Locator]) -> list[_Seen]:
    """What is seen of each image, in order."""
    threads = usable_cores()
    waiting: deque[Future[_Seen]] = deque()
    seen: list[_Seen] = []
    told_at = surroundings.clock()
    reader = ImageReader(root)

    def take() -> None:
        nonlocal told_at
        seen.append(waiting.popleft().result())
        if (now := surroundings.clock()) - told_at >= _TOLD_EVERY_S or len(seen) == len(images):
            told_at = now
            surroundings.tell("look", len(seen), len(images))

    with one_opencv_thread(), ThreadPoolExecutor(threads) as pool:
        try:
            for image in images:
                _stop_if_asked(surroundings)
                waiting.append(pool.submit(_look_at, reader, image))
                if len(waiting) >= threads * _AHEAD:
                    take()
            while waiting:
                take()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return seen


def _stop_if_asked(surroundings: Surroundings) -> None:
    if surroundings.cancelled():
        raise Cancelled


def _look_at(reader: ImageReader, image: Locator) -> _Seen:
    digest: str | None = None
    try:
        data = reader.read(image)
        digest = hashlib.sha256(data).hexdigest()
        height, width = decode(data, _AS_STORED).shape[:2]
        return None, digest, width, height, *image_kind(data)
    except ImageError as error:
        return str(error), digest, *[None] * (len(_FOUND) - 2)
