"""The history of a project's reports, of all three kinds in one list."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from accubench.export.comparison_text import comparison_sentence
from accubench.export.numbers import distance_text
from accubench.records.any_report import REPORT_KINDS, AnyReport, ReportKind
from accubench.records.comparison import Comparison
from accubench.records.project import ProjectOverview
from accubench.records.report import EvaluatedModel, Report, TopK
from accubench.records.tensor_distance import Distribution, TensorDistance
from accubench.web.lineage import ComparisonMark, comparison_mark
from accubench.web.project_details import configuration_changes, configuration_summary

__all__ = ["DistanceFigure", "ReportRow", "report_rows"]

_MEASURES = {
    "mse": "mean squared error",
    "cosine_distance": "cosine distance",
    "kl_divergence": "KL divergence",
    "max_abs_difference": "largest difference",
}


class DistanceFigure(BaseModel):
    """How far outputs are apart by one measure, on the mean over the images."""

    name: str
    value: str


class ReportRow(BaseModel):
    """One report in the history."""

    id: str
    kind: ReportKind
    kind_name: str
    created_at: datetime
    configuration: str
    """The configuration on one line."""
    changes: tuple[str, ...]
    """What differs from the accuracy report before."""
    same: bool
    """Whether there is an accuracy report before, made with the same configuration."""
    top1: TopK | None = None
    others: tuple[TopK, ...] = ()
    parent_name: str = ""
    """The model compared with."""
    mark: ComparisonMark | None = None
    flips: int | None = None
    """Images that both models of a comparison predict differently."""
    sentence: str = ""
    """What a comparison found, in words."""
    distances: tuple[DistanceFigure, ...] = ()
    n: int
    n_failed: int
    reused: bool


def report_rows(overview: ProjectOverview) -> tuple[ReportRow, ...]:
    """All reports of a project, newest first."""
    reports: list[AnyReport] = [*overview.reports, *overview.comparisons, *overview.distances]
    earlier = dict(zip((report.id for report in overview.reports), overview.reports[1:], strict=False))
    return tuple(
        _row(report, earlier.get(report.id))
        for report in sorted(reports, key=lambda report: (report.created_at, report.id), reverse=True)
    )


def _row(report: AnyReport, before: Report | None) -> ReportRow:
    if isinstance(report, Report):
        return _accuracy_row(report, before)
    return _comparison_row(report) if isinstance(report, Comparison) else _distance_row(report)


def _accuracy_row(report: Report, before: Report | None) -> ReportRow:
    changes = () if before is None else configuration_changes(before, report)
    return ReportRow(
        id=report.id,
        kind="accuracy",
        kind_name=REPORT_KINDS["accuracy"].capitalize(),
        created_at=report.created_at,
        configuration=_configuration(report),
        changes=changes,
        same=before is not None and not changes,
        top1=report.summary.top1,
        others=tuple(top for top in report.summary.top_k if top.k != 1),
        n=report.summary.n,
        n_failed=report.summary.n_failed,
        reused=report.reused_predictions,
    )


def _comparison_row(report: Comparison) -> ReportRow:
    return ReportRow(
        id=report.id,
        kind="comparison",
        kind_name=REPORT_KINDS["comparison"].capitalize(),
        created_at=report.created_at,
        configuration=_configuration(report.optimised),
        changes=(),
        same=False,
        parent_name=report.parent.model_name,
        mark=comparison_mark(report),
        flips=report.summary.flips.total,
        sentence=comparison_sentence(report),
        n=report.summary.n,
        n_failed=report.summary.n_failed,
        reused=all(model.reused_predictions for model in report.evaluated_models),
    )


def _distance_row(report: TensorDistance) -> ReportRow:
    scores = next(iter(report.outputs), None)
    return ReportRow(
        id=report.id,
        kind="distance",
        kind_name=REPORT_KINDS["distance"].capitalize(),
        created_at=report.created_at,
        configuration=_configuration(report.optimised),
        changes=(),
        same=False,
        parent_name=report.parent.model_name,
        distances=() if scores is None else tuple(_figure(each) for each in scores.distributions),
        n=0 if scores is None else scores.n,
        n_failed=0 if scores is None else scores.n_failed,
        reused=all(model.reused_predictions for model in report.evaluated_models),
    )


def _figure(distribution: Distribution) -> DistanceFigure:
    return DistanceFigure(name=_MEASURES[distribution.measure], value=distance_text(distribution.mean))


def _configuration(evaluated: EvaluatedModel) -> str:
    return configuration_summary(evaluated.configuration.configuration)
