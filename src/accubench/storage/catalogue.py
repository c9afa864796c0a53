"""The catalogue: which models, datasets, projects, predictions, reports and benchmarks there are."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from sqlalchemy import URL, Connection, Select, Table, delete, insert, select, update

from accubench.records.any_report import AnyReport, ReportKind, read_report
from accubench.records.base import Record
from accubench.records.benchmark import Benchmark
from accubench.records.dataset import Dataset
from accubench.records.job import Job, JobState
from accubench.records.model import Model
from accubench.records.numerics_check import NumericsCheck
from accubench.records.predictions import Predictions
from accubench.records.project import Project
from accubench.storage import schema
from accubench.storage.database import bring_up_to_date, database_errors, open_engine

__all__ = ["Catalogue"]

R = TypeVar("R", bound=Record)


class Catalogue:
    """Records by id, name and content, in SQLite or any database that SQLAlchemy reaches.

    Args:
        url: A database URL such as ``sqlite:////data/catalogue.sqlite`` or ``postgresql+pg8000://host/accubench``.
    """

    def __init__(self, url: str | URL) -> None:
        self._engine = open_engine(url)
        self.url = self._engine.url
        with database_errors(self.url):
            bring_up_to_date(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # --- models ---------------------------------------------------------------------------------

    def add_model(self, model: Model) -> None:
        """Store a model."""
        columns = {"name", "version", "content_sha256", "source"}
        self._insert(schema.models, model, columns)

    def models(self) -> list[Model]:
        """All models, oldest first."""
        return self._all(Model, select(schema.models.c.document).order_by(schema.models.c.id))

    def model(self, name_or_id: str) -> Model | None:
        """The model of that id, else the newest version of that name, else None."""
        table = schema.models.c
        found = select(table.document).where((table.id == name_or_id) | (table.name == name_or_id))
        return self._first(Model, found.order_by(table.version.desc()))

    def models_by_content(self, content_sha256: str, source: str) -> list[Model]:
        """All models with this content that were imported from a path, newest first."""
        table = schema.models.c
        found = select(table.document).where((table.content_sha256 == content_sha256) & (table.source == source))
        return self._all(Model, found.order_by(table.id.desc()))

    # --- datasets -------------------------------------------------------------------------------

    def add_dataset(self, dataset: Dataset) -> None:
        """Store a dataset."""
        self._insert(schema.datasets, dataset, {"name", "version", "source", "images_hash", "annotations_hash"})

    def datasets(self) -> list[Dataset]:
        """All datasets, oldest first."""
        return self._all(Dataset, select(schema.datasets.c.document).order_by(schema.datasets.c.id))

    def dataset(self, name_or_id: str) -> Dataset | None:
        """The dataset of that id, else the newest version of that name, else None."""
        table = schema.datasets.c
        found = select(table.document).where((table.id == name_or_id) | (table.name == name_or_id))
        return self._first(Dataset, found.order_by(table.version.desc()))

    def datasets_from(self, source: str) -> list[Dataset]:
        """All versions of the datasets imported from a path, newest first."""
        table = schema.datasets.c
        found = select(table.document).where(table.source == source)
        return self._all(Dataset, found.order_by(table.id.desc()))

    # --- projects -------------------------------------------------------------------------------

    def add_project(self, project: Project) -> None:
        """Store a project."""
        self._insert(schema.projects, project, {"model_id", "dataset_id"}, target_key=project.target.key)

    def projects(self) -> list[Project]:
        """All projects, oldest first."""
        return self._all(Project, select(schema.projects.c.document).order_by(schema.projects.c.id))

    def project(self, model_id: str, dataset_id: str, target_key: str) -> Project | None:
        """The project of a model, a dataset and a target, or None."""
        table = schema.projects.c
        same = (table.model_id == model_id) & (table.dataset_id == dataset_id) & (table.target_key == target_key)
        return self._first(Project, select(table.document).where(same))

    def project_by_id(self, project_id: str) -> Project | None:
        """The project of that id, or None."""
        return self._first(Project, select(schema.projects.c.document).where(schema.projects.c.id == project_id))

    # --- predictions ----------------------------------------------------------------------------

    def add_predictions(self, predictions: Predictions) -> None:
        """Store a record of predictions; their scores live in files."""
        self._insert(schema.predictions, predictions, {"key", "created_at"})

    def update_predictions(self, predictions: Predictions) -> None:
        """Replace the record of the same id."""
        table = schema.predictions
        change = update(table).where(table.c.id == predictions.id)
        with self._connected() as connection:
            connection.execute(change.values(document=predictions.model_dump(mode="json")))

    def predictions_by_id(self, predictions_id: str) -> Predictions | None:
        """The predictions of that id, or None."""
        table = schema.predictions.c
        return self._first(Predictions, select(table.document).where(table.id == predictions_id))

    def predictions_of(self, *, model_id: str | None = None, dataset_id: str | None = None) -> list[Predictions]:
        """All predictions by a model, or for a dataset, oldest first."""
        everything = self._all(Predictions, select(schema.predictions.c.document).order_by(schema.predictions.c.id))
        return [
            found
            for found in everything
            if (model_id in {None, found.model_id}) and (dataset_id in {None, found.dataset_id})
        ]

    def newest_predictions(self, key: str) -> Predictions | None:
        """The predictions of that key that were begun last, or None."""
        table = schema.predictions.c
        return self._first(Predictions, select(table.document).where(table.key == key).order_by(table.id.desc()))

    # --- reports --------------------------------------------------------------------------------

    def add_report(self, report: AnyReport) -> None:
        """Store a report; its table lives in a file."""
        self._insert(schema.reports, report, {"project_id", "kind", "created_at"})

    def reports(self, *, kind: ReportKind | None = None, project_id: str | None = None) -> list[AnyReport]:
        """Reports, oldest first; all of them, or those of a kind or a project."""
        table = schema.reports.c
        found = select(table.document).order_by(table.id)
        if kind is not None:
            found = found.where(table.kind == kind)
        if project_id is not None:
            found = found.where(table.project_id == project_id)
        return [read_report(document) for document in self._documents(found)]

    def newest_report(self, kind: ReportKind | None = None) -> AnyReport | None:
        """The report, of any kind or of a given one, that was made last; or None."""
        table = schema.reports.c
        found = select(table.document).order_by(table.id.desc())
        return self._report(found if kind is None else found.where(table.kind == kind))

    def report(self, report_id: str) -> AnyReport | None:
        """The report of that id, or None."""
        return self._report(select(schema.reports.c.document).where(schema.reports.c.id == report_id))

    # --- benchmarks -----------------------------------------------------------------------------

    def add_benchmark(self, benchmark: Benchmark) -> None:
        """Store a benchmark."""
        columns = {"model_id", "created_at"}
        self._insert(schema.benchmarks, benchmark, columns, target_key=benchmark.target.key)

    def benchmarks(self, model_id: str) -> list[Benchmark]:
        """All benchmarks of a model, oldest first."""
        table = schema.benchmarks.c
        return self._all(Benchmark, select(table.document).where(table.model_id == model_id).order_by(table.id))

    # --- numerics checks ------------------------------------------------------------------------

    def add_check(self, check: NumericsCheck) -> None:
        """Store a numerics check."""
        self._insert(schema.checks, check, {"key", "project_id", "model_id", "dataset_id", "created_at"})

    def newest_check(self, key: str) -> NumericsCheck | None:
        """The newest check of that key, or None."""
        table = schema.checks.c
        return self._first(NumericsCheck, select(table.document).where(table.key == key).order_by(table.id.desc()))

    def check(self, check_id: str) -> NumericsCheck | None:
        """The check of that id, or None."""
        return self._first(NumericsCheck, select(schema.checks.c.document).where(schema.checks.c.id == check_id))

    def checks(self, project_id: str) -> list[NumericsCheck]:
        """All checks of a project, oldest first."""
        table = schema.checks.c
        return self._all(NumericsCheck, select(table.document).where(table.project_id == project_id).order_by(table.id))

    # --- jobs -----------------------------------------------------------------------------------

    def add_job(self, job: Job) -> None:
        """Store a job."""
        self._insert(schema.jobs, job, {"state", "project_id", "report_id", "created_at"})

    def update_job(self, job: Job, *, only_if: Collection[JobState]) -> bool:
        """Replace the job of the same id where its state is one of `only_if`; whether it was."""
        table = schema.jobs
        change = update(table).where((table.c.id == job.id) & table.c.state.in_(only_if))
        with self._connected() as connection:
            values = {"state": job.state, "report_id": job.report_id, "project_id": job.project_id}
            done = connection.execute(change.values(**values, document=job.model_dump(mode="json")))
        return done.rowcount == 1

    def job(self, job_id: str) -> Job | None:
        """The job of that id, or None."""
        return self._first(Job, select(schema.jobs.c.document).where(schema.jobs.c.id == job_id))

    def jobs(
        self,
        *,
        states: Collection[JobState] | None = None,
        project_id: str | None = None,
        report_id: str | None = None,
        limit: int | None = None,
    ) -> list[Job]:
        """Jobs, newest first; all of them, or those in given states, of a project, or that make a report."""
        table = schema.jobs.c
        found = select(table.document).order_by(table.id.desc()).limit(limit)
        if states is not None:
            found = found.where(table.state.in_(states))
        if project_id is not None:
            found = found.where(table.project_id == project_id)
        if report_id is not None:
            found = found.where(table.report_id == report_id)
        return self._all(Job, found)

    # --- tags -----------------------------------------------------------------------------------

    def add_tag(self, dataset_id: str, image_names: Collection[str], tag: str) -> None:
        """Tag images of a dataset; images that carry the tag already keep it."""
        self.remove_tag(dataset_id, image_names, tag)
        rows = [{"dataset_id": dataset_id, "image_name": name, "tag": tag} for name in image_names]
        with self._connected() as connection:
            if rows:
                connection.execute(insert(schema.tags), rows)

    def remove_tag(self, dataset_id: str, image_names: Collection[str], tag: str) -> None:
        """Take a tag away from images of a dataset."""
        table = schema.tags
        of_tag = delete(table).where((table.c.dataset_id == dataset_id) & (table.c.tag == tag))
        with self._connected() as connection:
            for some in _batched(image_names):
                connection.execute(of_tag.where(table.c.image_name.in_(some)))

    def tags(self, dataset_id: str) -> list[tuple[str, str]]:
        """Image name and tag of every tagged image of a dataset, in order."""
        table = schema.tags.c
        found = select(table.image_name, table.tag).where(table.dataset_id == dataset_id)
        with self._connected() as connection:
            return [(row[0], row[1]) for row in connection.execute(found.order_by(table.image_name, table.tag))]

    # --- deleting -------------------------------------------------------------------------------

    def delete(self, kind: Literal["model", "dataset", "project", "predictions", "report"], record_id: str) -> None:
        """Forget one record; what belongs to it or depends on it is the caller's to delete before."""
        tables = {
            "model": schema.models,
            "dataset": schema.datasets,
            "project": schema.projects,
            "predictions": schema.predictions,
            "report": schema.reports,
        }
        with self._connected() as connection:
            connection.execute(delete(tables[kind]).where(tables[kind].c.id == record_id))
            if kind == "model":
                connection.execute(delete(schema.benchmarks).where(schema.benchmarks.c.model_id == record_id))
            if kind in {"model", "dataset", "project"}:
                column = schema.checks.c[f"{kind}_id"]
                connection.execute(delete(schema.checks).where(column == record_id))
            if kind == "dataset":
                connection.execute(delete(schema.tags).where(schema.tags.c.dataset_id == record_id))

    # --- how ------------------------------------------------------------------------------------

    def _insert(self, table: Table, record: Record, columns: set[str], **more: object) -> None:
        values = {name: getattr(record, name) for name in columns | {"id"}}
        with self._connected() as connection:
            connection.execute(insert(table).values(**values, **more, document=record.model_dump(mode="json")))

    def _all(self, kind: type[R], statement: Select[Any]) -> list[R]:
        return [kind.model_validate(document) for document in self._documents(statement)]

    def _report(self, statement: Select[Any]) -> AnyReport | None:
        return next((read_report(document) for document in self._documents(statement.limit(1))), None)

    def _documents(self, statement: Select[Any]) -> Sequence[Any]:
        with self._connected() as connection:
            return connection.execute(statement).scalars().all()

    def _first(self, kind: type[R], statement: Select[Any]) -> R | None:
        return next(iter(self._all(kind, statement.limit(1))), None)

    @contextmanager
    def _connected(self) -> Generator[Connection]:
        with database_errors(self.url), self._engine.begin() as connection:
            yield connection


_BATCH = 500


def _batched(names: Collection[str]) -> Iterator[list[str]]:
    """The names in lists that are not too long for one statement."""
    listed = list(names)
    for start in range(0, len(listed), _BATCH):
        yield listed[start : start + _BATCH]
