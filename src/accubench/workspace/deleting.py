"""Deleting what a workspace keeps, and taking back what it need not keep."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accubench.records.dependents import DeletableKind, Dependents
    from accubench.storage import Store
    from accubench.tasks.surroundings import Surroundings

__all__ = ["DeletingMethods"]


class DeletingMethods:
    """The part of `Workspace` that deletes."""

    _store: Store
    _made_ids: list[str]
    """Ids that this workspace gave to anything, oldest first."""

    def unusable_taken_back(self) -> AbstractContextManager[None]:
        """Within, models and datasets that are imported and turn out not to be usable are deleted again."""
        from accubench.tasks.taking_back import unusable_taken_back

        return unusable_taken_back(self._surroundings(), self._made_ids)

    def dependents(self, kind: DeletableKind, record_id: str) -> Dependents:
        """What depends on a model, a dataset, a project or a report, and what deleting it would free.

        Raises:
            AccuBenchError: There is no such record.
        """
        from accubench.tasks.deletion import find_dependents

        return find_dependents(self._store, kind, record_id, with_size=True)

    def delete_model(self, model_id: str, *, with_dependents: bool = False) -> Dependents:
        """Delete a model, its measurements and its predictions.

        Args:
            model_id: Its id.
            with_dependents: Whether its projects and reports may go too.

        Returns:
            What went.

        Raises:
            ModelNotFoundError: There is no such model.
            InUseError: A job works with it; or projects or reports depend on it and were not meant.
        """
        return self._delete("model", model_id, with_dependents=with_dependents)

    def delete_dataset(self, dataset_id: str, *, with_dependents: bool = False) -> Dependents:
        """Delete a dataset; its images are deleted only if they were uploaded, never where they lie elsewhere.

        Arguments, result and errors are those of `delete_model`.
        """
        return self._delete("dataset", dataset_id, with_dependents=with_dependents)

    def delete_project(self, project_id: str, *, with_dependents: bool = False) -> Dependents:
        """Delete a project; its model and its dataset stay.

        Arguments, result and errors are those of `delete_model`.
        """
        return self._delete("project", project_id, with_dependents=with_dependents)

    def delete_report(self, report_id: str) -> Dependents:
        """Delete a report, and its predictions where no other report uses them.

        Raises:
            ReportNotFoundError: There is no such report.
            InUseError: A job works with it.
        """
        return self._delete("report", report_id, with_dependents=True)

    def _delete(self, kind: DeletableKind, record_id: str, *, with_dependents: bool) -> Dependents:
        from accubench.tasks.deletion import delete

        return delete(self._surroundings(), kind, record_id, with_dependents=with_dependents)

    if TYPE_CHECKING:  # of other parts of the workspace

        def _surroundings(self) -> Surroundings: ...
