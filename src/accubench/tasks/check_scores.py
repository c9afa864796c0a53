"""The scores of one model on the same images, executed in several ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from accubench.inference import Block, engine_name, find_target, predict
from accubench.preprocessing import Preprocessor, one_opencv_thread
from accubench.records.target import Target
from accubench.tasks.check_steps import PlannedStep
from accubench.tasks.evaluation import Evaluation, Resolved
from accubench.tasks.opening import open_classifier
from accubench.tasks.paired_scores import StoredScores
from accubench.tasks.predict import (
    PredictionsWanted,
    image_source,
    obtain_predictions,
    predictions_key,
    usable_predictions,
)
from accubench.tasks.prepared_images import PreparedImages
from accubench.tasks.surroundings import Surroundings

__all__ = ["ScoredStep", "StepScores"]


class _Scores(Protocol):
    """Scores by row of the dataset."""

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray[Any], list[str | None]]:
        """The scores of rows in the order given, and why images failed; see `StoredScores.take`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredStep:
    """A step with its scores."""

    step: PlannedStep
    scores: _Scores
    engine: str
    execution_precision: str
    reused: bool
    """Whether scores of an evaluation were taken."""


@dataclass(frozen=True, slots=True)
class _Held:
    """Scores of a few images in memory."""

    rows: NDArray[np.int64]
    """Ascending."""
    block: Block

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray[Any], list[str | None]]:
        """As `StoredScores.take`, for rows that are held."""
        places = np.searchsorted(self.rows, rows)
        return self.block.scores_nk[places], [self.block.failures[place] for place in places.tolist()]


class StepScores:
    """Scores steps on images that are prepared once, or takes what evaluations have stored.

    Args:
        surroundings: Where scores are kept, and who listens.
        wanted: Model, dataset, and the execution as configured.
        resolved: What follows from that.
        target: Where the configured execution runs.
        rows: The images, ascending rows of the dataset; None for all, whose scores are stored as those of evaluations.
        fresh: Whether stored scores do not count.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        wanted: Evaluation,
        resolved: Resolved,
        *,
        target: Target,
        rows: NDArray[np.int64] | None,
        fresh: bool,
    ) -> None:
        self._surroundings, self._wanted, self._resolved, self._target = surroundings, wanted, resolved, target
        self._rows, self._fresh = rows, fresh
        configuration = resolved.configuration.configuration
        self._preprocessor = Preprocessor(configuration, wanted.model.description.input)
        source = image_source(Path(wanted.dataset.root), resolved.manifest, self._preprocessor)
        self._images = PreparedImages(source)

    def score(self, step: PlannedStep, number: int) -> ScoredStep:
        """The scores of a step.

        Args:
            step: How to execute.
            number: Of the step; its stages are called after it.

        Raises:
            InferenceError: The engine or the device refused or failed.
            StorageFullError: The disk is full.
            Cancelled: The user asked to stop.
        """
        target = self._target if step.device == self._target.device else find_target(step.device)
        wanted = self._resolved.predictions_wanted(replace(self._wanted, execution=step.execution), target)
        return self._stored(step, wanted, number) or self._inferred(step, wanted)

    def _stored(self, step: PlannedStep, wanted: PredictionsWanted, number: int) -> ScoredStep | None:
        store, reused = self._surroundings.store, True
        if self._rows is None:
            listening = self._surroundings.about(f"step {number}")
            obtained = obtain_predictions(listening, wanted, fresh=self._fresh, asked_at=self._wanted.asked_at)
            predictions, reused = obtained.predictions, obtained.inferred == 0
        else:
            found = usable_predictions(store, predictions_key(wanted), fresh=self._fresh, asked_at=None)
            if found is None or found.state != "complete":
                return None
            predictions = found
        return ScoredStep(
            step=step,
            scores=StoredScores(predictions, store.parts(predictions)),
            engine=predictions.engine,
            execution_precision=predictions.execution_precision,
            reused=reused,
        )

    def _inferred(self, step: PlannedStep, wanted: PredictionsWanted) -> ScoredStep:
        rows, target, surroundings = self._rows, wanted.target, self._surroundings
        assert rows is not None
        waiting = surroundings.waiting_for(f"device {target.device}")
        with (
            surroundings.store.lock(f"target {target.key}", waiting=waiting),
            open_classifier(
                surroundings.store,
                wanted.model,
                scores_output=wanted.output_name,
                shape_hwc=self._preprocessor.output_shape_hwc,
                dtype=self._preprocessor.output_dtype,
                device=target.device,
                execution=step.execution,
                own_networks=target.cores,
            ) as classifier,
            one_opencv_thread(),
        ):
            block = _infer_block(
                classifier.scores,
                self._images,
                rows.tolist(),
                score_columns=classifier.score_columns,
                score_dtype=classifier.score_dtype,
                workers=target.cores + classifier.waiting_threads,
                cancelled=surroundings.cancelled,
            )
            precision = classifier.execution_precision
        return ScoredStep(
            step=step,
            scores=_Held(rows, block),
            engine=engine_name(step.execution.engine),
            execution_precision=precision,
            reused=False,
        )


def _infer_block(
    infer: Callable[[NDArray[Any]], NDArray[Any]],
    images: PreparedImages,
    rows: Sequence[int],
    *,
    score_columns: int,
    score_dtype: np.dtype[Any],
    workers: int,
    cancelled: Callable[[], bool],
) -> Block:
    finished: list[Block] = []
    predict(
        [(0, range(len(rows)))],
        prepare=lambda place: images(rows[place]),
        infer=infer,
        score_columns=score_columns,
        score_dtype=score_dtype,
        workers=workers,
        finish=finished.append,
        cancelled=cancelled,
    )
    return finished[0]
