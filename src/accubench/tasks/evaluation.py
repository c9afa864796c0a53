"""What an evaluation is asked to do, what follows from that before the first image, and the records that come out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import summarize
from accubench.configuration import infer_configuration, with_valid_labels
from accubench.datasets import first_lines
from accubench.errors import UsageError
from accubench.inference import check_execution, library_versions
from accubench.labels import best_class_names, resolve_mapping
from accubench.records.accuracy_configuration import AccuracyConfiguration, ResolvedConfiguration
from accubench.records.class_names import ClassNames
from accubench.records.dataset import Dataset
from accubench.records.execution import USUAL_EXECUTION, Execution
from accubench.records.model import Model
from accubench.records.predictions import Predictions
from accubench.records.project import Project
from accubench.records.report import EvaluatedModel, LabelMapping, Report
from accubench.records.target import Target
from accubench.tasks.cautions import calibration_caution, cautions
from accubench.tasks.label_evidence import better_mapping, other_mappings
from accubench.tasks.predict import PredictionsWanted
from accubench.tasks.report_table import Tabulated, annotated_outputs

__all__ = ["Evaluation", "Resolved", "describe_model", "describe_report", "resolve"]

_GOOD = 0.5
"""A model that is right more often than this has no other mapping under which it is right still more often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What to evaluate, and how."""

    model: Model
    dataset: Dataset
    device: str = "CPU"
    execution: Execution = USUAL_EXECUTION
    configuration: ResolvedConfiguration | None = None
    """None: inferred from what the model says of itself."""
    class_names: ClassNames | None = None
    """Names of the model's outputs, where the user gave a label file."""
    valid_labels: bool = False
    """Score the annotated classes only, whatever the configuration says of it."""
    fresh: bool = False
    """Infer anew even where scores are stored."""
    asked_at: datetime | None = None
    """Where known, scores begun since then are fresh too: those of an earlier attempt at the same evaluation."""
    check: bool = False
    """Whether the first report checks the numbers, as `accubench.tasks.check_numerics` does, and says what it found."""
    report_id: str | None = None
    """The id that the report is to have, for whoever must know it beforehand; a new one by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Everything that is settled before the first image is read."""

    configuration: ResolvedConfiguration
    manifest: pl.DataFrame
    mapping: LabelMapping | None
    names: ClassNames | None
    annotated_n: NDArray[np.int32]

    @property
    def scored_classes(self) -> tuple[int, ...] | None:
        """The outputs that are scored, ascending; None for all."""
        if self.mapping is None or not self.configuration.configuration.annotations.valid_labels:
            return None
        return tuple(sorted(set(self.mapping.outputs.values())))

    def predictions_wanted(self, wanted: Evaluation, target: Target) -> PredictionsWanted:
        """Which scores the evaluation needs."""
        return PredictionsWanted(
            model=wanted.model,
            dataset=wanted.dataset,
            manifest=self.manifest,
            target=target,
            configuration=self.configuration.configuration,
            execution=wanted.execution,
        )


