"""The last few reports that were looked at, with what was computed from them, so that the next page is quick."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeGuard, TypeVar, cast

from accubench.web.workbench import Workbench
from accubench.workspace import AccuracyReport, ViewedReport

__all__ = ["ReportShelf", "ShelvedReport", "is_interim", "is_of", "shelved_report"]

R = TypeVar("R", bound=ViewedReport[Any])
K = TypeVar("K", bound=ViewedReport[Any])
T = TypeVar("T")
_REPORTS_KEPT = 6


class ShelvedReport(Generic[R]):
    """A report and tables derived from it, each computed once.

    Args:
        report: The report.
    """

    def __init__(self, report: R) -> None:
        self._report = report
        self._derived: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def report(self) -> R:
        """The report."""
        return self._report

    def derived(self, name: str, compute: Callable[[R], T]) -> T:
        """What `compute` makes of the report, kept under a name.

        Args:
            name: Names what is computed; the same name always means the same computation.
            compute: Asked at most once while the report is on the shelf.
        """
        with self._lock:
            if name not in self._derived:
                self._derived[name] = compute(self._report)
            return cast("T", self._derived[name])


class ReportShelf:
    """Keeps reports by id, the ones used last; safe to use from several threads."""

    def __init__(self) -> None:
        self._reports: OrderedDict[str, ShelvedReport[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, newest: ViewedReport[Any]) -> ShelvedReport[Any]:
        """The report as it is kept, or kept from now on.

        Args:
            newest: The report as the workspace has it now: a deleted one never gets here. One that is still being made
                is another object as soon as it has more images.
        """
        with self._lock:
            kept = self._reports.get(newest.id)
            if kept is None or not _is_same(kept.report, newest):
                kept = self._reports[newest.id] = ShelvedReport(newest)
            self._reports.move_to_end(newest.id)
            while len(self._reports) > _REPORTS_KEPT:
                self._reports.popitem(last=False)
            return kept


def _is_same(kept: ViewedReport[Any], newest: ViewedReport[Any]) -> bool:
    """Whether what was computed of one holds for the other; finished reports never change."""
    if is_interim(kept) or is_interim(newest):
        return kept is newest
    return kept.record.created_at == newest.record.created_at


def is_of(shelved: ShelvedReport[Any], kind: type[K]) -> TypeGuard[ShelvedReport[K]]:
    """Whether the report is of a kind."""
    return isinstance(shelved.report, kind)


def is_interim(report: ViewedReport[Any]) -> bool:
    """Whether a report covers only the images evaluated so far."""
    return isinstance(report, AccuracyReport) and report.interim


def shelved_report(workbench: Workbench, report_id: str) -> ShelvedReport[Any]:
    """The report of an id, of whatever kind, from the shelf where it lies there.

    Raises:
        ReportNotFoundError: There is none.
    """
    shelf = workbench.caches.setdefault(__name__, ReportShelf())
    assert isinstance(shelf, ReportShelf)
    return shelf.take(workbench.workspace.find_report(report_id))
