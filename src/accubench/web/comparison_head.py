"""The head of a comparison's pages: the verdict in a sentence, its interval, figures of both models, outcomes."""

from __future__ import annotations

import shlex
from typing import Literal

from accubench.export import confidence_text, percent_text
from accubench.export.comparison_text import comparison_sentence, size_bytes, verdict_sentence
from accubench.export.numbers import TIMES, count_text, plural, points_text, ratio_text, signed_points_text
from accubench.records.comparison import Comparison, ComparisonSummary, Difference, SpeedFigure
from accubench.records.report import EvaluatedModel
from accubench.records.top_k import TopK
from accubench.web.comparison_charts import IntervalBar, interval_bar
from accubench.web.formats import bytes_text
from accubench.web.report_head import HeadOfAnyKind, head_of_any_kind
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_shelf import ShelvedReport
from accubench.web.workbench import Workbench
from accubench.workspace import ComparisonReport

__all__ = ["ComparedModel", "ComparisonHead", "Figure", "OutcomeCell", "compared_model", "comparison_head"]

_OUTCOMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "both_right": ("Both right", ("optimised_annotated_rank=0", "parent_annotated_rank=0")),
    "broken": ("Broken", ("flip=broken",)),
    "fixed": ("Fixed", ("flip=fixed",)),
    "both_wrong": ("Both wrong", ("optimised_annotated_rank>=1", "parent_annotated_rank>=1")),
}
"""Cells of the table of outcomes, in rows by the parent, with the filters that select exactly their images."""


class ComparedModel(Part):
    """One of both models."""

    role: str
    name: str
    address: str
    size_bytes: int
    top1: TopK | None
    top_k: TopK | None


class Figure(Part):
    """A number that matters, as it is read."""

    name: str
    value: str
    notes: tuple[str, ...] = ()
    address: str | None = None
    """The images that it counts, where it counts some."""


class OutcomeCell(Part):
    """Images of one outcome."""

    key: str
    label: str
    count: int
    share: str
    address: str
    """Exactly these images, or all again where the view is limited to them."""
    current: bool


class ComparisonHead(HeadOfAnyKind):
    """What every view of a comparison begins with."""

    sentence: str
    outcome: Literal["pass", "fail", "inconclusive"] | None
    """The verdict; None where there is none."""
    verdict: str
    """The same with its reason, or why there is none."""
    interval: IntervalBar | None
    """The difference's interval against the margin; None without a difference."""
    optimised: ComparedModel
    parent: ComparedModel
    summary: ComparisonSummary
    figures: tuple[Figure, ...]
    outcomes: tuple[OutcomeCell, ...]
    """Both right, broken, fixed, both wrong; empty without annotations."""
    unlabelled: int
    """Flips of which nobody knows whether they are right."""
    flips_address: str
    """A file of the flips to label."""
    labels_command: str
    """What to run with the labels."""


def comparison_head(
    workbench: Workbench, shelved: ShelvedReport[ComparisonReport], query: ReportQuery
) -> ComparisonHead:
    """Make the head.

    Args:
        workbench: Holds the report.
        shelved: The report.
        query: What is looked at.
    """
    report = shelved.report
    record, summary = report.record, report.record.summary
    difference, verdict = summary.difference, summary.verdict
    return ComparisonHead(
        **head_of_any_kind(report, query, n_failed=summary.n_failed),
        sentence=comparison_sentence(record),
        outcome=None if verdict is None else verdict.outcome,
        verdict=verdict_sentence(record),
        interval=None if difference is None or verdict is None else interval_bar(difference, verdict),
        optimised=compared_model("Optimised", record.optimised),
        parent=compared_model("Parent", record.parent),
        summary=summary,
        figures=_figures(record),
        outcomes=_outcomes(record, query),
        unlabelled=summary.flips.changed,
        flips_address=report_address(report.id, suffix="/flips.csv"),
        labels_command=_labels_command(record, str(workbench.workspace.folder)),
    )


def compared_model(role: str, model: EvaluatedModel) -> ComparedModel:
    """One of both models, as ``Optimised`` or ``Parent``."""
    return ComparedModel(
        role=role,
        name=model.model_name,
        address=f"/models/{model.model_id}",
        size_bytes=size_bytes(model),
        top1=model.summary.top1,
        top_k=max((top for top in model.summary.top_k if top.k > 1), key=lambda top: top.k, default=None),
    )


def _labels_command(record: Comparison, folder: str) -> str:
    models = (record.optimised.model_id, record.parent.model_id)
    return shlex.join(
        ["accubench", "compare", *models, record.dataset_id, "--labels", "flips.csv", "--workspace", folder]
    )