def resolve(wanted: Evaluation, manifest: pl.DataFrame) -> Resolved:
    """Settle the configuration, the mapping of classes, and their names.

    Args:
        wanted: Model, dataset, and how.
        manifest: The dataset's images.

    Raises:
        UsageError: The model cannot be executed as asked.
        EngineMissingError: The engine asked for is not installed.
        ConfigurationError: No configuration can be inferred for the model.
        LabelError: The dataset's classes cannot be matched to the model's outputs.
        DatasetProblemsError: Annotations name classes that the model does not have.
        UsageError: Only annotated classes are to be scored, and there are none.
    """
    check_execution(wanted.execution, wanted.model.description.format, wanted.device)
    configuration = wanted.configuration or infer_configuration(wanted.model.description)
    if wanted.valid_labels:
        configuration = with_valid_labels(configuration)
    if configuration.configuration.annotations.valid_labels and not wanted.dataset.known_class_ids:
        raise UsageError(
            f"Valid labels are the classes that occur in a dataset's annotations, but {wanted.dataset.name} is not "
            "annotated. Leave out --valid-labels, or `valid_labels` under `annotations` in the accuracy configuration."
        )
    mapping = _map_classes(wanted, manifest, configuration.configuration)
    return Resolved(
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
        class_ids=dataset.known_class_ids,
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


def describe_report(
    wanted: Evaluation,
    resolved: Resolved,
    *,
    project: Project,
    predictions: Predictions,
    tabulated: Tabulated,
    report_id: str,
    created_at: datetime,
    calibrated_n: NDArray[np.bool_],
    reused: bool = False,
    images_per_second: float | None = None,
) -> Report:
    """The record of a report, with the summary of its table.

    Args:
        wanted: What was asked for.
        resolved: What followed from it.
        project: Where the report belongs.
        predictions: The scores that the table was made of.
        tabulated: The table.
        report_id: The report's id.
        created_at: When it was made.
        calibrated_n: Which of the dataset's images the model was calibrated on, shape (images,).
        reused: Whether no image was inferred for it.
        images_per_second: How fast images were inferred; None where none was.
    """
    evaluated = describe_model(wanted, resolved, predictions=predictions, tabulated=tabulated, reused=reused)
    suspicions = cautions(
        evaluated.summary,
        evaluated.scored_class_count,
        resolved.configuration,
        wanted.model,
        mapping=resolved.mapping,
        better_mapping=_better_mapping(wanted, resolved, tabulated, evaluated),
    )
    calibrated = calibration_caution(tabulated.table, calibrated_n[tabulated.positions], evaluated.scored_class_count)
    return Report(
        **dict(evaluated),
        id=report_id,
        project_id=project.id,
        dataset_id=wanted.dataset.id,
        dataset_name=wanted.dataset.name,
        dataset_version=wanted.dataset.version,
        subset=wanted.dataset.subset,
        target=project.target,
        findings=(*wanted.dataset.findings, *tabulated.doubts, *calibrated, *suspicions),
        versions=library_versions(wanted.execution.engine),
        created_at=created_at,
        duration_s=0.0,
        images_per_second=images_per_second,
    )


def _better_mapping(
    wanted: Evaluation, resolved: Resolved, tabulated: Tabulated, evaluated: EvaluatedModel
) -> str | None:
    """What another way of matching classes would do for a poor accuracy; None where nothing, or where it is good."""
    top1 = evaluated.summary.top1
    if resolved.mapping is None or resolved.scored_classes is not None or top1 is None or top1.value > _GOOD:
        return None
    others = other_mappings(resolved.mapping, wanted.dataset, wanted.model.description, wanted.class_names)
    return better_mapping(tabulated.table, resolved.mapping, others)


def describe_model(
    wanted: Evaluation,
    resolved: Resolved,
    *,
    predictions: Predictions,
    tabulated: Tabulated,
    reused: bool,
    table: pl.DataFrame | None = None,
) -> EvaluatedModel:
    """The record of a model with its scores and the summary of its table.

    Args:
        wanted: What was asked for.
        resolved: What followed from it.
        predictions: The scores that the table was made of.
        tabulated: The table.
        reused: Whether no image was inferred for it.
        table: Some rows of the table, where the summary is to be over those only.
    """
    model, metrics = wanted.model, resolved.configuration.configuration.metrics
    class_count, scored = model.description.class_count, tabulated.reading.scored_classes
    summary = summarize(
        tabulated.table if table is None else table,
        top_k=metrics.top_k,
        class_count=class_count if scored is None else len(scored),
        calibration_bins=metrics.calibration_bins,
    )
    return EvaluatedModel(
        model_id=model.id,
        model_name=model.name,
        model_version=model.version,
        model_format=model.description.format,
        model_files=model.files,
        predictions_id=predictions.id,
        configuration=resolved.configuration,
        reading=tabulated.reading,
        mapping=resolved.mapping,
        class_names=resolved.names,
        class_count=class_count,
        summary=summary,
        reused_predictions=reused,
        execution_precision=predictions.execution_precision,
        engine=wanted.execution.engine,
        integer_kernels=predictions.integer_kernels,
    )
