"""The catalogue: which models, datasets, projects, predictions, reports and benchmarks there are."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Select,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from accubench.errors import StorageFullError, WorkspaceError
from accubench.records.base import Record
from accubench.records.benchmark import Benchmark
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.predictions import Predictions
from accubench.records.project import Project
from accubench.records.report import Report
from accubench.storage import schema
from accubench.storage.disk import is_nearly_full

__all__ = ["Catalogue", "sqlite_url"]

R = TypeVar("R", bound=Record)
_BUSY_TIMEOUT_S = 30
_BUSY_POLL_S = 0.05
_ALONE = "alone"
"""Execution option of connections whose transaction must keep other writers out from its beginning."""


def sqlite_url(file: Path) -> URL:
    """The URL of an SQLite file, whatever letters its path has.

    >>> sqlite_url(Path("/a?b/100%/c.sqlite")).database
    '/a?b/100%/c.sqlite'
    """
    return URL.create("sqlite", database=str(file))


class Catalogue:
    """Records by id, name and content, in SQLite or any database that SQLAlchemy reaches.

    Args:
        url: A database URL such as ``sqlite:////data/catalogue.sqlite`` or ``postgresql+pg8000://host/accubench``.
    """

    def __init__(self, url: str | URL) -> None:
        self._engine = _open_engine(url)
        self.url = self._engine.url
        with _database_errors(self.url):
            _bring_up_to_date(self._engine)

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
        with _database_errors(self.url), self._engine.begin() as connection:
            yield connection


@contextmanager
def _database_errors(url: URL) -> Generator[None]:
    shown = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    try:
        yield
    except DBAPIError as error:
        if _is_full(error, url):
            raise StorageFullError(
                f"The disk is full: the catalogue {shown} could not be written. Everything finished so far is kept; "
                "free some space and run the same command again to continue."
            ) from error
        raise WorkspaceError(
            f"The catalogue {shown} cannot be used: {error.orig}. Check that it is a catalogue of AccuBench and that "
            "you may write to it, or choose another one with --workspace or --database."
        ) from error
    except SQLAlchemyError as error:
        raise WorkspaceError(f"The catalogue {shown} cannot be used: {error}.") from error


def _is_full(error: DBAPIError, url: URL) -> bool:
    if "full" in str(error.orig):
        return True
    # What SQLite says where there is not even space for the index of its log.
    failed = "disk I/O error" in str(error.orig) and url.database is not None
    return failed and is_nearly_full(Path(str(url.database)).parent)


def _open_engine(url: str | URL) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+pg8000")
        return create_engine(parsed)
    except (ArgumentError, ImportError, SQLAlchemyError) as error:
        raise WorkspaceError(
            f"The database URL '{url}' cannot be used: {error}. Expected something like "
            "sqlite:////path/to/catalogue.sqlite or postgresql://user@host/database (the latter needs "
            "pip install 'accubench[postgresql]')."
        ) from error


def _open_sqlite(url: URL) -> Engine:
    folder = Path(url.database).parent if url.database else None
    if folder is not None and not folder.is_dir():
        raise WorkspaceError(
            f"The catalogue {url.database} cannot be used: there is no folder {folder}. Create it, or choose another "
            "place with --database."
        )
    # Python's own handling of transactions leaves DDL outside of them: a process killed while it creates the tables
    # would leave half of them behind, and two processes could create them at once.
    # Without a pool, every connection is closed as soon as it has done its work, also where nobody closes the Store.
    options = {"timeout": _BUSY_TIMEOUT_S, "isolation_level": None}
    engine = create_engine(url, connect_args=options, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        _switch_to_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        alone = connection.get_execution_options().get(_ALONE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if alone else "BEGIN")

    return engine


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Let readers and one writer work at the same time; the file remembers it.

    SQLite does not wait for other processes here, whatever the timeout of the connection.
    """
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_POLL_S)
        else:
            return


def _bring_up_to_date(engine: Engine) -> None:
    """Apply missing migrations; Alembic is only imported where there are some.

    Raises:
        WorkspaceError: The catalogue was written by a newer AccuBench.
    """
    with engine.begin() as connection:
        if _revision(connection) == schema.HEAD:
            return
    with engine.connect().execution_options(**{_ALONE: True}) as connection, connection.begin():
        current = _revision(connection)
        if current == schema.HEAD:  # another process was quicker
            return
        if current is not None and current > schema.HEAD:
            raise WorkspaceError(
                f"This catalogue was written by a newer AccuBench (revision {current}; this one knows {schema.HEAD}). "
                "Upgrade AccuBench, or choose another workspace."
            )
        _migrate(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    configuration.attributes["connection"] = connection
    try:
        command.upgrade(configuration, schema.HEAD)
    except DatabaseError as error:
        if _is_full(error, connection.engine.url):
            raise
        raise WorkspaceError(f"The catalogue could not be upgraded to revision {schema.HEAD}: {error.orig}.") from error
