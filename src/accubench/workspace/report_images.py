"""The images of a report, one at a time: what the model gave, and pictures of what it was given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import class_scores, probabilities, rank_of, top_classes
from accubench.errors import ConfigurationError, ImageError, WorkspaceError
from accubench.records.accuracy_configuration import Decode
from accubench.records.base import content_hash
from accubench.records.dataset import Dataset
from accubench.records.image_detail import TopPrediction
from accubench.records.locator import Locator
from accubench.records.predictions import Predictions
from accubench.records.report import EvaluatedModel, ReportHeader
from accubench.storage import Part, Store

__all__ = ["ReportImages"]

_TOP = 10
_PARTS_HELD = 2
_PUTS_UNTIL_PRUNED = 500
_DECODING = threading.Lock()
"""One image is decoded at a time, whoever asks: a large one takes half a gigabyte."""


class ReportImages:
    """Looks at single images of a report as one of its models was given them.

    Args:
        evaluated: The model with its scores.
        header: The report; tells the dataset.
        store: Where scores, datasets and thumbnails are.
    """

    def __init__(self, evaluated: EvaluatedModel, header: ReportHeader, store: Store) -> None:
        self._record = evaluated
        self._header = header
        self._store = store
        self._puts = 0

    def path(self, position: int) -> str | None:
        """Where the file of an image is, or the archive or table that it is in; None where the dataset is gone."""
        located = self._located(position)
        return None if located is None else str(self._root / located.path)

    def place_in_file(self, position: int) -> str | None:
        """Where in that file an image is, in words; None where the file is the image, or the dataset is gone."""
        from accubench.datasets import member_text

        located = self._located(position)
        return None if located is None or located.member is None else member_text(located.member)

    # --- scores ---------------------------------------------------------------------------------

    def top(self, position: int, annotated: int | None) -> tuple[TopPrediction, ...]:
        """The classes with the highest scores, and the annotated one; none where the scores are gone.

        Args:
            position: The image's row in the dataset.
            annotated: The annotated class as an output of the model, or None.
        """
        try:
            scores_nk = self._scores(position)
        except WorkspaceError:
            return ()
        scores_nc = class_scores(scores_nk, self._record.reading)
        confidence_c = probabilities(scores_nk, self._record.reading)[0]
        ranked = list(enumerate(top_classes(scores_nc, min(_TOP, self._record.scored_class_count))[0].tolist()))
        if annotated is not None and annotated not in {class_id for _, class_id in ranked}:
            ranked.append((int(rank_of(scores_nc, np.array([annotated]))[0]), annotated))
        return tuple(
            TopPrediction(
                rank=rank,
                class_id=class_id,
                name=self._record.class_name(class_id),
                confidence=float(confidence_c[class_id]),
                annotated=class_id == annotated,
            )
            for rank, class_id in ranked
        )

    def _scores(self, position: int) -> NDArray[Any]:
        predictions = self._predictions
        if predictions is None:
            raise WorkspaceError(f"The predictions {self._record.predictions_id} are gone.")
        part = self._part(position // predictions.part_rows)
        row = position - part.first_row
        return part.scores_nk[row : row + 1]

    @cached_property
    def _predictions(self) -> Predictions | None:
        return self._store.catalogue.predictions_by_id(self._record.predictions_id)

    @cached_property
    def _part(self) -> Callable[[int], Part]:
        assert self._predictions is not None
        # Who walks through a report in the order of the dataset asks for the same part many times.
        return lru_cache(_PARTS_HELD)(self._store.parts(self._predictions).read)

    # --- pictures -------------------------------------------------------------------------------

    def thumbnail(self, position: int, side: int) -> bytes | None:
        """A small JPEG, kept in the workspace's cache; None where there is no picture."""
        located = self._located(position)
        if located is None:
            return None
        key = content_hash([str(self._root), *located, self._rule, side])
        cache = self._store.thumbnails
        found = cache.get(key)
        if found is None:
            found = self.jpeg(position, side)
            if found is not None:
                cache.put(key, found)
                self._puts += 1
                if self._puts % _PUTS_UNTIL_PRUNED == 0:
                    cache.prune()
        return found

    def jpeg(self, position: int, side: int) -> bytes | None:
        """A JPEG of the pixels that the report's decoding rule gives; None where there is no picture."""
        from accubench.images import decode, thumbnail_jpeg

        located = self._located(position)
        if located is None:
            return None
        with _DECODING:
            try:
                return thumbnail_jpeg(decode(self._read(located), self._rule), color=self._rule.color, side=side)
            except ImageError:
                return None

    def seen_png(self, position: int) -> bytes | None:
        """What the model saw, as a lossless PNG; None where there is no picture or the model is gone."""
        from accubench.images import png
        from accubench.preprocessing import Preprocessor

        located = self._located(position)
        model = self._store.catalogue.model(self._record.model_id)
        if located is None or model is None:
            return None
        with _DECODING:
            try:
                preprocessor = Preprocessor(self._record.configuration.configuration, model.description.input)
                return png(preprocessor.visible(self._read(located)))
            except (ImageError, ConfigurationError):
                return None

    def measure(self, position: int, *, decode_all: bool) -> tuple[tuple[int, int] | None, str | None]:
        """Width and height, or why there is no picture.

        Args:
            position: The image's row in the dataset.
            decode_all: Decode every pixel, for images that may be damaged behind their header.
        """
        from accubench.images import decode, decoded_size_wh

        located = self._located(position)
        if located is None:
            return None, f"The dataset {self._header.dataset_name} is no longer in the workspace."
        with _DECODING:
            try:
                data = self._read(located)
            except ImageError as error:
                return None, str(error)
            try:
                if decode_all:
                    height, width = decode(data, self._rule).shape[:2]
                    return (width, height), None
                return decoded_size_wh(data, self._rule), None
            except ImageError as error:
                return None, f"The image cannot be decoded: it {error}."

    @property
    def _rule(self) -> Decode:
        return self._record.configuration.configuration.decode

    def _located(self, position: int) -> Locator | None:
        return None if self._dataset is None else Locator(*self._manifest.row(position))

    def _read(self, located: Locator) -> bytes:
        """The bytes of the image that was evaluated, and of no other that took its place."""
        from accubench.datasets import read_image

        return read_image(self._root, located)

    @property
    def _root(self) -> Path:
        assert self._dataset is not None
        return Path(self._dataset.root)

    @cached_property
    def _dataset(self) -> Dataset | None:
        return self._store.catalogue.dataset(self._header.dataset_id)

    @cached_property
    def _manifest(self) -> pl.DataFrame:
        assert self._dataset is not None
        return self._store.manifest(self._dataset).select(Locator._fields)
