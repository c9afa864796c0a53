"""Reports of evaluations that are still running, or were stopped, kept between questions."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from accubench.errors import AccuBenchError
from accubench.records.job import Job
from accubench.records.report import Report
from accubench.storage import Store
from accubench.tasks.interim import Interim, RunningEvaluation
from accubench.workspace.accuracy_report import AccuracyReport

__all__ = ["InterimReports"]

_FOLLOWED = 4


class _Followed:
    """One evaluation, and the report made of it last."""

    def __init__(self, store: Store, job: Job) -> None:
        self._store = store
        self._evaluation = RunningEvaluation(store, job)
        self._newest: tuple[Interim, AccuracyReport] | None = None

    def report(self, job: Job, now: datetime) -> AccuracyReport | None:
        interim = self._evaluation.interim(job, now)
        if interim is None:
            return None
        newest = self._newest
        if newest is None or newest[0] is not interim:
            newest = self._newest = interim, AccuracyReport(interim.record, self._store, interim)
        return newest[1]


class InterimReports:
    """Finds the interim report of an id; the evaluations that were asked for last are kept in memory.

    Args:
        store: Where jobs and scores are.
        now: The time.
    """

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._lock = threading.Lock()
        self._followed: OrderedDict[str, _Followed] = OrderedDict()

    def find(self, report_id: str) -> AccuracyReport | None:
        """The report over what its job has finished, or None where that is nothing.

        The same object is returned as long as no more images are finished.
        """
        job = next(iter(self._store.catalogue.jobs(report_id=report_id, limit=1)), None)
        if job is None or job.kind != "evaluate":
            return None
        if job.state == "succeeded":  # since the catalogue was asked, or long ago and the report is deleted
            record = self._store.catalogue.report(report_id)
            return AccuracyReport(record, self._store) if isinstance(record, Report) else None
        try:
            return self._follow(job, report_id).report(job, self._now())
        except AccuBenchError:  # what the job was asked for is gone, or was never possible, which the job itself says
            return None

    def _follow(self, job: Job, report_id: str) -> _Followed:
        with self._lock:
            if report_id not in self._followed:
                self._followed[report_id] = _Followed(self._store, job)
            self._followed.move_to_end(report_id)
            while len(self._followed) > _FOLLOWED:
                self._followed.popitem(last=False)
            return self._followed[report_id]
