"""A report's table as people look at it: views, tags, and one image after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import Filter, View
from accubench.errors import UsageError
from accubench.records.any_report import AnyReport
from accubench.records.facets import Facets
from accubench.records.report import EvaluatedModel
from accubench.storage import Store
from accubench.workspace.report_images import ReportImages
from accubench.workspace.report_views import Query, ReportViews, checked_tag

__all__ = ["ViewedReport"]

R = TypeVar("R", bound=AnyReport)


class ViewedReport(ABC, Generic[R]):
    """What every report with a row per image can be asked for.

    Args:
        record: The report's record.
        store: Where its table, scores and images are.
    """

    def __init__(self, record: R, store: Store) -> None:
        self.record: R = record
        self._store = store

    @property
    def id(self) -> str:
        """The report's id in the workspace."""
        return self.record.id

    @cached_property
    def images(self) -> pl.DataFrame:
        """The report's table: one row per image, in dataset order."""
        return self._read_images()

    @abstractmethod
    def _read_images(self) -> pl.DataFrame:
        """The table, from wherever it is kept."""

    @property
    def _positions(self) -> NDArray[np.int64] | None:
        """For each row of `images` its row in the dataset, ascending; None where `images` has the whole dataset."""
        return None

    @property
    @abstractmethod
    def _pictured_model(self) -> EvaluatedModel:
        """The model whose decoding and preprocessing pictures follow."""

    # --- views ----------------------------------------------------------------------------------

    def view(
        self,
        filters: Iterable[Filter | str] = (),
        *,
        erroneous: bool | int = False,
        search: str | None = None,
        sort: str | None = None,
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> View:
        """One page of the images that hold all filters, with a column ``tags`` behind those of `images`.

        Args:
            filters: Conditions such as ``predicted_confidence<0.5``, on any column, ``tags`` included.
            erroneous: True for images whose predicted class differs from the annotated one, a number k for those whose
                annotated class is not in the top k.
            search: Text that the name of the image or of one of its classes contains, in any case.
            sort: Column to sort by; the order of the dataset by default.
            descending: Greatest value first.
            offset: Images to skip.
            limit: Images of the page at most.

        Returns:
            The rows of the page, their positions in the dataset, and how many images there are on all pages.

        Raises:
            UsageError: A column, operator or value is not possible; the message lists what is.
        """
        query = Query.of(filters, erroneous=erroneous, search=search, sort=sort, descending=descending)
        found = self._views.view(query, offset=offset, limit=limit)
        return replace(found, positions=self._positions_of(found.positions))

    def positions(
        self,
        filters: Iterable[Filter | str] = (),
        *,
        erroneous: bool | int = False,
        search: str | None = None,
        sort: str | None = None,
        descending: bool = False,
    ) -> NDArray[np.int64]:
        """The images of all pages of a view, as positions in the dataset: what *next* and *previous* walk along."""
        query = Query.of(filters, erroneous=erroneous, search=search, sort=sort, descending=descending)
        return self._positions_of(self._views.rows(query))

    def facets(
        self, filters: Iterable[Filter | str] = (), *, erroneous: bool | int = False, search: str | None = None
    ) -> Facets:
        """How the images of a view are spread over classes, ranks, confidences and tags."""
        return self._views.facets(Query.of(filters, erroneous=erroneous, search=search))

    def export_view(
        self,
        suffix: str,
        filters: Iterable[Filter | str] = (),
        *,
        erroneous: bool | int = False,
        search: str | None = None,
        sort: str | None = None,
        descending: bool = False,
    ) -> bytes:
        """The images of all pages of a view as a file, in the view's order, with the columns of exports.

        Args:
            suffix: ``.csv`` or ``.parquet``.
            filters: As for `view`.
            erroneous: As for `view`.
            search: As for `view`.
            sort: As for `view`.
            descending: As for `view`.

        Raises:
            ExportError: Another suffix.
        """
        query = Query.of(filters, erroneous=erroneous, search=search, sort=sort, descending=descending)
        return self._views.content(query, suffix)

    def tags(self) -> dict[str, int]:
        """How many images of the dataset carry each tag."""
        return self._views.tags

    def tags_held(self) -> AbstractContextManager[None]:
        """Within it, all answers in this thread follow from the tags as the first one found them."""
        return self._views.tags_held()

    def tag(self, image_names: Iterable[str], tag: str) -> None:
        """Tag images; tags belong to the dataset, so that all its reports show them.

        Raises:
            UsageError: The tag has a comma or is too long, or an image is not in this report.
        """
        self._store.catalogue.add_tag(self.record.dataset_id, self._known(image_names), checked_tag(tag))

    def untag(self, image_names: Iterable[str], tag: str) -> None:
        """Take a tag away from images; those that do not carry it stay as they are."""
        self._store.catalogue.remove_tag(self.record.dataset_id, self._known(image_names), checked_tag(tag))

    def _known(self, image_names: Iterable[str]) -> list[str]:
        names = list(dict.fromkeys(image_names))
        unknown = sorted(set(names).difference(self.images["image_name"]))
        if unknown:
            raise UsageError(f"There is no image '{unknown[0]}' in this report.")
        return names

    @cached_property
    def _views(self) -> ReportViews:
        dataset_id = self.record.dataset_id
        return ReportViews(self.images, lambda: self._store.catalogue.tags(dataset_id))

    def _positions_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return rows if self._positions is None else self._positions[rows]

    # --- images ---------------------------------------------------------------------------------

    def rows_at(self, positions: Iterable[int]) -> pl.DataFrame:
        """The rows of images in the order given, with the columns of `images`.

        Args:
            positions: Rows in the dataset, as `positions` gives them.

        Raises:
            UsageError: There is no such image in this report.
        """
        return self.images[[self._row(position) for position in positions]]

    def paths(self, positions: Iterable[int]) -> list[str]:
        """Where the files of images are, by their positions in the dataset; none where the dataset is gone.

        An archive or a table that several of the images are in is listed once.

        Raises:
            UsageError: There is no such image in this report.
        """
        found = [self._pictures.path(position) for position in positions if self._row(position) >= 0]
        return [path for path in dict.fromkeys(found) if path is not None]

    def thumbnail(self, position: int, side: int = 160) -> bytes | None:
        """A small JPEG of an image as the report's decoding rule sees it, kept in the workspace's cache.

        Returns:
            None where the file is gone, is another than was evaluated, or cannot be decoded.
        """
        self._row(position)
        return self._pictures.thumbnail(position, side)

    def decoded_jpeg(self, position: int, side: int = 1024) -> bytes | None:
        """A JPEG of an image as the report's decoding rule sees it, its longer side at most `side` pixels."""
        self._row(position)
        return self._pictures.jpeg(position, side)

    def seen_png(self, position: int) -> bytes | None:
        """What the model saw of an image, all steps except the arithmetic on values, as a lossless PNG."""
        self._row(position)
        return self._pictures.seen_png(position)

    def picture_failure(self, position: int) -> str | None:
        """Why no picture of an image can be shown now; None where one can."""
        self._row(position)
        return self._pictures.measure(position, decode_all=True)[1]

    def image_jpeg(self, image_name: str, side: int = 320) -> bytes | None:
        """A small JPEG of an image as the report's decoding rule sees it; None where it cannot be decoded.

        Args:
            image_name: As in the column of that name.
            side: Pixels of the longer side.
        """
        position = self._position_by_name.get(image_name)
        return None if position is None else self._pictures.jpeg(position, side)

    @cached_property
    def _position_by_name(self) -> dict[str, int]:
        positions = self._positions_of(np.arange(len(self.images))).tolist()
        return dict(zip(self.images["image_name"].to_list(), positions, strict=True))

    @cached_property
    def _pictures(self) -> ReportImages:
        return ReportImages(self._pictured_model, self.record, self._store)

    def _row(self, position: int) -> int:
        """The row of the table that has the image."""
        rows = len(self.images)
        if self._positions is None:
            row = position
        else:
            row = int(np.searchsorted(self._positions, position))
            if row < rows and self._positions[row] != position:
                row = -1
        if not 0 <= row < rows:
            raise UsageError(f"There is no image {position} in report {self.id}, which has {rows} images.")
        return row

    def _tagged_row(self, position: int) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The values of an image's row, and its tags."""
        values = self._views.table.row(self._row(position), named=True)
        tags = values["tags"]
        return values, tuple(tags.split(", ")) if tags else ()
