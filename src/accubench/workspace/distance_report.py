"""The tensor distance of two models as Python users meet it: numbers, tables, files."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import polars as pl

from accubench.errors import UsageError
from accubench.export import distance_markdown, distance_notebook_html, distance_sentence, export_report
from accubench.records.image_detail import DistanceRow, MeasuredImage
from accubench.records.tensor_distance import DISTANCE_COLUMNS, DISTANCE_MEASURES, OutputDistance, TensorDistance
from accubench.storage import Store
from accubench.workspace.paired_report import PairedReport

__all__ = ["DistanceReport"]


class DistanceReport(PairedReport[TensorDistance]):
    """The distance of an optimised model's outputs from those of its parent.

    `images` holds the output of class scores, a row per image; `output_table` gives any output.

    Args:
        record: The report's record.
        store: Where its table, scores and images are.
        output: The output that `images` and all views are about; that of class scores by default.
    """

    def __init__(self, record: TensorDistance, store: Store, output: str | None = None) -> None:
        super().__init__(record, store)
        self._output = output

    def __repr__(self) -> str:
        return (
            f"DistanceReport({self.id}: {self.record.optimised.model_name} from {self.record.parent.model_name} "
            f"on {self.record.dataset_name}, {self.summary.n} compared, {len(self.record.outputs)} outputs)"
        )

    @cached_property
    def table(self) -> pl.DataFrame:
        """All outputs: one row per image and output, with the columns of `DISTANCE_COLUMNS`."""
        return self._store.report_table(self.record)

    def _read_images(self) -> pl.DataFrame:
        return self.output_table(self.output)

    @property
    def summary(self) -> OutputDistance:
        """The distances of the output of class scores."""
        return self.record.outputs[0]

    @property
    def output(self) -> str:
        """The output that `images` and all views are about."""
        return self.summary.output if self._output is None else self._output

    def of_output(self, output: str) -> DistanceReport:
        """The same report with `images` and all views about another output.

        Raises:
            UsageError: No such output was compared.
        """
        self._check(output)
        return DistanceReport(self.record, self._store, output)

    @property
    def sentence(self) -> str:
        """The headline in words."""
        return distance_sentence(self.record)

    @property
    def failed(self) -> pl.DataFrame:
        """The images that could not be compared, with the reason."""
        return self.images.filter(pl.col("status") == "failed").select("image_name", "failure")

    def output_table(self, output: str) -> pl.DataFrame:
        """The distances of one output: one row per image, in dataset order.

        Raises:
            UsageError: No such output was compared.
        """
        self._check(output)
        return self.table.filter(pl.col("output") == output)

    def _check(self, output: str) -> None:
        known = [each.output for each in self.record.outputs]
        if output not in known:
            raise UsageError(f"There is no output '{output}' in report {self.id}; outputs are {', '.join(known)}.")

    def worst(self, limit: int = 10, *, measure: str = "mse", output: str | None = None) -> pl.DataFrame:
        """The images with the greatest distance, the greatest first.

        Args:
            limit: How many at most; among equals the first of the dataset come first.
            measure: One of `DISTANCE_MEASURES`.
            output: Which output; that of class scores by default.

        Raises:
            UsageError: There is no such measure or output.
        """
        if measure not in DISTANCE_MEASURES:
            raise UsageError(f"There is no distance '{measure}'; distances are {', '.join(DISTANCE_MEASURES)}.")
        rows = self.output_table(output or self.summary.output).filter(pl.col(measure).is_not_null())
        return rows.sort(measure, descending=True, maintain_order=True).head(limit)

    def image(self, position: int) -> MeasuredImage:
        """One image with the distances of all outputs and the top predictions of both models.

        Args:
            position: Its row in the dataset, from 0.

        Raises:
            UsageError: There is no such image in this report.
        """
        row, tags = self._tagged_row(position)
        rows = self.table.filter(pl.col("position") == position).select(*DISTANCE_COLUMNS)
        size_wh, picture_failure = self._pictures.measure(position, decode_all=row["status"] == "failed")
        optimised_top, parent_top = self._both.top(position, None) if row["status"] == "compared" else ((), ())
        return MeasuredImage(
            position=position,
            image_name=row["image_name"],
            rows=tuple(DistanceRow(**values) for values in rows.iter_rows(named=True)),
            tags=tags,
            optimised_top=optimised_top,
            parent_top=parent_top,
            path=self._pictures.path(position),
            place_in_file=self._pictures.place_in_file(position),
            size_wh=size_wh,
            failure=row["failure"],
            picture_failure=picture_failure,
        )

    # --- files ----------------------------------------------------------------------------------

    def export(self, path: str | Path) -> Path:
        """Write the report to a file; the suffix decides: .csv, .parquet, .json or .html.

        Raises:
            ExportError: Another suffix, or the file cannot be written.
        """
        path = Path(path)
        export_report(path, self.record, self.table, image_jpeg=self.image_jpeg)
        return path

    def markdown(self) -> str:
        """A summary for the logs of a build server."""
        return distance_markdown(self.record)

    def _repr_html_(self) -> str:
        return distance_notebook_html(self.record)
