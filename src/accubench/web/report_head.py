"""The head of a report's pages: what was measured, how far it is, the headline numbers, the ways to its views."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from accubench.export import EXPORT_SUFFIXES
from accubench.export.facts import scored_sentence
from accubench.records.report import TopK
from accubench.web.report_kinds import KINDS
from accubench.web.report_parts import Link, Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_shelf import ShelvedReport
from accubench.workspace import AccuracyReport, ViewedReport

__all__ = ["HeadOfAnyKind", "ReportHead", "chosen_k", "head_of_any_kind", "report_head"]

State = Literal["final", "interim", "stopped"]


class HeadOfAnyKind(Part):
    """What every view of a report of any kind begins with."""

    report_id: str
    project_id: str
    dataset_id: str
    dataset_name: str
    subset: str | None
    """Which part of a dataset it is; None for all of it."""
    device: str
    created_at: datetime
    state: State
    state_text: str
    """How far the report is, in words."""
    findings: tuple[str, ...]
    """What a reader must know before the numbers are believed."""
    tabs: tuple[Link, ...]
    exports: tuple[Link, ...]
    """The whole report as a file."""


class ReportHead(HeadOfAnyKind):
    """What every view of an accuracy report begins with."""

    model_id: str
    model_name: str
    n_expected: int
    """Images of the dataset."""
    n: int
    """Images evaluated."""
    n_failed: int
    accuracies: tuple[TopK, ...]
    """Top-1 and top-k, both with their intervals; empty without annotations."""
    scored: str
    """Over which classes, where not over all."""
    no_accuracy: str | None
    """Why there is no accuracy."""
    k: int
    largest_k: int
    usual_ks: tuple[int, ...]
    """Values of k to choose from; any other up to `largest_k` is possible."""
    kept: tuple[tuple[str, str], ...]
    """Names and values that the form for k hands on."""
    macro_f1: float | None
    classes_averaged: int
    ece: float | None
    mean_confidence: float | None


def head_of_any_kind(report: ViewedReport[Any], query: ReportQuery, *, n_failed: int) -> dict[str, Any]:
    """The fields of a `HeadOfAnyKind` for a finished report.

    Args:
        report: The report.
        query: What is looked at.
        n_failed: Images that failed.
    """
    record = report.record
    notes = (note for model in record.evaluated_models for note in model.configuration.notes)
    return {
        "report_id": report.id,
        "project_id": record.project_id,
        "dataset_id": record.dataset_id,
        "dataset_name": record.dataset_name,
        "subset": None if record.subset is None else record.subset.sentence,
        "device": record.target.device,
        "created_at": record.created_at,
        "state": "final",
        "state_text": "Final",
        "findings": tuple(dict.fromkeys((*(str(finding) for finding in record.findings), *notes))),
        "tabs": _tabs(report, query, n_failed),
        "exports": tuple(
            Link(label=suffix.removeprefix(".").upper(), address=report_address(report.id, suffix=f"/export{suffix}"))
            for suffix in EXPORT_SUFFIXES
        ),
    }


def report_head(shelved: ShelvedReport[AccuracyReport], query: ReportQuery) -> ReportHead:
    """Make the head.

    Args:
        shelved: The report.
        query: What is looked at.
    """
    report = shelved.report
    record, summary = report.record, report.record.summary
    fields: dict[str, Any] = {"state": _state(report), "state_text": _state_text(report)}
    return ReportHead(
        **(head_of_any_kind(report, query, n_failed=summary.n_failed) | fields),
        model_id=record.model_id,
        model_name=record.model_name,
        n_expected=report.n_expected,
        n=summary.n,
        n_failed=summary.n_failed,
        accuracies=_accuracies(shelved, chosen_k(report, query)),
        scored=scored_sentence(record),
        no_accuracy=_no_accuracy(report),
        k=chosen_k(report, query),
        largest_k=record.scored_class_count,
        usual_ks=tuple(k for k in (1, 2, 3, 5, 10, 20) if k <= record.scored_class_count),
        kept=tuple(query.pairs(but=("k", "page"))),
        macro_f1=None if summary.macro is None else summary.macro.f1,
        classes_averaged=0 if summary.macro is None else summary.macro.classes,
        ece=None if summary.calibration is None else summary.calibration.ece,
        mean_confidence=summary.mean_confidence,
    )


def chosen_k(report: AccuracyReport, query: ReportQuery) -> int:
    """The k of the top-k accuracy: the one asked for, else the report's largest, never more than there are classes."""
    configured = max((top.k for top in report.record.summary.top_k), default=5)
    return max(1, min(query.k or configured, report.record.scored_class_count))


def _state(report: AccuracyReport) -> State:
    if not report.interim:
        return "final"
    return "stopped" if report.stopped else "interim"


def _state_text(report: AccuracyReport) -> str:
    done, expected = len(report.images), report.n_expected
    if not report.interim:
        return "Final"
    word = "Stopped" if report.stopped else "Interim"
    return f"{word}: {done:,} of {expected:,} images"


def _accuracies(shelved: ShelvedReport[AccuracyReport], k: int) -> tuple[TopK, ...]:
    if not shelved.report.record.summary.top_k:
        return ()
    wanted = sorted({1, k})
    return tuple(shelved.derived(f"top {each}", lambda report, each=each: report.top_k(each)) for each in wanted)


def _no_accuracy(report: AccuracyReport) -> str | None:
    summary = report.record.summary
    if summary.top_k:
        return None
    if not summary.n:
        return f"All {summary.n_images:,} images failed, so there is no accuracy."
    return "The dataset is not annotated, so there is no accuracy: only predictions and confidences."


def _tabs(report: ViewedReport[Any], query: ReportQuery, n_failed: int) -> tuple[Link, ...]:
    counts = {"images": len(report.images), "failed": n_failed}
    return tuple(
        Link(
            label=label,
            address=report_address(report.id, ReportQuery(view=view, k=query.k)),
            current=view == query.view,
            count=counts.get(view),
        )
        for view, label in KINDS[report.record.kind].views.items()
    )
