"""Evaluate a model on a dataset: report 1, *accuracy evaluation on validation dataset*."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import class_scores, predicted_class, summarize
from accubench.configuration import infer_configuration
from accubench.datasets import first_lines
from accubench.inference import ExecutionPrecision, find_target, library_versions
from accubench.labels import best_class_names, resolve_mapping
from accubench.records.accuracy_configuration import AccuracyConfiguration, ResolvedConfiguration
from accubench.records.class_names import ClassNames
from accubench.records.dataset import Dataset
from accubench.records.model import Model, ModelDescription
from accubench.records.project import Project
from accubench.records.report import LabelMapping, Report, ScoreReading
from accubench.records.target import Target
from accubench.tasks.cautions import cautions
from accubench.tasks.predict import Obtained, PredictionsWanted, obtain_predictions
from accubench.tasks.report_table import Tabulated, annotated_outputs, tabulate
from accubench.tasks.surroundings import Surroundings

__all__ = ["Evaluation", "evaluate", "find_or_make_project"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What to evaluate, and how."""

    model: Model
    dataset: Dataset
    device: str = "CPU"
    precision: ExecutionPrecision = "f32"
    configuration: ResolvedConfiguration | None = None
    """None: inferred from what the model says of itself."""
    class_names: ClassNames | None = None
    """Names of the model's outputs, where the user gave a label file."""
    fresh: bool = False
    """Infer anew even where scores are stored."""
    report_id: str | None = None
    """The id that the report is to have, for whoever must know it beforehand; a new one by default."""


def evaluate(surroundings: Surroundings, wanted: Evaluation) -> Report:
    """Make the accuracy report.

    The project is made or reused, scores are reused or inferred, and everything else is a query on the scores.

    Args:
        surroundings: Where things are kept, and who listens.
        wanted: Model, dataset, and how.

    Returns:
        The report, stored.

    Raises:
        ConfigurationError: The configuration does not fit the model.
        LabelError: The dataset's classes cannot be matched to the model's outputs.
        DatasetProblemsError: Annotations name classes that the model does not have.
        InferenceError: The device is absent or failed.
        StorageFullError: The disk is full; finished parts are kept.
        Cancelled: The user asked to stop; finished parts are kept.
    """
    if wanted.report_id is not None:
        known = surroundings.store.catalogue.report(wanted.report_id)
        if known is not None:  # made by a run that died after its last step
            return known
    started = surroundings.clock()
    resolved = _resolve(surroundings, wanted)
    obtained = obtain_predictions(
        surroundings,
        PredictionsWanted(
            model=wanted.model,
            dataset=wanted.dataset,
            manifest=resolved.manifest,
            target=resolved.project.target,
            configuration=resolved.configuration.configuration,
            precision=wanted.precision,
        ),
        fresh=wanted.fresh,
        judge=_judge(resolved.annotated_n, wanted.model.description) if resolved.mapping is not None else None,
    )
    surroundings.say("report", "Computing the report from stored scores.")
    tabulated = tabulate(
        obtained.predictions,
        surroundings.store.parts(obtained.predictions),
        manifest=resolved.manifest,
        annotated_n=resolved.annotated_n,
        names=resolved.names,
        outputs=resolved.configuration.configuration.outputs,
        description=wanted.model.description,
        threads=resolved.project.target.cores,
    )
    report = _describe(surroundings, wanted, resolved, obtained, tabulated)
    report = report.model_copy(update={"duration_s": surroundings.clock() - started})
    surroundings.store.keep_report(report, tabulated.table)
    return report


def find_or_make_project(surroundings: Surroundings, model: Model, dataset: Dataset, target: Target) -> Project:
    """The project of a model, a dataset and a target."""
    catalogue = surroundings.store.catalogue
    with surroundings.store.lock("make a project", waiting=surroundings.waiting_for("the list of projects")):
        project = catalogue.project(model.id, dataset.id, target.key)
        if project is None:
            project = Project(
                id=surroundings.new_id("project"),
                model_id=model.id,
                dataset_id=dataset.id,
                target=target,
                created_at=surroundings.now(),
            )
            catalogue.add_project(project)
    return project


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """Everything that is settled before the first image is read."""

    project: Project
    configuration: ResolvedConfiguration
    manifest: pl.DataFrame
    mapping: LabelMapping | None
    names: ClassNames | None
    annotated_n: NDArray[np.int32]