def _figures(record: Comparison) -> tuple[Figure, ...]:
    summary = record.summary
    found = [_accuracy("Optimised", record.optimised), _accuracy("Parent", record.parent), _difference(summary)]
    return (
        *(each for each in found if each is not None),
        *_agreement(record),
        *_speeds(record),
        _size(record),
        _images(record),
    )


def _accuracy(role: str, model: EvaluatedModel) -> Figure | None:
    top1 = model.summary.top1
    if top1 is None:
        return None
    notes = (f"{percent_text(top1.low)} to {percent_text(top1.high)}", f"{count_text(top1.right)} right")
    return Figure(name=f"{role} top-1", value=percent_text(top1.value), notes=notes)


def _difference(summary: ComparisonSummary) -> Figure | None:
    found: Difference | None = summary.difference
    if found is None:
        return None
    low, high = (found.tango_low, found.tango_high) if found.low is None else (found.low, found.high)
    notes = [f"{signed_points_text(low)} to {signed_points_text(high)}"]
    found_p = summary.mcnemar
    if found_p is not None:
        notes.append(f"McNemar mid-p {confidence_text(found_p.mid_p)}, exact {confidence_text(found_p.exact_p)}")
    return Figure(name="Difference", value=f"{signed_points_text(found.value)} points", notes=tuple(notes))


def _agreement(record: Comparison) -> tuple[Figure, ...]:
    summary = record.summary
    if summary.agreement is None:
        return ()
    share = summary.agreement
    flips = summary.flips
    kinds = [(flips.broken, "broken"), (flips.fixed, "fixed"), (flips.moved, "moved"), (flips.changed, "unlabelled")]
    said = " · ".join(f"{count_text(count)} {word}" for count, word in kinds if count)
    ceiling = None if summary.ceiling is None else f"accuracy changed by {points_text(summary.ceiling)} at most"
    return (
        Figure(
            name="Agreement",
            value=percent_text(share.value),
            notes=(
                f"{percent_text(share.low)} to {percent_text(share.high)}",
                *([ceiling] if ceiling is not None and summary.difference is None else []),
            ),
            address=report_address(record.id, ReportQuery(filters=("agreed=true",))),
        ),
        Figure(
            name="Flips",
            value=count_text(flips.total),
            notes=(said,) if said else (),
            address=report_address(record.id, ReportQuery(filters=("agreed=false",))),
        ),
    )


def _speeds(record: Comparison) -> tuple[Figure, ...]:
    return () if record.speed is None else tuple(_speed(each) for each in record.speed.figures)


def _speed(figure: SpeedFigure) -> Figure:
    if figure.figure == "images_per_second":
        name, unit, decimals = "Throughput", "images/s", 1
    else:
        name, unit, decimals = "Latency", "ms", 2
    values = f"{figure.optimised.median:,.{decimals}f} against {figure.parent.median:,.{decimals}f} {unit}"
    return Figure(name=name, value=f"{ratio_text(figure.ratio.median)} {TIMES} as fast", notes=(values,))


def _size(record: Comparison) -> Figure:
    optimised, parent = size_bytes(record.optimised), size_bytes(record.parent)
    value = f"{100 * optimised / parent:.0f} %" if parent else bytes_text(optimised)
    return Figure(name="Size", value=value, notes=(f"{bytes_text(optimised)} against {bytes_text(parent)}",))


def _images(record: Comparison) -> Figure:
    summary = record.summary
    notes = [f"{count_text(summary.n_failed)} failed"]
    if summary.n_left_out:
        notes.append(f"{plural(summary.n_left_out, 'calibration image')} left out")
    return Figure(name="Images compared", value=count_text(summary.n), notes=tuple(notes))


def _outcomes(record: Comparison, query: ReportQuery) -> tuple[OutcomeCell, ...]:
    found = record.summary.outcomes
    if found is None:
        return ()
    counts = {
        "both_right": found.both_right,
        "broken": found.broken,
        "fixed": found.fixed,
        "both_wrong": found.both_wrong,
    }
    cells: list[OutcomeCell] = []
    for key, (label, filters) in _OUTCOMES.items():
        current = query.view == "images" and query.filters == filters
        wanted = ReportQuery(layout=query.layout, filters=() if current else filters)
        cells.append(
            OutcomeCell(
                key=key,
                label=label,
                count=counts[key],
                share=percent_text(counts[key] / found.n if found.n else 0.0),
                address=report_address(record.id, wanted),
                current=current,
            )
        )
    return tuple(cells)
