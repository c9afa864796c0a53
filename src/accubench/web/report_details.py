"""Everything that a report's numbers depend on, and the other reports of its project."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

import polars as pl

from accubench.errors import AccuBenchError, CheckNotFoundError
from accubench.export import configuration_values
from accubench.export.facts import mapping_sentence, measured_facts, reading_sentence, run_facts
from accubench.records.report import Report, TopK
from accubench.web.check_view import CheckView, check_view
from accubench.web.report_parts import Part
from accubench.web.report_query import report_address
from accubench.web.workbench import Workbench
from accubench.workspace import AccuracyReport

__all__ = ["DetailsView", "HistoryView", "configuration_table", "details_view", "history_table", "history_view"]


class FactRow(Part):
    """A label and its value."""

    label: str
    value: str
    detail: str | None


class ValueRow(Part):
    """One value of the accuracy configuration with where it came from."""

    name: str
    value: str
    origin: str


class ConfigurationSection(Part):
    """A step of the preprocessing, or a section of the configuration."""

    name: str
    values: tuple[ValueRow, ...]


class DetailsView(Part):
    """What the numbers depend on."""

    measured: tuple[FactRow, ...]
    run: tuple[FactRow, ...]
    reading: str
    mapping: str
    reused_predictions: bool
    configuration: tuple[ConfigurationSection, ...]
    check: CheckView | None
    """The numerics check that the numbers were held to."""


class HistoryRow(Part):
    """One report of the project."""

    report_id: str
    address: str
    current: bool
    created_at: datetime
    top1: TopK | None
    top_k: TopK | None
    n: int
    n_failed: int
    execution_precision: str
    execution: str
    reused_predictions: bool
    changed: tuple[str, ...]
    """What its configuration has otherwise than this report's."""


class HistoryView(Part):
    """All reports of the project, newest first."""

    rows: tuple[HistoryRow, ...]


def details_view(workbench: Workbench, report: AccuracyReport) -> DetailsView:
    """Make the view of details."""
    record = report.record
    values = configuration_values(record)
    return DetailsView(
        measured=tuple(_fact(each.label, each.value, each.detail) for each in measured_facts(record)),
        run=tuple(_fact(each.label, each.value, each.detail) for each in run_facts(record)),
        reading=reading_sentence(record.reading),
        mapping=mapping_sentence(record),
        reused_predictions=record.reused_predictions,
        configuration=tuple(
            ConfigurationSection(
                name=name,
                values=tuple(ValueRow(name=each.name, value=each.value, origin=each.origin) for each in section),
            )
            for name, section in groupby(values, lambda each: each.section)
        ),
        check=_check_of(workbench, record),
    )


def _check_of(workbench: Workbench, record: Report) -> CheckView | None:
    """The check of a report; None where there was none, or it went with its project."""
    if record.check_id is None:
        return None
    try:
        return check_view(workbench.workspace.numerics_check(record.check_id))
    except CheckNotFoundError:
        return None


def configuration_table(report: AccuracyReport) -> pl.DataFrame:
    """The configuration with the origin of every value, as a table."""
    values = configuration_values(report.record)
    return pl.DataFrame(
        {
            "path": [each.path for each in values],
            "value": [each.value for each in values],
            "origin": [each.origin for each in values],
        },
        schema={"path": pl.String, "value": pl.String, "origin": pl.String},
    )


def history_view(workbench: Workbench, report: AccuracyReport) -> HistoryView:
    """Make the view of the project's reports."""
    others = [each for each in _of_project(workbench, report) if each.id != report.id]
    records = sorted([report.record, *others], key=lambda each: each.created_at, reverse=True)
    here = _configured(report.record)
    return HistoryView(rows=tuple(_history_row(each, report.id, here) for each in records))


def history_table(workbench: Workbench, report: AccuracyReport) -> pl.DataFrame:
    """The project's reports as a table."""
    rows = [
        {
            "report_id": each.report_id,
            "created_at": each.created_at,
            "n": each.n,
            "n_failed": each.n_failed,
            "top1": None if each.top1 is None else each.top1.value,
            "execution_precision": each.execution_precision,
            "execution": each.execution,
        }
        for each in history_view(workbench, report).rows
    ]
    return pl.DataFrame(rows, schema_overrides={"top1": pl.Float64})


def _of_project(workbench: Workbench, report: AccuracyReport) -> tuple[Report, ...]:
    try:
        return workbench.workspace.project(report.record.project_id).reports
    except AccuBenchError:
        return ()  # the model or the dataset was deleted; the report itself can still be read


def _history_row(record: Report, current: str, here: dict[str, str]) -> HistoryRow:
    there = _configured(record)
    return HistoryRow(
        report_id=record.id,
        address=report_address(record.id),
        current=record.id == current,
        created_at=record.created_at,
        top1=record.summary.top1,
        top_k=max(record.summary.top_k, key=lambda top: top.k, default=None),
        n=record.summary.n,
        n_failed=record.summary.n_failed,
        execution_precision=record.execution_precision,
        execution=record.execution_text,
        reused_predictions=record.reused_predictions,
        changed=tuple(
            f"{path.removeprefix('preprocessing.')}: {there.get(path, 'absent')}"
            for path in dict.fromkeys((*here, *there))
            if here.get(path) != there.get(path)
        ),
    )


def _configured(record: Report) -> dict[str, str]:
    return {each.path: each.value for each in configuration_values(record)}


def _fact(label: str, value: str, detail: str | None) -> FactRow:
    return FactRow(label=label, value=value, detail=detail)
