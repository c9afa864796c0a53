"""Predictions of two models on the same images, joined by image: what comparison and tensor distance begin with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.errors import Finding, UsageError
from accubench.inference import find_target, library_versions
from accubench.labels import fitted_to_outputs
from accubench.labels.matching import ClassSet, match_outputs
from accubench.records.accuracy_configuration import ResolvedConfiguration
from accubench.records.comparison import ClassMatching
from accubench.records.dataset import Dataset
from accubench.records.execution import USUAL_EXECUTION, Execution
from accubench.records.model import Model
from accubench.records.predictions import Predictions
from accubench.records.project import Project
from accubench.records.report import EvaluatedModel, ReportHeader
from accubench.storage import Store
from accubench.tasks.calibration_images import calibration_rows
from accubench.tasks.evaluation import Evaluation, Resolved, describe_model, resolve
from accubench.tasks.paired_scores import join_images
from accubench.tasks.project_of import find_or_make_project
from accubench.tasks.scoring import ScoredModel, score_images
from accubench.tasks.surroundings import Surroundings

__all__ = ["Pairing", "ScoredPair", "report_header", "score_pair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Which two models are held against each other, on which images, and how."""

    optimised: Model
    parent: Model
    """The model that the other was made from, or any model over the same classes."""
    dataset: Dataset
    configuration: ResolvedConfiguration | None = None
    """For both models. None: that of the optimised model's calibration, also for the parent that it was made from;
    else what each model says of itself."""
    parent_configuration: ResolvedConfiguration | None = None
    """For the parent, where it needs another."""
    device: str = "CPU"
    execution: Execution = USUAL_EXECUTION
    include_calibration: bool = False
    """Whether images that a model was calibrated on take part."""
    valid_labels: bool = False
    """Score the annotated classes only, of both models, whatever their configurations say of it."""
    fresh: bool = False
    """Infer anew even where scores are stored."""
    asked_at: datetime | None = None
    """Where known, scores begun since then are fresh too: those of an earlier attempt at the same work."""
    report_id: str | None = None
    """The id that the report is to have; a new one by default."""

    def evaluation_of(self, model: Model, configuration: ResolvedConfiguration | None) -> Evaluation:
        """The evaluation of one of the two models."""
        return Evaluation(
            model=model,
            dataset=self.dataset,
            device=self.device,
            execution=self.execution,
            configuration=configuration,
            valid_labels=self.valid_labels,
            fresh=self.fresh,
            asked_at=self.asked_at,
        )

    def evaluations(self) -> tuple[Evaluation, Evaluation]:
        """The evaluations of the optimised model and of its parent."""
        recipe = self.optimised.recipe
        ours, theirs = self.configuration, self.parent_configuration or self.configuration
        if ours is None and recipe is not None:
            ours = recipe.configuration
            theirs = theirs or (recipe.configuration if recipe.parent_id == self.parent.id else None)
        return self.evaluation_of(self.optimised, ours), self.evaluation_of(self.parent, theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPair:
    """Both models with their predictions, and which of their images belong together."""

    project: Project
    """Of the optimised model."""
    optimised: ScoredModel
    parent: ScoredModel
    matching: ClassMatching
    images: pl.DataFrame
    """As `join_images` makes it, without the images left out."""
    n_left_out: int
    """Images left out because a model was calibrated on them."""
    n_calibration: int
    """Images that take part although a model was calibrated on them."""

    @property
    def predictions(self) -> tuple[Predictions, Predictions]:
        """The class scores of the optimised model and of its parent."""
        return self.optimised.obtained.predictions, self.parent.obtained.predictions

    def describe(self, compared: NDArray[np.bool_]) -> tuple[EvaluatedModel, EvaluatedModel]:
        """The records of both models, with summaries over exactly the images compared.

        Args:
            compared: For each of `images` whether both models were evaluated on it.
        """
        names = self.images.filter(pl.Series(compared)).select("image_name")
        ours, theirs = (_describe(each, names) for each in (self.optimised, self.parent))
        return ours, theirs


def score_pair(surroundings: Surroundings, wanted: Pairing) -> ScoredPair:
    """Reuse or infer the scores of both models, and join them by image.

    Everything that can be refused is refused before the first image is inferred.

    Args:
        surroundings: Where things are kept, and who listens.
        wanted: Which models and images, and how.

    Raises:
        ConfigurationError: A configuration does not fit its model.
        LabelError: The models have different classes, or those of the dataset cannot be matched to them.
        DatasetProblemsError: Annotations name classes that a model does not have.
        UsageError: A model was calibrated on every image.
        InferenceError: The device is absent or failed.
        StorageFullError: The disk is full; finished parts are kept.
        Cancelled: The user asked to stop; finished parts are kept.
    """
    store = surroundings.store
    target = find_target(wanted.device)
    manifest = store.manifest(wanted.dataset)
    ours, theirs = wanted.evaluations()
    ours_resolved, theirs_resolved = resolve(ours, manifest), resolve(theirs, manifest)
    _refuse_unequal(ours_resolved, theirs_resolved)
    matching = match_outputs(_classes(ours, ours_resolved), _classes(theirs, theirs_resolved))
    calibration = _calibrated_on(store, wanted, manifest)
    project = find_or_make_project(surroundings, wanted.optimised, wanted.dataset, target)
    surroundings.say("evaluate", f"Optimised model: {wanted.optimised.name}.")
    optimised = score_images(surroundings, ours, ours_resolved, target)
    of_parent = surroundings.about("parent")
    of_parent.say("evaluate", f"Parent model: {wanted.parent.name}.")
    parent = score_images(of_parent, theirs, theirs_resolved, target)
    images = join_images(ours_resolved.manifest["image_name"], theirs_resolved.manifest["image_name"])
    left_out = np.zeros(len(images), np.bool_) if wanted.include_calibration else calibration
    return ScoredPair(
        project=project,
        optimised=optimised,
        parent=parent,
        matching=matching,
        images=images.filter(pl.Series(~left_out)),
        n_left_out=int(left_out.sum()),
        n_calibration=int(calibration.sum()) if wanted.include_calibration else 0,
    )


def report_header(
    surroundings: Surroundings, wanted: Pairing, pair: ScoredPair, findings: tuple[Finding, ...]
) -> ReportHeader:
    """What the records of both kinds of reports begin with; it has no duration yet.

    Args:
        surroundings: The time, and a source of ids.
        wanted: What was asked for.
        pair: What was found.
        findings: Warnings a reader must know.
    """
    return ReportHeader(
        id=wanted.report_id or surroundings.new_id("report"),
        project_id=pair.project.id,
        dataset_id=wanted.dataset.id,
        dataset_name=wanted.dataset.name,
        dataset_version=wanted.dataset.version,
        subset=wanted.dataset.subset,
        target=pair.project.target,
        findings=findings,
        versions=library_versions(wanted.execution.engine),
        created_at=surroundings.now(),
        duration_s=0.0,
    )


def _classes(evaluation: Evaluation, resolved: Resolved) -> ClassSet:
    description = evaluation.model.description
    names = description.class_names
    if names is not None:
        background = description.background_class
        names = fitted_to_outputs(names, description.class_count, background_class=background)
    return ClassSet(
        class_count=description.class_count,
        names=names,
        background=description.background_class,
        mapping=resolved.mapping,
    )


def _calibrated_on(store: Store, wanted: Pairing, manifest: pl.DataFrame) -> NDArray[np.bool_]:
    """For every image whether one of the models was calibrated on it."""
    calibration = calibration_rows(store, wanted.optimised, manifest)
    calibration = calibration | calibration_rows(store, wanted.parent, manifest)
    if len(calibration) and calibration.all() and not wanted.include_calibration:
        raise UsageError(
            f"{wanted.optimised.name} was calibrated on every image of {wanted.dataset.name}, so none is left to "
            "compare on. Take another dataset, or let calibration images take part (--include-calibration)."
        )
    return calibration


def _refuse_unequal(ours: Resolved, theirs: Resolved) -> None:
    """A model that may choose among fewer classes has an advantage that is not its own.

    Raises:
        UsageError: Only one of both is scored over the annotated classes alone.
    """
    if (ours.scored_classes is None) != (theirs.scored_classes is None):
        raise UsageError(
            "Only one of the two configurations has `valid_labels: true` under `annotations`, so that one model would "
            "choose among fewer classes than the other. Set it in both, or in none."
        )


def _describe(scored: ScoredModel, image_names: pl.DataFrame) -> EvaluatedModel:
    return describe_model(
        scored.wanted,
        scored.resolved,
        predictions=scored.obtained.predictions,
        tabulated=scored.tabulated,
        reused=scored.reused,
        table=scored.tabulated.table.join(image_names, on="image_name", how="semi", maintain_order="left"),
    )
