"""DBOS, set up as we need it: our own file, no pickle, no network, no advertisement.

Only the worker imports this module.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any, NoReturn

from dbos import DBOS, DBOSConfig, _serialization
from dbos import DBOSPortableJSONSerializer as PortableJSON

__all__ = ["APPLICATION_VERSION", "DATABASE", "EXECUTOR_ID", "QueueConnection", "configure_engine"]

APPLICATION_VERSION = "1"
"""Changed only when a workflow cannot go on with newer code; by default any edit would strand unfinished jobs."""
EXECUTOR_ID = "local"
DATABASE = "jobs.sqlite"


_KNOWS_SUBSEC = (3, 42)
"""The SQLite that learned ``unixepoch('subsec')``."""


class QueueConnection(sqlite3.Connection):
    """Does not wait for the disk at every commit; with a write-ahead log a crash of the machine loses the last ones.

    That is harmless: the catalogue says what there is to do, and a job is begun again from there.

    On Python 3.12 and newer DBOS takes it for granted that ``unixepoch('subsec')`` gives fractions of seconds, but
    the SQLite beside such a Python may be older and give null (Debian 12 has 3.40); it is taught the word.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if sqlite3.sqlite_version_info < _KNOWS_SUBSEC:
            self.create_function("unixepoch", 1, _seconds_since_1970)
        self.execute("PRAGMA synchronous = NORMAL")


def _seconds_since_1970(modifier: str) -> float:
    if modifier != "subsec":
        raise ValueError(f"Nobody was expected to ask for the time as '{modifier}'.")
    return time.time()


def configure_engine(folder: Path) -> None:
    """Make DBOS ready for a workspace; `DBOS.launch` starts it.

    Args:
        folder: The workspace folder.
    """
    _refuse_pickle()
    path = folder / DATABASE
    _create_file(path)
    configuration: DBOSConfig = {
        "name": "accubench",
        "system_database_url": f"sqlite:///{path}",
        "db_engine_kwargs": {"connect_args": {"factory": QueueConnection}},
        "executor_id": EXECUTOR_ID,
        "application_version": APPLICATION_VERSION,
        "serializer": PortableJSON(),
        "log_level": "WARNING",
        "enable_otlp": False,
    }
    DBOS(config=configuration)


def _create_file(path: Path) -> None:
    """A file that only its owner reads and writes, with a write-ahead log, which the file remembers."""
    try:
        _prepare_file(path)
    except sqlite3.OperationalError:  # busy, or the disk is full: that passes
        raise
    except sqlite3.DatabaseError:
        # Nothing is lost: the catalogue knows what there is to do.
        path.replace(path.with_name(f"{path.name}.damaged"))
        _prepare_file(path)


def _prepare_file(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    connection = sqlite3.connect(path, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA quick_check(1)")
    finally:
        connection.close()


def _refuse_pickle() -> None:
    """Close the way by which a row of the database could run code.

    Every row names how it is written, and DBOS would unpickle one that says so, whatever serializer it is given.
    """

    def refuse(*_arguments: object) -> NoReturn:
        raise ValueError("Pickled content in the database of jobs is refused.")

    pickling = _serialization.DefaultSerializer
    if not {"serialize", "deserialize"} <= vars(pickling).keys():
        raise ImportError("This version of dbos pickles elsewhere; AccuBench must be adapted to it.")
    setattr(pickling, "serialize", refuse)  # noqa: B010 - replaced on purpose, which type checkers refuse
    setattr(pickling, "deserialize", refuse)  # noqa: B010