def _resolve(surroundings: Surroundings, wanted: Evaluation) -> _Resolved:
    description = wanted.model.description
    target = find_target(wanted.device)
    configuration = wanted.configuration or infer_configuration(description)
    manifest = surroundings.store.manifest(wanted.dataset)
    mapping = _map_classes(wanted, manifest, configuration.configuration)
    return _Resolved(
        project=find_or_make_project(surroundings, wanted.model, wanted.dataset, target),
        configuration=configuration,
        manifest=manifest,
        mapping=mapping,
        names=_name_classes(wanted, manifest, mapping),
        annotated_n=annotated_outputs(wanted.dataset, manifest, mapping),
    )


def _map_classes(
    wanted: Evaluation, manifest: pl.DataFrame, configuration: AccuracyConfiguration
) -> LabelMapping | None:
    description, dataset = wanted.model.description, wanted.dataset
    if not dataset.annotated:
        return None
    return resolve_mapping(
        annotations=configuration.annotations,
        class_ids=dataset.class_ids,
        dataset_names=dataset.class_names,
        names_decide=dataset.names_decide,
        class_count=description.class_count,
        background_class=description.background_class,
        model_names=wanted.class_names or description.class_names,
        annotation_file=dataset.annotation_file,
        first_lines=first_lines(manifest),
    )


def _name_classes(wanted: Evaluation, manifest: pl.DataFrame, mapping: LabelMapping | None) -> ClassNames | None:
    description = wanted.model.description
    return best_class_names(
        explicit=wanted.class_names,
        model_names=description.class_names,
        dataset_names=wanted.dataset.class_names,
        mapping=mapping,
        class_count=description.class_count,
        image_names=manifest["image_name"].to_list(),
        dataset_classes=manifest["dataset_class"].to_list(),
        background_class=description.background_class,
    )


def _judge(
    annotated_n: NDArray[np.int32], description: ModelDescription
) -> Callable[[range, NDArray[Any]], NDArray[np.bool_]]:
    """Tell which images are right while a run goes on; for showing only, the report judges again."""
    # One sigmoid output is judged as a probability; where it is a logit the running figure is off, the report is not.
    reading = ScoreReading(
        kind="logits" if description.score_kind == "logits" else "probabilities",
        reason="running figure",
        quantization=description.scores.quantization,
        sigmoid=description.single_output,
    )

    def judge(rows: range, scores_nk: NDArray[Any]) -> NDArray[np.bool_]:
        return predicted_class(class_scores(scores_nk, reading)) == annotated_n[rows.start : rows.stop]

    return judge


def _describe(
    surroundings: Surroundings,
    wanted: Evaluation,
    resolved: _Resolved,
    obtained: Obtained,
    tabulated: Tabulated,
) -> Report:
    model, configuration = wanted.model, resolved.configuration
    metrics = configuration.configuration.metrics
    class_count = model.description.class_count
    summary = summarize(
        tabulated.table, top_k=metrics.top_k, class_count=class_count, calibration_bins=metrics.calibration_bins
    )
    return Report(
        id=wanted.report_id or surroundings.new_id("report"),
        project_id=resolved.project.id,
        model_id=model.id,
        dataset_id=wanted.dataset.id,
        predictions_id=obtained.predictions.id,
        model_name=model.name,
        model_version=model.version,
        model_format=model.description.format,
        model_files=model.files,
        dataset_name=wanted.dataset.name,
        dataset_version=wanted.dataset.version,
        target=resolved.project.target,
        configuration=configuration,
        reading=tabulated.reading,
        mapping=resolved.mapping,
        class_names=resolved.names,
        class_count=class_count,
        summary=summary,
        reused_predictions=obtained.inferred == 0,
        execution_precision=obtained.predictions.execution_precision,
        findings=(
            *wanted.dataset.findings,
            *tabulated.doubts,
            *cautions(summary, class_count, configuration, model, mapping=resolved.mapping),
        ),
        versions=library_versions(),
        created_at=surroundings.now(),
        duration_s=0.0,
        images_per_second=obtained.inferred / obtained.seconds if obtained.seconds > 0 else None,
    )
