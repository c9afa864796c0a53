"""Checking whether a dataset is in order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accubench.records.dataset import Dataset
    from accubench.records.dataset_health import DatasetHealth, SmallerThanInput
    from accubench.records.model import Model
    from accubench.storage import Store
    from accubench.tasks.surroundings import Surroundings

__all__ = ["DatasetCheckingMethods"]


class DatasetCheckingMethods:
    """The part of `Workspace` that looks at every image of a dataset."""

    _store: Store

    def check_dataset(self, dataset: str | Path | Dataset, *, fresh: bool = False) -> DatasetHealth:
        """Look at every image of a dataset once: unreadable, duplicate and small images, kinds, balance, sizes.

        Args:
            dataset: A path, a name in the workspace, or a `Dataset`.
            fresh: Look again even where the outcome is known.

        Raises:
            DatasetError: There is no such dataset, or it cannot be imported.
            Cancelled: The user asked to stop.
        """
        from accubench.records.dataset import Dataset
        from accubench.tasks.check_dataset import check_dataset

        found = dataset if isinstance(dataset, Dataset) else self.dataset(dataset)
        return check_dataset(self._surroundings(), found, fresh=fresh)

    def dataset_health(self, dataset: Dataset) -> DatasetHealth | None:
        """What a health check of a dataset told; None where there was none of this version."""
        return self._store.dataset_health(dataset)

    def smaller_than_inputs(
        self, health: DatasetHealth, models: Iterable[Model] | None = None
    ) -> tuple[SmallerThanInput, ...]:
        """How many images of a dataset are smaller than the inputs of models, in height or in width.

        Args:
            health: What a check of the dataset told.
            models: By default those that have a project on the dataset, by name.
        """
        compared = self._models_on(health.dataset_id) if models is None else models
        return tuple(_smaller_than_input(health, model) for model in compared)

    def _models_on(self, dataset_id: str) -> list[Model]:
        catalogue = self._store.catalogue
        used = {project.model_id for project in catalogue.projects() if project.dataset_id == dataset_id}
        return sorted((model for model in catalogue.models() if model.id in used), key=lambda model: model.name)

    if TYPE_CHECKING:  # of other parts of the workspace

        def dataset(self, name_or_path: str | Path) -> Dataset:
            """See `Workspace.dataset`."""
            ...

        def _surroundings(self) -> Surroundings: ...


def _smaller_than_input(health: DatasetHealth, model: Model) -> SmallerThanInput:
    from accubench.analysis.dataset_health import count_smaller
    from accubench.records.dataset_health import SmallerThanInput

    size_hw, sizes_whn = model.image_size_hw, health.sizes_whn
    n = None if size_hw is None or sizes_whn is None else count_smaller(sizes_whn, size_hw)
    return SmallerThanInput(model_id=model.id, model_name=model.name, size_hw=size_hw, n=n)
