"""What a report about two models depends on, and the other reports of the same pair."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from accubench.errors import AccuBenchError
from accubench.export import configuration_values
from accubench.export.comparison_text import difference_interval
from accubench.export.facts import date_text, mapping_sentence, reading_sentence, subset_facts
from accubench.export.numbers import TIMES, plural, points_text, ratio_text, signed_points_text
from accubench.records.comparison import Comparison
from accubench.records.report import EvaluatedModel
from accubench.records.tensor_distance import TensorDistance
from accubench.web.report_details import FactRow
from accubench.web.report_parts import Part
from accubench.web.report_query import report_address
from accubench.web.workbench import Workbench

__all__ = ["PairDetails", "PairHistory", "pair_configuration_table", "pair_details", "pair_history", "pair_table"]


class PairValue(Part):
    """One value of the accuracy configurations of both models."""

    section: str
    name: str
    optimised: str
    parent: str
    origin: str
    """Where the optimised model's value came from."""
    differs: bool


class PairDetails(Part):
    """What the numbers depend on."""

    models: tuple[tuple[FactRow, ...], ...]
    """Of the optimised model and of its parent."""
    run: tuple[FactRow, ...]
    matching: str
    lineage: str
    calibration: str
    readings: tuple[str, ...]
    """How scores and classes of both models were read."""
    same_configuration: bool
    configuration: tuple[PairValue, ...]


class PairRow(Part):
    """One report of the pair."""

    report_id: str
    address: str
    current: bool
    created_at: datetime
    device: str
    n: int
    n_failed: int
    said: str
    """The number that matters most."""
    verdict: str
    """``pass``, ``fail``, ``inconclusive`` or nothing."""
    flips: int | None
    speed: str


class PairHistory(Part):
    """Reports of the same kind about the same two models, newest first."""

    rows: tuple[PairRow, ...]


def pair_details(record: Comparison | TensorDistance) -> PairDetails:
    """Make the view of details."""
    configuration = _configuration(record)
    return PairDetails(
        models=(_model_facts("Optimised", record.optimised), _model_facts("Parent", record.parent)),
        run=_run_facts(record),
        matching=record.matching.description,
        lineage=(
            f"{record.optimised.model_name} was made from {record.parent.model_name} in this workspace."
            if record.lineage
            else f"{record.optimised.model_name} was not made from {record.parent.model_name} in this workspace."
        ),
        calibration=_calibration_rule(record),
        readings=tuple(
            f"{model.model_name}: {reading_sentence(model.reading)} {mapping_sentence(model)}"
            for model in record.evaluated_models
        ),
        same_configuration=not any(each.differs for each in configuration),
        configuration=configuration,
    )


def pair_configuration_table(record: Comparison | TensorDistance) -> pl.DataFrame:
    """The accuracy configurations of both models as a table."""
    rows = [
        {"section": each.section, "name": each.name, "optimised": each.optimised, "parent": each.parent}
        for each in _configuration(record)
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("section", "name", "optimised", "parent"), pl.String))


def pair_history(workbench: Workbench, record: Comparison | TensorDistance) -> PairHistory:
    """Make the view of the pair's reports."""
    others = [each for each in _of_pair(workbench, record) if each.id != record.id]
    records = sorted([record, *others], key=lambda each: each.created_at, reverse=True)
    return PairHistory(rows=tuple(_row(each, record.id) for each in records))


def pair_table(workbench: Workbench, record: Comparison | TensorDistance) -> pl.DataFrame:
    """The pair's reports as a table."""
    rows = [
        {
            "report_id": each.report_id,
            "created_at": each.created_at,
            "n": each.n,
            "n_failed": each.n_failed,
            "flips": each.flips,
            "said": each.said,
            "verdict": each.verdict,
        }
        for each in pair_history(workbench, record).rows
    ]
    return pl.DataFrame(rows, schema_overrides={"flips": pl.Int64})


def _of_pair(
    workbench: Workbench, record: Comparison | TensorDistance
) -> tuple[Comparison, ...] | tuple[TensorDistance, ...]:
    try:
        project = workbench.workspace.project(record.project_id)
    except AccuBenchError:
        return ()  # a model or the dataset was deleted; the report itself can still be read
    parent = record.parent.model_id
    if isinstance(record, Comparison):
        return tuple(each for each in project.comparisons if each.parent.model_id == parent)
    return tuple(each for each in project.distances if each.parent.model_id == parent)


