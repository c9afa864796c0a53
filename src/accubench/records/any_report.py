"""A report of any of the three kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, JsonValue, TypeAdapter

from accubench.records.comparison import Comparison
from accubench.records.report import Report
from accubench.records.tensor_distance import TensorDistance

__all__ = ["REPORT_KINDS", "AnyReport", "ReportKind", "predictions_of_report", "read_report"]

AnyReport = Report | Comparison | TensorDistance
ReportKind = Literal["accuracy", "comparison", "distance"]
REPORT_KINDS: Mapping[ReportKind, str] = {
    "accuracy": "accuracy report",
    "comparison": "comparison",
    "distance": "tensor distance",
}
"""What a report of each kind is called."""

_ADAPTER: TypeAdapter[AnyReport] = TypeAdapter(Annotated[AnyReport, Discriminator("kind")])


def read_report(document: JsonValue) -> AnyReport:
    """The record that a document holds; its `kind` says which."""
    return _ADAPTER.validate_python(document)


def predictions_of_report(report: AnyReport) -> tuple[str, ...]:
    """Ids of all predictions that a report refers to."""
    others = report.other_predictions if isinstance(report, TensorDistance) else ()
    return (*(model.predictions_id for model in report.evaluated_models), *others)
