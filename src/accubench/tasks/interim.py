"""The report of an evaluation that is still running, or was stopped: over the images that are finished so far."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.records.job import Job
from accubench.records.predictions import Predictions
from accubench.records.report import Report
from accubench.storage import Store
from accubench.tasks.calibration_images import calibration_rows
from accubench.tasks.evaluation import describe_report, resolve
from accubench.tasks.evaluation_request import requested_evaluation
from accubench.tasks.predict import predictions_key, usable_predictions
from accubench.tasks.report_table import ScoredParts, tabulate

__all__ = ["Interim", "RunningEvaluation"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interim:
    """What a running evaluation has found so far."""

    record: Report
    """As of the complete report, with the summary of the finished images."""
    table: pl.DataFrame
    """One row per finished image in dataset order, with the columns of `REPORT_COLUMNS`."""
    positions: NDArray[np.int64]
    """For each of them its row in the dataset."""
    n_expected: int
    """Images of the whole dataset."""
    stopped: bool
    """Whether the job ended without finishing."""


class RunningEvaluation:
    """Follows the finished parts of one job's evaluation; reads each of them once, and writes nothing.

    Args:
        store: Where the job's scores appear.
        job: A job of kind ``evaluate`` that has a `report_id`.

    Raises:
        AccuBenchError: What the job was asked for cannot be found any more, or was impossible from the beginning.
    """

    def __init__(self, store: Store, job: Job) -> None:
        self._store = store
        self._wanted = requested_evaluation(store, job)
        self._resolved = resolve(self._wanted, store.manifest(self._wanted.dataset))
        project = store.catalogue.project_by_id(str(job.arguments["project_id"]))
        assert project is not None
        self._project = project
        self._calibrated_n = calibration_rows(store, self._wanted.model, self._resolved.manifest)
        self._key = predictions_key(self._resolved.predictions_wanted(self._wanted, project.target))
        self._lock = threading.Lock()
        self._predictions: Predictions | None = None
        self._known = ScoredParts()
        self._finished: set[int] = set()
        self._newest: Interim | None = None

    def interim(self, job: Job, now: datetime) -> Interim | None:
        """What is finished now, or None where nothing is.

        The same object as before is returned where nothing changed.

        Args:
            job: The job as it is now.
            now: The time.
        """
        with self._lock:
            predictions = self._predictions_of(job)
            if predictions is None:
                return None
            finished = self._store.parts(predictions).finished()
            if finished != self._finished or self._newest is None:
                self._finished = finished
                self._newest = self._made_of(predictions, job, now) if finished else None
            elif self._newest.stopped != job.ended:
                self._newest = replace(self._newest, stopped=job.ended)
            return self._newest

    def _predictions_of(self, job: Job) -> Predictions | None:
        """The predictions that the job reuses, continues or began."""
        found = usable_predictions(self._store, self._key, fresh=self._wanted.fresh, asked_at=self._wanted.asked_at)
        if found is None or (job.ended_at is not None and found.created_at > job.ended_at):
            return self._predictions
        if self._predictions is None or self._predictions.id != found.id:
            self._predictions, self._known, self._finished, self._newest = found, ScoredParts(), set(), None
        return found

    def _made_of(self, predictions: Predictions, job: Job, now: datetime) -> Interim:
        tabulated = tabulate(
            predictions,
            self._store.parts(predictions),
            manifest=self._resolved.manifest,
            annotated_n=self._resolved.annotated_n,
            names=self._resolved.names,
            outputs=self._resolved.configuration.configuration.outputs,
            description=self._wanted.model.description,
            threads=1,  # the cores are the job's
            scored_classes=self._resolved.scored_classes,
            numbers=sorted(self._finished),
            known=self._known,
        )
        started = job.started_at or job.created_at
        record = describe_report(
            self._wanted,
            self._resolved,
            project=self._project,
            predictions=predictions,
            tabulated=tabulated,
            report_id=str(job.report_id),
            created_at=started,
            calibrated_n=self._calibrated_n,
        )
        return Interim(
            record=record.model_copy(update={"duration_s": ((job.ended_at or now) - started).total_seconds()}),
            table=tabulated.table,
            positions=tabulated.positions,
            n_expected=predictions.n_images,
            stopped=job.ended,
        )
