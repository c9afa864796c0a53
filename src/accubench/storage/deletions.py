"""Deleting records with their folders, so that being killed in between leaves nothing that refers to nothing.

A note of what is to be deleted is written first, then the records go, then the folders, then the note.
Who finds a note of somebody who died deletes the folders whose records are gone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Literal

from accubench.storage.catalogue import Catalogue
from accubench.storage.disk import storage_errors, whole_file
from accubench.storage.locks import hold_lock

__all__ = ["StoredKind", "delete_records", "finish_deletions"]

StoredKind = Literal["model", "dataset", "project", "predictions", "report"]

_FOLDERS = {"model": "models", "dataset": "datasets", "predictions": "predictions", "report": "reports"}
_LOCK = "deletions"


def delete_records(
    folder: Path, catalogue: Catalogue, records: Collection[tuple[StoredKind, str]], *, waiting: Callable[[], None]
) -> None:
    """Delete records and what belongs to them.

    Args:
        folder: The workspace folder.
        catalogue: Where the records are.
        records: Kind and id of each, what depends on others before what it depends on.
        waiting: Called while another process deletes.
    """
    with hold_lock(folder / "locks", _LOCK, waiting=waiting):
        notes = folder / "deletions"
        with storage_errors(notes):
            notes.mkdir(exist_ok=True)
        note = notes / f"{list(records)[-1][1]}.json"
        with whole_file(note) as temporary:
            temporary.write_text(json.dumps([list(record) for record in records]), encoding="utf-8")
        for kind, record_id in records:
            catalogue.delete(kind, record_id)
        _finish(folder, catalogue, note)
        with suppress(OSError):
            notes.rmdir()  # unless another deletion was cut off


def finish_deletions(folder: Path, catalogue: Catalogue, *, waiting: Callable[[], None]) -> None:
    """Delete the folders that processes which died while deleting left."""
    notes = folder / "deletions"
    if not any(notes.glob("*")):
        return
    with hold_lock(folder / "locks", _LOCK, waiting=waiting):
        for note in list(notes.glob("*")):
            _finish(folder, catalogue, note)


def _finish(folder: Path, catalogue: Catalogue, note: Path) -> None:
    for kind, record_id in _read(note):
        if kind in _FOLDERS and not _is_known(catalogue, kind, record_id):
            shutil.rmtree(folder / _FOLDERS[kind] / record_id, ignore_errors=True)
    with suppress(OSError):
        note.unlink(missing_ok=True)


def _read(note: Path) -> list[tuple[str, str]]:
    try:
        return [(str(kind), Path(str(record_id)).name) for kind, record_id in json.loads(note.read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return []  # not written to its end, so no record was deleted


def _is_known(catalogue: Catalogue, kind: str, record_id: str) -> bool:
    if kind == "model":
        return catalogue.model(record_id) is not None
    if kind == "dataset":
        return catalogue.dataset(record_id) is not None
    if kind == "report":
        return catalogue.report(record_id) is not None
    return catalogue.predictions_by_id(record_id) is not None
