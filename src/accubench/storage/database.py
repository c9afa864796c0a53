"""The database below the catalogue: opening it, bringing it up to date, and saying what is wrong with it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from accubench.errors import StorageFullError, WorkspaceError
from accubench.storage import schema
from accubench.storage.disk import is_nearly_full

__all__ = ["bring_up_to_date", "database_errors", "open_engine", "sqlite_url"]

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


@contextmanager
def database_errors(url: URL) -> Generator[None]:
    """Turn what the database says into a sentence for the user.

    Raises:
        StorageFullError: The disk is full.
        WorkspaceError: Anything else that hinders reading or writing.
    """
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


def open_engine(url: str | URL) -> Engine:
    """Make ready to connect to a database; nothing is connected yet.

    Raises:
        WorkspaceError: The URL is none, its driver is not installed, or the folder of an SQLite file is missing.
    """
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


def bring_up_to_date(engine: Engine) -> None:
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
