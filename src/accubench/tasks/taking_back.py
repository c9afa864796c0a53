"""What was imported only to be used at once, and then cannot be, does not stay."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

from accubench.errors import AccuBenchError, DatasetError, LabelError, ModelError
from accubench.records.dependents import DeletableKind
from accubench.storage import Store
from accubench.tasks.deletion import delete, find_dependents
from accubench.tasks.surroundings import Surroundings

__all__ = ["unusable_taken_back"]


@contextmanager
def unusable_taken_back(surroundings: Surroundings, made_ids: Sequence[str]) -> Generator[None]:
    """Delete the models and datasets that are imported within, should one of them turn out to be unusable.

    A command that ends because its input is wrong so leaves the workspace as it was.
    Other errors, such as those of a configuration or a device, are mended without importing again.

    Args:
        surroundings: Where they are kept.
        made_ids: The ids that whoever imports made so far; it grows meanwhile.
    """
    made_before = len(made_ids)
    try:
        yield
    except (ModelError, DatasetError, LabelError):
        _take_back(surroundings, made_ids[made_before:])
        raise


def _take_back(surroundings: Surroundings, made_ids: Iterable[str]) -> None:
    for record_id in made_ids:
        kind = _kind(surroundings.store, record_id)
        if kind is None:
            continue
        try:
            dependents = find_dependents(surroundings.store, kind, record_id)
            if not (dependents.any or dependents.jobs or dependents.predictions):
                delete(surroundings, kind, record_id)
        except AccuBenchError:
            continue  # somebody else uses it by now, or the disk is full: what is wrong with the input is told first


def _kind(store: Store, record_id: str) -> DeletableKind | None:
    if (model := store.catalogue.model(record_id)) is not None and model.id == record_id:
        return "model"
    if (dataset := store.catalogue.dataset(record_id)) is not None and dataset.id == record_id:
        return "dataset"
    return None
