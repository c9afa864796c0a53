"""Predictions of two models on the same images, joined by image: what comparison and tensor distance begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.errors import Finding, UsageError
from accubench.inference import ExecutionPrecision, find_target, library_versions
from accubench.labels import fitted_to_outputs
from accubench.labels.matching import ClassSet, match_outputs
from accubench.records.accuracy_configuration import ResolvedConfiguration
from accubench.records.comparison import ClassMatching
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.predictions import Predictions
from accubench.records.project import Project
from accubench.records.report import EvaluatedModel, ReportHeader
from accubench.storage import PartFolder, Store
from accubench.tasks.calibration_images import calibration_rows
from accubench.tasks.evaluate import find_or_make_project
from accubench.tasks.evaluation import Evaluation, Resolved, describe_model, resolve
from accubench.tasks.scoring import ScoredModel, score_images
from accubench.tasks.surroundings import Surroundings

__all__ = [
    "PairBlock",
    "Pairing",
    "ScoredPair",
    "StoredScores",
    "join_images",
    "over_blocks",
    "report_header",
    "score_pair",
]


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
    precision: ExecutionPrecision = "f32"
    include_calibration: bool = False
    """Whether images that a model was calibrated on take part."""
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
            precision=self.precision,
            configuration=configuration,
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
    matching = match_outputs(_classes(ours, ours_resolved), _classes(theirs, theirs_resolved))
    calibration = _calibrated_on(store, wanted, manifest)
    project = find_or_make_project(surroundings, wanted.optimised, wanted.dataset, target)
    surroundings.say("evaluate", f"Optimised model: {wanted.optimised.name}.")
    optimised = score_images(surroundings, ours, ours_resolved, target)
    surroundings.say("evaluate", f"Parent model: {wanted.parent.name}.")
    parent = score_images(surroundings, theirs, theirs_resolved, target)
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


def join_images(optimised: pl.Series, parent: pl.Series) -> pl.DataFrame:
    """Find the images of the same name among those that two models were evaluated on.

    Args:
        optimised: Names of the optimised model's images, each once.
        parent: Names of the parent's images, each once, in any order.

    Returns:
        ``image_name``, ``optimised_row`` and ``parent_row``, in the order of the optimised model's images, then the
        images that only the parent has; -1 where a model does not have the image.

    >>> join_images(pl.Series(["a", "b"]), pl.Series(["c", "b"])).rows()
    [('a', 0, -1), ('b', 1, 1), ('c', -1, 0)]
    """
    ours = pl.DataFrame({"image_name": optimised}).with_row_index("optimised_row")
    theirs = pl.DataFrame({"image_name": parent}).with_row_index("parent_row")
    joined = ours.join(theirs, on="image_name", how="full", coalesce=True, maintain_order="left_right", validate="1:1")
    rows = pl.col("optimised_row", "parent_row").cast(pl.Int64).fill_null(-1)
    return joined.select(pl.col("image_name"), rows)


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
        target=pair.project.target,
        findings=findings,
        versions=library_versions(),
        created_at=surroundings.now(),
        duration_s=0.0,
    )


class StoredScores:
    """The scores of one model by row, whatever parts they lie in.

    Args:
        predictions: What the parts belong to.
        folder: Where they are.
    """

    def __init__(self, predictions: Predictions, folder: PartFolder) -> None:
        self.predictions = predictions
        self._folder = folder

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray[Any], list[str | None]]:
        """The scores of rows in the order given, and why images failed.

        Args:
            rows: Rows of the predictions' dataset, shape (images,); -1 where the model does not have the image.

        Returns:
            Scores as stored, shape (images, columns), zeros where the image failed; and a reason or None for each.
        """
        predictions = self.predictions
        scores_nk = np.zeros((len(rows), predictions.score_columns), predictions.score_dtype)
        failures: list[str | None] = ["the image is not among those that it was evaluated on"] * len(rows)
        numbers = np.where(rows < 0, -1, rows // predictions.part_rows)
        for number in np.unique(numbers[numbers >= 0]).tolist():
            part = self._folder.read(number)
            places = np.flatnonzero(numbers == number)
            inside = rows[places] - part.first_row
            scores_nk[places] = part.scores_nk[inside]
            for place, row in zip(places.tolist(), inside.tolist(), strict=True):
                failures[place] = part.failures[row]
        return scores_nk, failures


class PairBlock(NamedTuple):
    """Some consecutive images of a pair."""

    images: slice
    """Which of `ScoredPair.images`."""
    optimised_nk: NDArray[Any]
    parent_nk: NDArray[Any]
    optimised_failures: Sequence[str | None]
    """For each image why the optimised model failed on it, or None."""
    parent_failures: Sequence[str | None]

    @property
    def optimised_evaluated_n(self) -> NDArray[np.bool_]:
        """Whether the optimised model was evaluated on the image, shape (images,)."""
        return _absent(self.optimised_failures)

    @property
    def compared_n(self) -> NDArray[np.bool_]:
        """Whether both models were evaluated on the image, shape (images,)."""
        return self.optimised_evaluated_n & self.parent_evaluated_n

    @property
    def parent_evaluated_n(self) -> NDArray[np.bool_]:
        """Whether the parent was evaluated on the image, shape (images,)."""
        return _absent(self.parent_failures)

    @property
    def failures(self) -> pl.Series:
        """For each image which model failed on it, and why; null where both were evaluated."""
        reasons = map(_reason, self.optimised_failures, self.parent_failures)
        return pl.Series("failure", list(reasons), dtype=pl.String)


def over_blocks(
    store: Store,
    predictions: tuple[Predictions, Predictions],
    images: pl.DataFrame,
    work: Callable[[PairBlock], pl.DataFrame],
    *,
    threads: int,
) -> pl.DataFrame:
    """Make a row for every image of a pair from the scores of both models, a block of images at a time.

    Scores are read where they are worked on; no more blocks than threads are in memory at a time.

    Args:
        store: Where scores are.
        predictions: Those of the optimised model and of its parent, complete.
        images: As `join_images` makes it.
        work: Makes the rows of a block, in one of the threads.
        threads: How many blocks are worked on at a time.

    Returns:
        The rows in the order of `images`, with the columns ``image_name`` and ``position`` (the row of the optimised
        model's dataset) before those of `work`, and ``status`` and ``failure`` behind them.
    """
    optimised, parent = (StoredScores(each, store.parts(each)) for each in predictions)
    step = optimised.predictions.part_rows

    def read_and_work(start: int) -> pl.DataFrame:
        block = images[start : start + step]
        optimised_nk, optimised_failures = optimised.take(block["optimised_row"].to_numpy())
        parent_nk, parent_failures = parent.take(block["parent_row"].to_numpy())
        of_images = slice(start, start + len(block))
        found = PairBlock(of_images, optimised_nk, parent_nk, optimised_failures, parent_failures)
        return work(found).with_columns(found.failures)

    # A dataset has images, but all of them may be left out; one empty block then gives the columns.
    starts = range(0, len(images), step) or (0,)
    with ThreadPoolExecutor(threads) as pool:
        rows = pl.concat(list(pool.map(read_and_work, starts)))
    named = images.select("image_name", pl.col("optimised_row").alias("position"))
    failed = pl.col("failure").is_not_null()
    status = pl.when(failed).then(pl.lit("failed")).otherwise(pl.lit("compared")).alias("status")
    return pl.concat([named, rows], how="horizontal").with_columns(status)


def _absent(failures: Sequence[str | None]) -> NDArray[np.bool_]:
    return np.array([failure is None for failure in failures], dtype=np.bool_)


def _reason(optimised: str | None, parent: str | None) -> str | None:
    named = (("optimised model", optimised), ("parent model", parent))
    return "; ".join(f"{model}: {reason}" for model, reason in named if reason is not None) or None


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


def _describe(scored: ScoredModel, image_names: pl.DataFrame) -> EvaluatedModel:
    return describe_model(
        scored.wanted,
        scored.resolved,
        predictions=scored.obtained.predictions,
        tabulated=scored.tabulated,
        reused=scored.reused,
        table=scored.tabulated.table.join(image_names, on="image_name", how="semi", maintain_order="left"),
    )
