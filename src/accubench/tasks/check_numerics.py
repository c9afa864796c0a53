"""Check whether a model's numbers are its own: execute it in several ways on the same images, and see what changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis.accuracy import top_k_accuracy
from accubench.analysis.numerics import change_between, compare_steps
from accubench.analysis.scores import ScoreRange
from accubench.datasets import choose_subset, subset_rule
from accubench.errors import Finding, InferenceError, StorageFullError, UsageError
from accubench.inference import find_processor, find_target, library_versions
from accubench.records.base import content_hash
from accubench.records.execution import EngineName
from accubench.records.numerics_check import CheckedImage, CheckStep, NumericsCheck, StepChange
from accubench.records.project import Project
from accubench.records.report import ScoreReading
from accubench.tasks.check_judgement import judge
from accubench.tasks.check_scores import ScoredStep, StepScores
from accubench.tasks.check_steps import PlannedStep, plan_steps
from accubench.tasks.evaluation import Evaluation, Resolved, resolve
from accubench.tasks.predict import predictions_key
from accubench.tasks.project_of import find_or_make_project
from accubench.tasks.report_table import decide_reading
from accubench.tasks.surroundings import Surroundings

__all__ = ["IMAGES", "check_numerics", "check_with_report"]

IMAGES = 64
"""How many images are enough to see what saturating kernels or a wrong conversion do."""
_REVISION = 1
"""Changes when the same scores would be judged otherwise."""
_BLOCK = 4096
_LISTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """The images that every step was evaluated on, and what the steps say on them."""

    rows: NDArray[np.int64]
    """Of the dataset."""
    n_failed: int
    with_before: tuple[pl.DataFrame, ...]
    """For each step but the first its table against the step before, as `compare_steps` makes it."""
    with_first: tuple[pl.DataFrame, ...]


def check_numerics(
    surroundings: Surroundings, wanted: Evaluation, *, images: int | None = IMAGES, fresh: bool = False
) -> NumericsCheck:
    """Execute a model by its own engine, by OpenVINO as exactly as it can, and as configured, on the same images.

    A check that was made of the same things is not made again.

    Args:
        surroundings: Where things are kept, and who listens.
        wanted: Model, dataset, and the execution as configured.
        images: How many images, chosen by the hash of their names; None for all, whose scores are stored, continued
            and reused as those of evaluations.
        fresh: Make it anew, and infer anew.

    Returns:
        The check, stored.

    Raises:
        UsageError: The execution is not OpenVINO's, or no image is asked for.
        ConfigurationError: The configuration does not fit the model.
        LabelError, DatasetProblemsError: The dataset's classes do not fit the model.
        InferenceError: The device is absent or failed.
        StorageFullError: The disk is full.
        Cancelled: The user asked to stop.
    """
    if wanted.execution.engine != "openvino":
        raise UsageError("A check holds OpenVINO against the model's own engine. Leave --engine away.")
    if images is not None and images < 1:
        raise UsageError(f"A check needs at least one image, not {images}.")
    started = surroundings.clock()
    resolved = resolve(wanted, surroundings.store.manifest(wanted.dataset))
    project = find_or_make_project(surroundings, wanted.model, wanted.dataset, find_target(wanted.device))
    steps, notes = plan_steps(wanted.model, wanted.execution, project.target.device)
    key = _key(wanted, resolved, project, steps, images)
    known = None if fresh else surroundings.store.catalogue.newest_check(key)
    if known is not None:
        return known
    how_many = "all images" if images is None else f"{images} images"
    surroundings.say("check", f"Checking the numbers of {wanted.model.name} on {how_many}.")
    check = _Check(surroundings, wanted, resolved, project, images=images, fresh=fresh).make(key, steps, notes)
    check = check.model_copy(update={"duration_s": surroundings.clock() - started})
    surroundings.store.catalogue.add_check(check)
    return check


def check_with_report(surroundings: Surroundings, wanted: Evaluation) -> tuple[str | None, tuple[Finding, ...]]:
    """What an evaluation says of its numbers besides: warnings of a check, which is made if it never was.

    Nothing is executed where there is nothing to compare. Whatever goes wrong is said, and is no reason to lose the
    report.

    Returns:
        The id of the check, None where there is none; and its warnings.

    Raises:
        StorageFullError: The disk is full.
        Cancelled: The user asked to stop.
    """
    if wanted.execution.engine != "openvino":
        return None, ()
    steps, _ = plan_steps(wanted.model, wanted.execution, wanted.device.upper())
    if len(steps) < 2 or not wanted.dataset.n_images:
        return None, ()
    try:
        check = check_numerics(surroundings.without_counts(), wanted)
    except StorageFullError:  # the same call continues when there is space, and then checks
        raise
    except Exception as error:  # noqa: BLE001 - a second opinion must not cost the first
        why = f"The numbers could not be checked: {error}"
        return None, (Finding(code="numerics-not-checked", message=why, severity="warning"),)
    return check.id, check.findings


def _key(
    wanted: Evaluation, resolved: Resolved, project: Project, steps: Sequence[PlannedStep], images: int | None
) -> str:
    """Everything that a check depends on: the scores of every step, the annotations, and which images are taken."""
    predictions = [
        predictions_key(replace(resolved.predictions_wanted(wanted, project.target), execution=step.execution))
        for step in steps
    ]
    return content_hash(
        {
            "project": project.id,
            "steps": [[step.cause, step.device] for step in steps],
            "predictions": predictions,
            "annotations": wanted.dataset.annotations_hash,
            "mapping": resolved.mapping,
            "outputs": [resolved.configuration.configuration.outputs, resolved.scored_classes],
            "images": images,
            "revision": _REVISION,
        }
    )


@dataclass(frozen=True, slots=True)
class _Check:
    """A check in the making."""

    surroundings: Surroundings
    wanted: Evaluation
    resolved: Resolved
    project: Project
    images: int | None
    fresh: bool

    def make(self, key: str, steps: Sequence[PlannedStep], notes: tuple[str, ...]) -> NumericsCheck:
        """Score every step, compare, and judge."""
        scored, more_notes = self._scored(steps) if len(steps) > 1 else ([], ())
        rows = self._rows() if len(scored) > 1 else np.arange(0)
        compared = self._compared(scored, rows)
        described = _describe(scored, compared)
        processor = find_processor()
        outcome, findings = judge(described, processor)
        flipped = self._flipped(compared)
        dataset, model = self.wanted.dataset, self.wanted.model
        engines: list[EngineName] = [step.execution.engine for step in described]
        return NumericsCheck(
            id=self.surroundings.new_id("check"),
            key=key,
            project_id=self.project.id,
            model_id=model.id,
            model_name=model.name,
            model_version=model.version,
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            dataset_version=dataset.version,
            target=self.project.target,
            execution=self.wanted.execution,
            processor=processor,
            images_rule=self._rule(len(rows)),
            scored_classes=None if self.resolved.scored_classes is None else len(self.resolved.scored_classes),
            n_images=len(rows),
            n=len(compared.rows),
            n_failed=compared.n_failed,
            steps=tuple(described),
            outcome=outcome,
            findings=findings,
            notes=(*notes, *more_notes),
            n_flipped=len(flipped),
            flipped=tuple(flipped[:_LISTED]),
            versions=library_versions(*engines),
            created_at=self.surroundings.now(),
            duration_s=0.0,
        )

    def _rows(self) -> NDArray[np.int64]:
        manifest = self.resolved.manifest
        if self.images is None:
            return np.arange(len(manifest))
        return choose_subset(manifest, self.images, stratified=self.wanted.dataset.annotated)

    def _rule(self, n: int) -> str:
        if self.images is None or n >= len(self.resolved.manifest):
            return "All images of the dataset."
        return subset_rule(n, stratified=self.wanted.dataset.annotated)

    def _scored(self, steps: Sequence[PlannedStep]) -> tuple[list[ScoredStep], tuple[str, ...]]:
        """The scores of every step; a reference that refuses the model is left out and said."""
        rows = None if self.images is None else self._rows()
        scores = StepScores(
            self.surroundings, self.wanted, self.resolved, target=self.project.target, rows=rows, fresh=self.fresh
        )
        scored: list[ScoredStep] = []
        notes: tuple[str, ...] = ()
        for number, step in enumerate(steps, start=1):
            try:
                scored.append(scores.score(step, number))
            except InferenceError as error:
                if step.execution.engine == "openvino":
                    raise
                notes = (f"How OpenVINO reads the file was not checked: {error}",)
            self.surroundings.tell("check", number, len(steps))
        return scored, notes

    def _compared(self, scored: Sequence[ScoredStep], rows: NDArray[np.int64]) -> _Compared:
        """Walk the images in blocks, so that memory does not grow with their number."""
        good: list[NDArray[np.int64]] = []
        tables: list[list[tuple[pl.DataFrame, ...]]] = []
        reading: ScoreReading | None = None
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            taken = [each.scores.take(block) for each in scored]
            fine_n = np.array([not any(reasons) for reasons in zip(*(failures for _, failures in taken), strict=True)])
            scores = [scores_nk[fine_n] for scores_nk, _ in taken]
            if not fine_n.any():
                continue
            good.append(block[fine_n])
            reading = reading or self._reading(scores[0])
            annotated_n = self.resolved.annotated_n[block[fine_n]]
            tables.append(
                [
                    tuple(compare_steps(after, other, annotated_n, reading) for other in (before, scores[0]))
                    for before, after in pairwise(scores)
                ]
            )
        kept = np.concatenate(good) if good else np.arange(0)
        pairs = list(zip(*tables, strict=True))
        return _Compared(
            rows=kept,
            n_failed=len(rows) - len(kept),
            with_before=tuple(pl.concat([tables[0] for tables in pair]) for pair in pairs),
            with_first=tuple(pl.concat([tables[1] for tables in pair]) for pair in pairs),
        )

    def _reading(self, scores_nk: NDArray[Any]) -> ScoreReading:
        description, outputs = self.wanted.model.description, self.resolved.configuration.configuration.outputs
        quantization = description.scores.quantization

        def seen() -> ScoreRange:
            return ScoreRange.of(scores_nk, quantization)

        return decide_reading(outputs, description, quantization, seen, scored_classes=self.resolved.scored_classes)

    def _flipped(self, compared: _Compared) -> list[CheckedImage]:
        """Images whose class is not the same in every step."""
        if not compared.with_before:
            return []
        first, *_ = compared.with_before
        classes = [first["before_class"], *(table["after_class"] for table in compared.with_before)]
        flips = [table["flip"] for table in compared.with_before]
        anywhere = pl.DataFrame([flip.alias(str(place)) for place, flip in enumerate(flips)])
        changed = anywhere.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true().to_list()
        names, manifest = self.resolved.names, self.resolved.manifest
        images: list[CheckedImage] = []
        for place in changed:
            row = int(compared.rows[place])
            annotated = int(self.resolved.annotated_n[row])
            seen = tuple(int(each[place]) for each in classes)
            images.append(
                CheckedImage(
                    image_name=manifest["image_name"][row],
                    position=row,
                    annotated_class=None if annotated < 0 else annotated,
                    annotated_name=None if names is None or annotated < 0 else names.name(annotated),
                    classes=seen,
                    names=tuple(None if names is None else names.name(each) for each in seen),
                    flips=(None, *(flip[place] for flip in flips)),
                )
            )
        return images


def _describe(scored: Sequence[ScoredStep], compared: _Compared) -> list[CheckStep]:
    """The records of the steps; none where no image was evaluated in all of them."""
    if not compared.with_before:
        return []
    ranks = [compared.with_before[0]["before_rank"], *(table["after_rank"] for table in compared.with_before)]
    changes: list[tuple[StepChange | None, StepChange | None]] = [
        (None, None),
        *(
            (change_between(before), change_between(first))
            for before, first in zip(compared.with_before, compared.with_first, strict=True)
        ),
    ]
    return [
        CheckStep(
            cause="start" if place == 0 else each.step.cause,
            execution=each.step.execution,
            device=each.step.device,
            engine=each.engine,
            execution_precision=each.execution_precision,
            top1=top_k_accuracy(rank, 1, class_count=2) if rank.is_not_null().any() else None,
            before=change[0],
            first=change[1],
            reused=each.reused,
        )
        for place, (each, rank, change) in enumerate(zip(scored, ranks, changes, strict=True))
    ]
