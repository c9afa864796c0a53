"""The comparison of two models as Python users meet it: numbers, tables, files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from accubench.export import (
    comparison_markdown,
    comparison_notebook_html,
    comparison_sentence,
    export_report,
    write_atomically,
)
from accubench.records.comparison import COMPARISON_COLUMNS, Comparison, ComparisonSummary, Flip
from accubench.records.gate import GateOutcome
from accubench.records.image_detail import ComparedImage, ComparisonRow
from accubench.tasks.labelled_flips import flips_csv
from accubench.workspace.paired_report import PairedReport

__all__ = ["ComparisonReport"]


class ComparisonReport(PairedReport[Comparison]):
    """A comparison of the predictions of an optimised model and its parent.

    The table is read when it is first asked for, so that a report costs nothing to hold.

    Args:
        record: The report's record.
        store: Where its table, scores and images are.
    """

    def __repr__(self) -> str:
        flips = self.summary.flips
        return (
            f"ComparisonReport({self.id}: {self.record.optimised.model_name} against {self.record.parent.model_name} "
            f"on {self.record.dataset_name}, {self.summary.n} compared, {flips.total} flips)"
        )

    def _read_images(self) -> pl.DataFrame:
        return self._store.report_table(self.record)

    @property
    def summary(self) -> ComparisonSummary:
        """All numbers of the headline."""
        return self.record.summary

    @property
    def sentence(self) -> str:
        """The headline in words."""
        return comparison_sentence(self.record)

    @property
    def flips(self) -> pl.DataFrame:
        """The images whose predicted class differs between both models."""
        return self.images.filter(pl.col("flip").is_not_null())

    def flips_of(self, kind: Flip) -> pl.DataFrame:
        """The images of one kind of flip: broken, fixed, moved, or changed."""
        return self.images.filter(pl.col("flip") == kind)

    @property
    def failed(self) -> pl.DataFrame:
        """The images that could not be compared, with the reason."""
        return self.images.filter(pl.col("status") == "failed").select("image_name", "failure")

    def image(self, position: int) -> ComparedImage:
        """One image with the top predictions of both models, and where the file is.

        Args:
            position: Its row in the dataset, from 0.

        Raises:
            UsageError: There is no such image in this report.
        """
        row, tags = self._tagged_row(position)
        size_wh, picture_failure = self._pictures.measure(position, decode_all=row["status"] == "failed")
        optimised_top, parent_top = self._both.top(position, row["annotated_class"])
        return ComparedImage(
            position=position,
            row=ComparisonRow(**{name: row[name] for name in COMPARISON_COLUMNS}),
            tags=tags,
            optimised_top=optimised_top if row["optimised_class"] is not None else (),
            parent_top=parent_top if row["parent_class"] is not None else (),
            path=self._pictures.path(position),
            place_in_file=self._pictures.place_in_file(position),
            size_wh=size_wh,
            failure=row["failure"],
            picture_failure=picture_failure,
        )

    # --- files ----------------------------------------------------------------------------------

    def write_flips(self, path: str | Path) -> Path:
        """Write the images on which the models disagree, for a person to fill in the right classes.

        The file filled in, given to `Workspace.compare` as `labels`, makes the change of accuracy exact.

        Raises:
            ExportError: The file cannot be written.
        """
        path = Path(path)
        flips = self.flips
        files = [self._pictures.path(position) for position in flips["position"].to_list()]
        write_atomically(path, flips_csv(flips, files))
        return path

    def export(self, path: str | Path) -> Path:
        """Write the report to a file; the suffix decides: .csv, .parquet, .json or .html.

        Raises:
            ExportError: Another suffix, or the file cannot be written.
        """
        path = Path(path)
        export_report(path, self.record, self.images, image_jpeg=self.image_jpeg)
        return path

    def markdown(self, gates: Sequence[GateOutcome] = ()) -> str:
        """A summary for the logs of a build server, with the outcome of gates where there are some."""
        return comparison_markdown(self.record, self.images, gates=gates)

    def _repr_html_(self) -> str:
        return comparison_notebook_html(self.record, self.images)
