"""The catalogue: which models, datasets, projects, predictions, reports and benchmarks there are."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Select, Table, insert, select, update

from accubench.records.base import Record
from accubench.records.benchmark import Benchmark
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.predictions import Predictions
from accubench.records.project import Project
from accubench.records.report import Report
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

    def newest_predictions(self, key: str) -> Predictions | None:
        """The predictions of that key that were begun last, or None."""
        table = schema.predictions.c
        return self._first(Predictions, select(table.document).where(table.key == key).order_by(table.id.desc()))

    # --- reports --------------------------------------------------------------------------------

    def add_report(self, report: Report) -> None:
        """Store a report; its table lives in a file."""
        self._insert(schema.reports, report, {"project_id", "created_at"})

    def reports(self) -> list[Report]:
        """All reports, oldest first."""
        return self._all(Report, select(schema.reports.c.document).order_by(schema.reports.c.id))

    def newest_report(self) -> Report | None:
        """The report that was made last, or None."""
        return self._first(Report, select(schema.reports.c.document).order_by(schema.reports.c.id.desc()))

    def report(self, report_id: str) -> Report | None:
        """The report of that id, or None."""
        return self._first(Report, select(schema.reports.c.document).where(schema.reports.c.id == report_id))

    # --- benchmarks -----------------------------------------------------------------------------

    def add_benchmark(self, benchmark: Benchmark) -> None:
        """Store a benchmark."""
        columns = {"model_id", "created_at"}
        self._insert(schema.benchmarks, benchmark, columns, target_key=benchmark.target.key)

    def benchmarks(self, model_id: str) -> list[Benchmark]:
        """All benchmarks of a model, oldest first."""
        table = schema.benchmarks.c
        return self._all(Benchmark, select(table.document).where(table.model_id == model_id).order_by(table.id))

    # --- how ------------------------------------------------------------------------------------

    def _insert(self, table: Table, record: Record, columns: set[str], **more: object) -> None:
        values = {name: getattr(record, name) for name in columns | {"id"}}
        with self._connected() as connection:
            connection.execute(insert(table).values(**values, **more, document=record.model_dump(mode="json")))

    def _all(self, kind: type[R], statement: Select[Any]) -> list[R]:
        with self._connected() as connection:
            documents: Sequence[Any] = connection.execute(statement).scalars().all()
        return [kind.model_validate(document) for document in documents]

    def _first(self, kind: type[R], statement: Select[Any]) -> R | None:
        return next(iter(self._all(kind, statement.limit(1))), None)

    @contextmanager
    def _connected(self) -> Generator[Connection]:
        with database_errors(self.url), self._engine.begin() as connection:
            yield connection
