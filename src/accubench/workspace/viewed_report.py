"""A report's table as people look at it: views, tags, and one image after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import Filter, View
from accubench.errors import UsageError
from accubench.records.facets import Facets
from accubench.records.image_detail import ImageDetail
from accubench.records.report import Report
from accubench.storage import Store
from accubench.tasks.interim import Interim
from accubench.workspace.report_images import ReportImages
from accubench.workspace.report_views import Query, ReportViews, checked_tag

__all__ = ["ViewedReport"]


class ViewedReport:
    """What every report with a row per image can be asked for.

    Args:
        record: The report's record.
        store: Where its table, scores and images are.
        interim: The images evaluated so far, where the report is still being made; it then covers only those.
    """

    def __init__(self, record: Report, store: Store, interim: Interim | None = None) -> None:
        self.record = record
        self._store = store
        self._interim = interim

    @property
    def id(self) -> str:
        """The report's id in the workspace."""
        return self.record.id

    @property
    def interim(self) -> bool:
        """Whether this covers only the images evaluated so far: its job is running, or stopped before the end."""
        return self._interim is not None

    @property
    def stopped(self) -> bool:
        """Whether the job that makes this interim report ended without finishing it."""
        return self._interim is not None and self._interim.stopped

    @property
    def n_expected(self) -> int:
        """How many images the report has when it is complete."""
        return self.record.summary.n_images if self._interim is None else self._interim.n_expected

    @cached_property
    def images(self) -> pl.DataFrame:
        """One row per image in dataset order, with the columns of `REPORT_COLUMNS`."""
        return self._store.report_table(self.record) if self._interim is None else self._interim.table

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
        """One page of the images that hold all filters, with a column ``tags`` behind those of `REPORT_COLUMNS`.

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
        """The images of all pages of a view as a file, in the view's order, with the columns of `EXPORT_COLUMNS`.

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
        return rows if self._interim is None else self._interim.positions[rows]

    # --- images ---------------------------------------------------------------------------------

    def image(self, position: int) -> ImageDetail:
        """One image with its scores: the row of the table, the top predictions, and where the file is.

        Args:
            position: Its row in the dataset, from 0.

        Raises:
            UsageError: There is no such image in this report.
        """
        row = self._row(position)
        values = self._views.table.row(row, named=True)
        tags = values["tags"]
        return self._pictures.detail(position, values, tuple(tags.split(", ")) if tags else ())

    def rows_at(self, positions: Iterable[int]) -> pl.DataFrame:
        """The rows of images in the order given, with the columns of `REPORT_COLUMNS`.

        Args:
            positions: Rows in the dataset, as `positions` gives them.

        Raises:
            UsageError: There is no such image in this report.
        """
        return self.images[[self._row(position) for position in positions]]

    def paths(self, positions: Iterable[int]) -> list[str]:
        """Where the files of images are, by their positions in the dataset; none where the dataset is gone.

        Raises:
            UsageError: There is no such image in this report.
        """
        found = [self._pictures.path(position) for position in positions if self._row(position) >= 0]
        return [path for path in found if path is not None]

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
        return ReportImages(self.record, self._store)

    def _row(self, position: int) -> int:
        """The row of the table that has the image."""
        rows = len(self.images)
        if self._interim is None:
            row = position
        else:
            row = int(np.searchsorted(self._interim.positions, position))
            if row < rows and self._interim.positions[row] != position:
                row = -1
        if not 0 <= row < rows:
            raise UsageError(f"There is no image {position} in report {self.id}, which has {rows} images.")
        return row