def _row(record: Comparison | TensorDistance, current: str) -> PairRow:
    shared = {
        "report_id": record.id,
        "address": report_address(record.id),
        "current": record.id == current,
        "created_at": record.created_at,
        "device": record.target.device,
    }
    if isinstance(record, TensorDistance):
        scores = record.outputs[0]
        said = "; ".join(f"mean {each.measure} {each.mean:.4g}" for each in scores.distributions)
        return PairRow(**shared, n=scores.n, n_failed=scores.n_failed, said=said, verdict="", flips=None, speed="")
    summary, speed = record.summary, record.speed
    return PairRow(
        **shared,
        n=summary.n,
        n_failed=summary.n_failed,
        said=_difference_text(record),
        verdict="" if summary.verdict is None else summary.verdict.outcome,
        flips=summary.flips.total,
        speed="" if speed is None or not speed.figures else f"{ratio_text(speed.figures[0].ratio.median)} {TIMES}",
    )


def _difference_text(record: Comparison) -> str:
    difference, ceiling = record.summary.difference, record.summary.ceiling
    if difference is not None:
        return f"{signed_points_text(difference.value)} points ({difference_interval(difference)})"
    return "" if ceiling is None else f"{points_text(ceiling)} at most"


def _model_facts(role: str, model: EvaluatedModel) -> tuple[FactRow, ...]:
    version = "" if model.model_version == 1 else f" (version {model.model_version})"
    names = "" if model.class_names is None else f", named by {model.class_names.origin}"
    predictions = "reused, no image was inferred again" if model.reused_predictions else "inferred for this report"
    return (
        _fact(role, f"{model.model_name}{version}", model.model_id),
        _fact("Format", model.model_format),
        *(_fact(f"SHA-256 of {file.name}", file.sha256[:16] + "…", file.sha256) for file in model.model_files),
        _fact("Classes", plural(model.class_count, "class") + names),
        _fact("Executed by", model.execution_text),
        _fact("Predictions", predictions, model.predictions_id),
    )


def _run_facts(record: Comparison | TensorDistance) -> tuple[FactRow, ...]:
    version = "" if record.dataset_version == 1 else f" (version {record.dataset_version})"
    labels = record.labels_source if isinstance(record, Comparison) else None
    return (
        _fact("Dataset", f"{record.dataset_name}{version}", record.dataset_id),
        *(_fact(each.label, each.value) for each in subset_facts(record)),
        *([_fact("Labels of flips", labels)] if labels is not None else []),
        _fact("Device", f"{record.target.device} · {record.target.device_name}"),
        _fact("Machine", f"{record.target.machine}, {plural(record.target.cores, 'core')}"),
        _fact("Date", date_text(record.created_at)),
        _fact("Took", f"{record.duration_s:.1f} s"),
        _fact("Report", record.id, f"project {record.project_id}"),
        *(_fact(name, version) for name, version in record.versions.items()),
    )


def _calibration_rule(record: Comparison | TensorDistance) -> str:
    rule = "Images that the optimised model was calibrated on are left out unless they are asked for"
    if isinstance(record, TensorDistance):
        return f"{rule}."
    left_out = record.summary.n_left_out
    if not left_out:
        return f"{rule}; here none was left out."
    return f"{plural(left_out, 'image')} left out, because the optimised model was calibrated there and is flattered."


def _configuration(record: Comparison | TensorDistance) -> tuple[PairValue, ...]:
    optimised = {each.path: each for each in configuration_values(record.optimised)}
    parent = {each.path: each for each in configuration_values(record.parent)}
    values: list[PairValue] = []
    for path in dict.fromkeys((*optimised, *parent)):
        of_optimised, of_parent = optimised.get(path), parent.get(path)
        either = of_optimised or of_parent
        assert either is not None
        texts = tuple("absent" if each is None else each.value for each in (of_optimised, of_parent))
        values.append(
            PairValue(
                section=either.section,
                name=either.name,
                optimised=texts[0],
                parent=texts[1],
                origin=either.origin,
                differs=texts[0] != texts[1],
            )
        )
    return tuple(values)


def _fact(label: str, value: str, detail: str | None = None) -> FactRow:
    return FactRow(label=label, value=value, detail=detail)
