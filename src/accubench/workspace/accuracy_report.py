"""The accuracy report as Python users meet it: numbers, tables, figures, files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import (
    ERRONEOUS,
    FAILED,
    Filter,
    confusion_among,
    confusion_matrix,
    confusion_pairs,
    most_confused,
    per_class_table,
    top_k_accuracy,
    worst_images,
)
from accubench.errors import UsageError, WorkspaceError
from accubench.export import export_report, figures, markdown_summary, notebook_html
from accubench.records.gate import GateOutcome
from accubench.records.image_detail import ImageDetail, ReportRow
from accubench.records.report import REPORT_COLUMNS, AccuracySummary, Calibration, MacroAverages, Report, TopK
from accubench.storage import Store
from accubench.tasks.interim import Interim
from accubench.workspace.report_views import Query
from accubench.workspace.viewed_report import ViewedReport

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["AccuracyReport"]


class AccuracyReport(ViewedReport[Report]):
    """An accuracy evaluation on a validation dataset.

    Every table is read when it is first asked for, so that a report costs nothing to hold.

    Args:
        record: The report's record.
        store: Where its table, scores and images are.
        interim: The images evaluated so far, where the report is still being made; it then covers only those.
    """

    def __init__(self, record: Report, store: Store, interim: Interim | None = None) -> None:
        super().__init__(record, store)
        self._interim = interim

    def __repr__(self) -> str:
        top1 = self.top1
        headline = "not annotated" if top1 is None else f"top-1 {top1.value:.2%} [{top1.low:.2%}, {top1.high:.2%}]"
        counts = f"{self.summary.n} evaluated, {self.summary.n_failed} failed"
        return (
            f"<AccuracyReport {self.id}: {self.record.model_name} on {self.record.dataset_name}: {headline}, {counts}>"
        )

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

    def _read_images(self) -> pl.DataFrame:
        return self._store.report_table(self.record) if self._interim is None else self._interim.table

    @property
    def _positions(self) -> NDArray[np.int64] | None:
        return None if self._interim is None else self._interim.positions

    @property
    def _pictured_model(self) -> Report:
        return self.record

    # --- images ---------------------------------------------------------------------------------

    def image(self, position: int) -> ImageDetail:
        """One image with its scores: the row of the table, the top predictions, and where the file is.

        Args:
            position: Its row in the dataset, from 0.

        Raises:
            UsageError: There is no such image in this report.
        """
        row, tags = self._tagged_row(position)
        size_wh, picture_failure = self._pictures.measure(position, decode_all=row["status"] == "failed")
        return ImageDetail(
            position=position,
            row=ReportRow(**{name: row[name] for name in REPORT_COLUMNS}),
            tags=tags,
            top=self._pictures.top(position, row["annotated_class"]) if row["status"] == "evaluated" else (),
            path=self._pictures.path(position),
            place_in_file=self._pictures.place_in_file(position),
            size_wh=size_wh,
            failure=row["failure"],
            picture_failure=picture_failure,
        )

    # --- numbers --------------------------------------------------------------------------------

    @property
    def summary(self) -> AccuracySummary:
        """All numbers of the headline."""
        return self.record.summary

    @property
    def top1(self) -> TopK | None:
        """Top-1 accuracy with its interval, or None without annotations."""
        return self.top_k(1) if self.summary.top_k else None

    def top_k(self, k: int) -> TopK:
        """Top-k accuracy for any k, from stored ranks.

        Raises:
            UsageError: k is below 1, or no evaluated image is annotated.
        """
        if k < 1:
            raise UsageError(f"k must be 1 or more, not {k}.")
        if not self.summary.n:
            raise UsageError(f"All images of {self.record.dataset_name} failed, so there is no accuracy.")
        if not self.summary.top_k:
            raise UsageError(f"No evaluated image of {self.record.dataset_name} is annotated, so there is no accuracy.")
        return top_k_accuracy(self.images["annotated_class_rank"], k, self.record.scored_class_count)

    @property
    def macro(self) -> MacroAverages | None:
        """Precision, recall and F1 averaged over classes, or None without annotations."""
        return self.summary.macro

    @property
    def calibration(self) -> Calibration | None:
        """How far confidences can be taken at their word, or None without annotations."""
        return self.summary.calibration

    # --- tables ---------------------------------------------------------------------------------

    @property
    def erroneous(self) -> pl.DataFrame:
        """The images whose predicted class differs from the annotated one."""
        return self.images.filter(ERRONEOUS)

    @property
    def failed(self) -> pl.DataFrame:
        """The images that could not be evaluated, with the reason."""
        return self.images.filter(FAILED).select("image_name", "failure")

    def worst(self, limit: int = 10) -> pl.DataFrame:
        """The erroneous images on which the model was surest of the wrong class."""
        return worst_images(self.images, limit)

    def per_class(self) -> pl.DataFrame:
        """Support, precision, recall with interval, and F1 of every class that occurs, with names."""
        table = per_class_table(self.images["predicted_class"], self.images["annotated_class"])
        return self._with_names(table, "class_id", "class_name")

    def confusion(self) -> NDArray[np.int64]:
        """Images by annotated class (rows) and predicted class (columns), shape (classes, classes)."""
        return confusion_matrix(self.images["predicted_class"], self.images["annotated_class"], self.record.class_count)

    def most_confused(self, limit: int = 10) -> pl.DataFrame:
        """The pairs of annotated and predicted class with the most erroneous images."""
        return self.confused_pairs(limit)

    def confused_pairs(
        self,
        limit: int = 50,
        filters: Iterable[Filter | str] = (),
        *,
        erroneous: bool | int = False,
        search: str | None = None,
    ) -> pl.DataFrame:
        """As `most_confused`, over the images of a view; arguments are those of `view`."""
        rows = self._views.rows(Query.of(filters, erroneous=erroneous, search=search))
        of_view = self.images.select("predicted_class", "annotated_class")[rows]
        pairs = confusion_pairs(of_view["predicted_class"], of_view["annotated_class"])
        confused = self._with_names(most_confused(pairs, limit), "annotated_class", "annotated_name")
        return self._with_names(confused, "predicted_class", "predicted_name")

    def confusion_of(self, classes: Sequence[int]) -> NDArray[np.int64]:
        """The confusion matrix of chosen classes, with all others together as last row and column.

        Args:
            classes: Class ids, each once; rows (annotated) and columns (predicted) come in this order.

        Raises:
            UsageError: A class is given twice or is none of the model's.
        """
        wrong = sorted({each for each in classes if not 0 <= each < self.record.class_count})
        if wrong or len(set(classes)) != len(classes):
            raise UsageError(
                f"Give classes from 0 to {self.record.class_count - 1}, each once"
                + (f", not {wrong[0]}." if wrong else ".")
            )
        return confusion_among(self.images["predicted_class"], self.images["annotated_class"], classes)

    def scores(self) -> NDArray[Any]:
        """All scores as the model gave them, shape (images, score columns), dataset order; zeros where it failed.

        The array holds the whole of them in memory: 4 kB an image at 1000 classes.
        """
        predictions = self._store.catalogue.predictions_by_id(self.record.predictions_id)
        if predictions is None:
            raise WorkspaceError(f"The predictions {self.record.predictions_id} of report {self.id} are gone.")
        parts = self._store.parts(predictions).read_all(predictions.n_parts)
        return np.concatenate([part.scores_nk for part in parts])

    def _with_names(self, table: pl.DataFrame, ids: str, names: str) -> pl.DataFrame:
        """The table with a column `names` behind the column of class ids."""
        named = [self.record.class_name(class_id) for class_id in table[ids].to_list()]
        return table.insert_column(table.get_column_index(ids) + 1, pl.Series(names, named, dtype=pl.String))

    # --- figures --------------------------------------------------------------------------------

    def reliability_diagram(self) -> go.Figure:
        """Confidence against accuracy in bins of equal mass, as a plotly figure."""
        return figures.reliability_diagram(self.record)

    def confusion_heatmap(self, classes: Sequence[int] | None = None, *, limit: int = 20) -> go.Figure:
        """The confusion matrix of the given classes, or of the `limit` most confused ones, as a plotly figure."""
        return figures.confusion_heatmap(self.record, self.images, classes=classes, limit=limit)

    def per_class_bars(self, metric: Literal["recall", "precision", "f1"] = "recall", *, limit: int = 30) -> go.Figure:
        """The classes with the lowest value of a metric, as a plotly figure."""
        return figures.per_class_bars(self.record, self.images, metric=metric, limit=limit)

    def confidence_histogram(self, *, bins: int = 20) -> go.Figure:
        """Images by confidence in the predicted class, as a plotly figure."""
        return figures.confidence_histogram(self.record, self.images, bins=bins)

    # --- files ----------------------------------------------------------------------------------

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
        return markdown_summary(self.record, self.images, gates=gates)

    def _repr_html_(self) -> str:
        return notebook_html(self.record, self.images)
