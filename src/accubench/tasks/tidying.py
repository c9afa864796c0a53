"""Remove what imports leave: uploads whose import ended, half an upload, archives that no dataset lies in."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import NoReturn, get_args

from accubench.records.job import ENDED, JobState
from accubench.storage import Store
from accubench.tasks.surroundings import Surroundings

__all__ = ["UNFINISHED", "UPLOADS_LOCK", "remove_leftovers_of_imports"]

UNFINISHED = ".unfinished"
"""Ending of the folder of an upload that is still coming in."""
UPLOADS_LOCK = "uploads"
"""Held from the moment when an upload is whole until its import is queued."""

_FORGOTTEN = timedelta(hours=1)
"""An unfinished upload to which nothing was added for so long is one that broke off."""
_ACTIVE: frozenset[JobState] = frozenset(get_args(JobState)) - ENDED


class _TakenError(Exception):
    """Somebody else works there."""


def remove_leftovers_of_imports(surroundings: Surroundings) -> None:
    """Delete folders of uploads and archives that no dataset and no job needs, and what broken deletions left."""
    store = surroundings.store
    with suppress(_TakenError):
        store.finish_deletions(waiting=_give_up)
        uploads, archives = _entries(store.uploads), _entries(store.unpacked)
        if not uploads and not archives:
            return
        with store.lock(UPLOADS_LOCK, waiting=_give_up):
            used = _used_paths(store)
            oldest = (surroundings.now() - _FORGOTTEN).timestamp()
            for folder in uploads:
                if not _is_used(folder, used) and not _is_coming_in(folder, oldest):
                    shutil.rmtree(folder, ignore_errors=True)
        for folder in archives:
            _remove_idle_archive(store, folder)


def _remove_idle_archive(store: Store, folder: Path) -> None:
    key = folder.name.removesuffix(UNFINISHED)
    with suppress(_TakenError), store.lock(f"unpack {key}", waiting=_give_up):
        if not _is_used(folder, _used_paths(store)):
            shutil.rmtree(folder, ignore_errors=True)


def _used_paths(store: Store) -> list[Path]:
    """Paths below which datasets lie, or from which a job that has not ended imports."""
    datasets = store.catalogue.datasets()
    roots = [Path(text) for dataset in datasets for text in (dataset.root, dataset.source)]
    active = store.catalogue.jobs(states=_ACTIVE)
    given = [Path(value) for job in active for value in job.arguments.values() if isinstance(value, str)]
    return [path for path in (*roots, *given) if store.is_own(path)]


def _is_used(folder: Path, used: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for path in used)


def _is_coming_in(folder: Path, oldest: float) -> bool:
    if not folder.name.endswith(UNFINISHED):
        return False
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir())) > oldest
    except OSError:
        return True


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _give_up() -> NoReturn:
    raise _TakenError
