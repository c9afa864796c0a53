"""What pages of each kind of report have: their views, the columns of their tables, and the names of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accubench.records.any_report import AnyReport, ReportKind
from accubench.records.comparison import COMPARISON_COLUMNS
from accubench.records.report import REPORT_COLUMNS, Report
from accubench.records.tensor_distance import DISTANCE_COLUMNS, DISTANCE_MEASURES
from accubench.web.report_query import ViewName

__all__ = ["KINDS", "KindOfReport", "class_name"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KindOfReport:
    """How reports of one kind are shown."""

    noun: str
    """What such a report is called at the head of its page."""
    views: Mapping[ViewName, str]
    """Its views with their labels, in the order of the tabs."""
    titles: Mapping[str, str]
    """Full titles of the columns that its images can be filtered and sorted by."""
    labels: Mapping[str, str]
    """The same short enough for a list to choose from."""
    shown: tuple[str, ...]
    """Columns of the page's table."""
    numbers: frozenset[str]
    """Columns shown as numbers."""
    annotated: frozenset[str]
    """Columns that say something only with annotations."""
    first_filter: tuple[str, str]
    """Column and operator that the form for a new filter begins with."""
    order: tuple[str, bool] | None = None
    """Column that images are sorted by where nothing else is asked, and whether the greatest come first."""
    order_label: str = "Order of the dataset"
    """What that order is called."""

    def columns(self, *, annotated: bool) -> tuple[str, ...]:
        """Columns that filters and orders may name."""
        return tuple(name for name in self.titles if annotated or name not in self.annotated)


def _titles(columns: Mapping[str, tuple[str, str, str]]) -> dict[str, str]:
    return {name: title for name, (_, title, _) in columns.items()} | {"tags": "Tags"}


_ACCURACY = KindOfReport(
    noun="Accuracy report",
    views={
        "images": "Images",
        "classes": "Classes",
        "confusion": "Confusion",
        "calibration": "Calibration",
        "failed": "Failed",
        "details": "Details",
        "history": "History",
    },
    titles=_titles(REPORT_COLUMNS),
    labels={
        "image_name": "Image name",
        "predicted_class": "Predicted class",
        "predicted_name": "Predicted class name",
        "annotated_class": "Annotated class",
        "annotated_name": "Annotated class name",
        "annotated_class_rank": "Rank of annotated class",
        "predicted_confidence": "Confidence in predicted class",
        "annotated_confidence": "Confidence in annotated class",
        "dataset_class": "Dataset class",
        "status": "Status",
        "failure": "Failure",
        "tied": "Tied",
        "squared_error": "Squared error",
        "tags": "Tags",
    },
    shown=(
        "image_name",
        "predicted_class",
        "annotated_class",
        "annotated_class_rank",
        "predicted_confidence",
        "annotated_confidence",
    ),
    numbers=frozenset({"annotated_class_rank", "predicted_confidence", "annotated_confidence"}),
    annotated=frozenset({"annotated_class", "annotated_name", "annotated_class_rank", "annotated_confidence"}),
    first_filter=("predicted_confidence", "<"),
)
_COMPARISON = KindOfReport(
    noun="Comparison of optimised and parent model",
    views={
        "images": "Images",
        "classes": "Classes hurt most",
        "calibration": "Calibration",
        "speed": "Speed and size",
        "failed": "Failed",
        "details": "Details",
        "history": "History",
    },
    titles=_titles(COMPARISON_COLUMNS),
    labels={
        "image_name": "Image name",
        "optimised_class": "Optimised model's class",
        "optimised_name": "Optimised model's class name",
        "parent_class": "Parent's class",
        "parent_name": "Parent's class name",
        "parent_class_rank": "Rank of parent's class in optimised",
        "optimised_confidence": "Optimised confidence in own class",
        "optimised_confidence_in_parent_class": "Optimised confidence in parent's class",
        "parent_confidence": "Parent's confidence in own class",
        "flip": "Flip",
        "annotated_class": "Annotated class",
        "annotated_name": "Annotated class name",
        "optimised_annotated_rank": "Rank of annotated class in optimised",
        "parent_annotated_rank": "Rank of annotated class in parent",
        "kl_divergence": "KL divergence",
        "top_classes_kept": "Top classes kept",
        "dataset_class": "Dataset class",
        "agreed": "Agreed",
        "status": "Status",
        "failure": "Failure",
        "position": "Row of the dataset",
        "tags": "Tags",
    },
    shown=(
        "image_name",
        "flip",
        "optimised_class",
        "parent_class",
        "annotated_class",
        "parent_class_rank",
        "optimised_confidence",
        "optimised_confidence_in_parent_class",
        "parent_confidence",
        "optimised_annotated_rank",
        "parent_annotated_rank",
    ),
    numbers=frozenset(
        {
            "parent_class_rank",
            "optimised_confidence",
            "optimised_confidence_in_parent_class",
            "parent_confidence",
            "optimised_annotated_rank",
            "parent_annotated_rank",
        }
    ),
    annotated=frozenset(
        {"annotated_class", "annotated_name", "optimised_annotated_rank", "parent_annotated_rank", "dataset_class"}
    ),
    first_filter=("optimised_confidence", "<"),
    order=("agreed", False),
    order_label="Flips first",
)
_DISTANCE = KindOfReport(
    noun="Tensor distance to parent model output",
    views={"images": "Images", "outputs": "Outputs", "failed": "Failed", "details": "Details", "history": "History"},
    titles=_titles(DISTANCE_COLUMNS),
    labels={
        "image_name": "Image name",
        "output": "Output",
        "mse": "Mean squared error",
        "cosine_distance": "Cosine distance",
        "kl_divergence": "KL divergence",
        "max_abs_difference": "Largest absolute difference",
        "agreed": "Agreed",
        "status": "Status",
        "failure": "Failure",
        "position": "Row of the dataset",
        "tags": "Tags",
    },
    shown=("image_name", *DISTANCE_MEASURES, "agreed"),
    numbers=frozenset(DISTANCE_MEASURES),
    annotated=frozenset(),
    first_filter=("mse", ">"),
    order=("mse", True),
    order_label="Farthest first",
)
KINDS: Mapping[ReportKind, KindOfReport] = {
    "accuracy": _ACCURACY,
    "comparison": _COMPARISON,
    "distance": _DISTANCE,
}


def class_name(record: AnyReport, column: str, class_id: int) -> str | None:
    """The name of a class that a column of a report's table holds; None where it has none.

    Args:
        record: The report.
        column: Such as ``parent_class``, whose classes are outputs of the parent.
        class_id: The class.
    """
    if not column.endswith("_class") or column == "dataset_class":
        return None
    if isinstance(record, Report):
        return record.class_name(class_id)
    return (record.parent if column == "parent_class" else record.optimised).class_name(class_id)
