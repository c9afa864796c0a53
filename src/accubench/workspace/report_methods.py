"""The reports of a workspace, of all kinds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from accubench.errors import ReportNotFoundError
from accubench.records.any_report import REPORT_KINDS
from accubench.records.comparison import Comparison
from accubench.records.report import Report
from accubench.records.tensor_distance import TensorDistance
from accubench.workspace.accuracy_report import AccuracyReport
from accubench.workspace.comparison_report import ComparisonReport
from accubench.workspace.distance_report import DistanceReport

if TYPE_CHECKING:
    from accubench.records.any_report import AnyReport, ReportKind
    from accubench.storage import Store
    from accubench.workspace.interim_reports import InterimReports

__all__ = ["FoundReport", "ReportMethods"]

FoundReport = AccuracyReport | ComparisonReport | DistanceReport
"""A report of any kind."""


class ReportMethods:
    """The part of `Workspace` that finds reports."""

    _store: Store
    _interim_reports: InterimReports

    @property
    def folder(self) -> Path:
        """Where everything is kept."""
        return self._store.folder

    def all_reports(self) -> list[FoundReport]:
        """Reports of all kinds, oldest first."""
        return [self._opened(record) for record in self._store.catalogue.reports()]

    def reports(self) -> list[AccuracyReport]:
        """All accuracy reports, oldest first."""
        records = self._store.catalogue.reports(kind="accuracy")
        return [AccuracyReport(record, self._store) for record in records if isinstance(record, Report)]

    def find_report(self, report_id: str) -> FoundReport:
        """The report of an id, of whatever kind, or the newest of all for ``latest``.

        Raises:
            ReportNotFoundError: There is none, or nothing of it is finished yet.
        """
        catalogue = self._store.catalogue
        record = catalogue.newest_report() if report_id == "latest" else catalogue.report(report_id)
        return self._interim(report_id) if record is None else self._opened(record)

    def report(self, report_id: str) -> AccuracyReport:
        """The accuracy report of an id, or the newest one for ``latest``.

        While the job that makes the report runs, and after it was stopped, it covers the images finished so far and is
        marked `interim`.

        Raises:
            ReportNotFoundError: There is none, or nothing of it is finished yet.
        """
        record = self._newest_or_of_id("accuracy", report_id)
        if isinstance(record, Report):
            return AccuracyReport(record, self._store)
        return self._interim(report_id) if record is None else self._refuse(record, "accuracy")

    def comparison(self, report_id: str) -> ComparisonReport:
        """The comparison of an id, or the newest one for ``latest``.

        Raises:
            ReportNotFoundError: There is none.
        """
        record = self._newest_or_of_id("comparison", report_id)
        if isinstance(record, Comparison):
            return ComparisonReport(record, self._store)
        return self._missing(report_id) if record is None else self._refuse(record, "comparison")

    def tensor_distance(self, report_id: str) -> DistanceReport:
        """The tensor distance of an id, or the newest one for ``latest``.

        Raises:
            ReportNotFoundError: There is none.
        """
        record = self._newest_or_of_id("distance", report_id)
        if isinstance(record, TensorDistance):
            return DistanceReport(record, self._store)
        return self._missing(report_id) if record is None else self._refuse(record, "distance")

    # --- how ------------------------------------------------------------------------------------

    def _newest_or_of_id(self, kind: ReportKind, report_id: str) -> AnyReport | None:
        catalogue = self._store.catalogue
        return catalogue.newest_report(kind) if report_id == "latest" else catalogue.report(report_id)

    def _opened(self, record: AnyReport) -> FoundReport:
        if isinstance(record, Report):
            return AccuracyReport(record, self._store)
        if isinstance(record, Comparison):
            return ComparisonReport(record, self._store)
        return DistanceReport(record, self._store)

    def _interim(self, report_id: str) -> AccuracyReport:
        return self._interim_reports.find(report_id) or self._missing(report_id)

    def _missing(self, report_id: str) -> NoReturn:
        raise ReportNotFoundError(
            f"There is no report '{report_id}' in {self.folder}. List them with `accubench reports list`."
        )

    def _refuse(self, record: AnyReport, wanted: ReportKind) -> NoReturn:
        kind, article = REPORT_KINDS[record.kind], "an" if record.kind == "accuracy" else "a"
        raise ReportNotFoundError(f"'{record.id}' is no {REPORT_KINDS[wanted]} but {article} {kind}.")
