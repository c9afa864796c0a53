"""Delete a model, a dataset, a project or a report with everything that depends on it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn, get_args

from accubench.errors import (
    DatasetNotFoundError,
    InUseError,
    ModelNotFoundError,
    ProjectNotFoundError,
    ReportNotFoundError,
)
from accubench.records.any_report import AnyReport, predictions_of_report
from accubench.records.dependents import DeletableKind, Dependents, Named
from accubench.records.job import ENDED, Job, JobState
from accubench.records.project import Project
from accubench.storage import Store, StoredKind, folder_bytes
from accubench.tasks.surroundings import Surroundings
from accubench.tasks.tidying import remove_leftovers_of_imports

__all__ = ["delete", "find_dependents"]

_ACTIVE: frozenset[JobState] = frozenset(get_args(JobState)) - ENDED


def find_dependents(store: Store, kind: DeletableKind, record_id: str, *, with_size: bool = False) -> Dependents:
    """What depends on a record, and what works with it right now.

    Args:
        store: Where they are.
        kind: What the record is.
        record_id: Its id.
        with_size: Whether to count the bytes that deleting it frees.

    Raises:
        ModelNotFoundError, DatasetNotFoundError, ProjectNotFoundError, ReportNotFoundError: There is no such record.
    """
    name = _name(store, kind, record_id)
    projects = [project for project in store.catalogue.projects() if _goes_with(project, kind, record_id)]
    going = {project.id for project in projects}
    reports = [
        report
        for report in store.catalogue.reports()
        if report.project_id in going or _is_made_of(report, kind, record_id)
    ]
    ids = {record_id, *going, *(report.id for report in reports)}
    found = Dependents(
        kind=kind,
        id=record_id,
        name=name,
        project_id=next((report.project_id for report in reports if report.id == record_id), ""),
        projects=tuple(_named_project(store, project) for project in projects if project.id != record_id),
        reports=tuple(_named_report(report) for report in reports if report.id != record_id),
        predictions=tuple(_lonely_predictions(store, kind, record_id, projects, reports)),
        uploaded=kind == "dataset" and _is_uploaded(store, record_id),
        jobs=tuple(Named(id=job.id, name=job.title) for job in store.catalogue.jobs(states=_ACTIVE) if _uses(job, ids)),
    )
    return found.model_copy(update={"n_bytes": _size(store, found)}) if with_size else found


def delete(
    surroundings: Surroundings, kind: DeletableKind, record_id: str, *, with_dependents: bool = False
) -> Dependents:
    """Delete a record, and with it what depends on it; images that lie elsewhere are never touched.

    Args:
        surroundings: Where they are.
        kind: What the record is.
        record_id: Its id.
        with_dependents: Whether projects and reports that depend on it may go too.

    Returns:
        What went.

    Raises:
        InUseError: A job works with it; or projects or reports depend on it and were not meant.
        ModelNotFoundError, DatasetNotFoundError, ProjectNotFoundError, ReportNotFoundError: There is no such record.
    """
    store = surroundings.store
    found = find_dependents(store, kind, record_id)
    if found.jobs:
        titles = ", ".join(f"'{job.name}' ({job.id})" for job in found.jobs)
        raise InUseError(
            f"The {kind} {found.name} is being used by {_jobs_text(len(found.jobs))}: {titles}. "
            "Cancel it, or wait until it has ended."
        )
    if found.any and not with_dependents:
        raise InUseError(
            f"On the {kind} {found.name} depend {found.sentence()}. Delete them first, or say that they may go with it."
        )
    _refuse_predictions_in_work(surroundings, found)
    store.delete(_in_order(found), waiting=surroundings.waiting_for("the workspace to delete something"))
    remove_leftovers_of_imports(surroundings)
    return found


def _in_order(found: Dependents) -> list[tuple[StoredKind, str]]:
    """What depends on others first, so that no record ever refers to one that is gone."""
    reports: list[tuple[StoredKind, str]] = [("report", report.id) for report in found.reports]
    predictions: list[tuple[StoredKind, str]] = [("predictions", each) for each in found.predictions]
    projects: list[tuple[StoredKind, str]] = [("project", project.id) for project in found.projects]
    itself = (found.kind, found.id)
    if found.kind == "report":
        return [*reports, itself, *predictions]
    return [*reports, *predictions, *projects, itself]


def _name(store: Store, kind: DeletableKind, record_id: str) -> str:
    catalogue = store.catalogue
    if kind == "model":
        model = catalogue.model(record_id)
        return model.name if model is not None and model.id == record_id else _missing(kind, record_id)
    if kind == "dataset":
        dataset = catalogue.dataset(record_id)
        return dataset.name if dataset is not None and dataset.id == record_id else _missing(kind, record_id)
    if kind == "project":
        project = catalogue.project_by_id(record_id)
        return _missing(kind, record_id) if project is None else _named_project(store, project).name
    report = catalogue.report(record_id)
    return _missing(kind, record_id) if report is None else _named_report(report).name


def _missing(kind: DeletableKind, record_id: str) -> NoReturn:
    errors = {
        "model": ModelNotFoundError,
        "dataset": DatasetNotFoundError,
        "project": ProjectNotFoundError,
        "report": ReportNotFoundError,
    }
    raise errors[kind](f"There is no {kind} '{record_id}' in the workspace.")


def _goes_with(project: Project, kind: DeletableKind, record_id: str) -> bool:
    return record_id == {"model": project.model_id, "dataset": project.dataset_id, "project": project.id}.get(kind)


def _is_made_of(report: AnyReport, kind: DeletableKind, record_id: str) -> bool:
    """Whether a report is the record, or of the model or the dataset that the record is."""
    if kind == "model":
        return record_id in {model.model_id for model in report.evaluated_models}
    return record_id == {"dataset": report.dataset_id, "report": report.id}.get(kind)


def _named_project(store: Store, project: Project) -> Named:
    model = store.catalogue.model(project.model_id)
    dataset = store.catalogue.dataset(project.dataset_id)
    names = [project.model_id if model is None else model.name, project.dataset_id if dataset is None else dataset.name]
    return Named(id=project.id, name=f"{names[0]} on {names[1]}, {project.target.device} of {project.target.machine}")


def _named_report(report: AnyReport) -> Named:
    made = f"{report.created_at.astimezone():%Y-%m-%d %H:%M}"
    models = " against ".join(model.model_name for model in report.evaluated_models)
    return Named(id=report.id, name=f"{models} on {report.dataset_name}, {made}")


def _lonely_predictions(
    store: Store, kind: DeletableKind, record_id: str, projects: Iterable[Project], reports: Iterable[AnyReport]
) -> Iterable[str]:
    """Predictions that only the given reports use, and unfinished ones of the given projects."""
    going = {report.id for report in reports}
    used: set[str] = set()
    candidates: set[str] = set()
    for report in store.catalogue.reports():
        (candidates if report.id in going else used).update(predictions_of_report(report))
    pairs = {(project.model_id, project.dataset_id, project.target.device) for project in projects}
    if kind in {"model", "dataset"}:
        of_it = {"model_id" if kind == "model" else "dataset_id": record_id}
        candidates |= {predictions.id for predictions in store.catalogue.predictions_of(**of_it)}
    elif pairs:
        candidates |= {
            predictions.id
            for predictions in store.catalogue.predictions_of()
            if (predictions.model_id, predictions.dataset_id, predictions.device) in pairs
            and predictions.state == "unfinished"
        }
    return sorted(candidates - used)


def _uses(job: Job, ids: set[str]) -> bool:
    named = {job.project_id, job.report_id, *(value for value in job.arguments.values() if isinstance(value, str))}
    return not ids.isdisjoint(named)


def _is_uploaded(store: Store, dataset_id: str) -> bool:
    dataset = store.catalogue.dataset(dataset_id)
    return dataset is not None and store.is_own(Path(dataset.root))


def _size(store: Store, found: Dependents) -> int:
    folders = [store.folder / "predictions" / each for each in found.predictions]
    folders += [store.folder / "reports" / report.id for report in found.reports]
    if found.kind != "project":
        folders.append(store.folder / f"{found.kind}s" / found.id)
    dataset = store.catalogue.dataset(found.id) if found.uploaded else None
    if dataset is not None:
        folders.append(store.own_folder(Path(dataset.root)))
    return sum(folder_bytes(folder) for folder in folders)


def _refuse_predictions_in_work(surroundings: Surroundings, found: Dependents) -> None:
    """Another process, such as a command in a terminal, may be writing them at this moment."""

    def in_work() -> None:
        raise InUseError(f"Another process is evaluating with the {found.kind} {found.name}. Wait until it has ended.")

    for predictions_id in found.predictions:
        predictions = surroundings.store.catalogue.predictions_by_id(predictions_id)
        if predictions is not None:
            with surroundings.store.lock(f"predictions {predictions.key}", waiting=in_work):
                pass


def _jobs_text(count: int) -> str:
    return f"{count} job{'' if count == 1 else 's'}"
