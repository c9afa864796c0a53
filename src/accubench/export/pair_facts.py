"""What two models were compared on and how, in words, for comparisons and tensor distances alike."""

from __future__ import annotations

from accubench.export.facts import (
    ConfigurationValue,
    Fact,
    configuration_sections,
    date_text,
    scored_sentence,
    sentence,
    subset_facts,
    versioned,
)
from accubench.export.numbers import plural
from accubench.records.comparison import Comparison
from accubench.records.report import EvaluatedModel
from accubench.records.tensor_distance import TensorDistance

__all__ = ["pair_configurations", "pair_facts", "pair_run_facts", "pair_warnings"]


def pair_warnings(report: Comparison | TensorDistance) -> tuple[str, ...]:
    """Sentences that a reader must know before the numbers are believed, each once."""
    notes = (note for model in report.evaluated_models for note in model.configuration.notes)
    return tuple(dict.fromkeys((*(str(finding) for finding in report.findings), *notes)))


def pair_facts(report: Comparison | TensorDistance) -> tuple[Fact, ...]:
    """What was compared, on what."""
    target, optimised, parent = report.target, report.optimised, report.parent
    dataset = versioned(report.dataset_name, report.dataset_version)
    origin = "optimised from the parent here" if report.lineage else "optimised elsewhere, or not at all"
    return (
        _model_fact("Optimised model", optimised),
        _model_fact("Parent model", parent),
        Fact(label="Lineage", value=origin),
        Fact(label="Classes", value=f"{sentence(report.matching.description)} {scored_sentence(optimised)}".rstrip()),
        Fact(label="Dataset", value=dataset, detail=report.dataset_id),
        *subset_facts(report),
        Fact(label="Device", value=f"{target.device} · {target.device_name}"),
        Fact(label="Machine", value=f"{target.machine}, {plural(target.cores, 'core')}"),
        Fact(
            label="Executed by",
            value=" and ".join(dict.fromkeys((optimised.execution_text, parent.execution_text))),
            detail="The engine, and what floating-point layers were executed in.",
        ),
    )


def pair_run_facts(report: Comparison | TensorDistance) -> tuple[Fact, ...]:
    """How and when it was compared."""
    reused = [model.model_name for model in report.evaluated_models if model.reused_predictions]
    return (
        Fact(label="Date", value=date_text(report.created_at)),
        Fact(label="Took", value=f"{report.duration_s:.1f} s"),
        Fact(
            label="Predictions",
            value=f"of {' and '.join(reused)} reused" if reused else "inferred in this run",
            detail=", ".join(model.predictions_id for model in report.evaluated_models),
        ),
        Fact(label="Report", value=report.id, detail=f"project {report.project_id}"),
        *(Fact(label=name, value=version) for name, version in report.versions.items()),
    )


def _model_fact(label: str, model: EvaluatedModel) -> Fact:
    name = versioned(model.model_name, model.model_version)
    sha256 = model.model_files[0].sha256[:12] if model.model_files else ""
    return Fact(label=label, value=f"{name}, {model.model_format}, sha256 {sha256}…", detail=model.model_id)


def pair_configurations(
    report: Comparison | TensorDistance,
) -> tuple[tuple[str, tuple[tuple[str, tuple[ConfigurationValue, ...]], ...]], ...]:
    """The accuracy configuration by section under a title: once for both models, or of each where they differ."""
    optimised, parent = report.optimised, report.parent
    if optimised.configuration.configuration == parent.configuration.configuration:
        return (("Accuracy configuration of both models", configuration_sections(optimised)),)
    return tuple(
        (f"Accuracy configuration of {model.model_name}", configuration_sections(model))
        for model in (optimised, parent)
    )
