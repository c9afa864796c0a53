"""Checking whether a model's numbers are its own."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from accubench.errors import CheckNotFoundError
from accubench.workspace.taking_back import takes_back_unusable

if TYPE_CHECKING:
    from accubench.records.accuracy_configuration import ResolvedConfiguration
    from accubench.records.dataset import Dataset
    from accubench.records.execution import ExecutionPrecision
    from accubench.records.model import Model
    from accubench.records.numerics_check import NumericsCheck
    from accubench.storage import Store
    from accubench.tasks.surroundings import Surroundings
    from accubench.workspace.workspace import Configuration

__all__ = ["CheckingMethods"]


class CheckingMethods:
    """The part of `Workspace` that checks numbers."""

    _store: Store

    @takes_back_unusable
    def check(
        self,
        model: str | Path | Model,
        dataset: str | Path | Dataset,
        *,
        config: Configuration | None = None,
        device: str = "CPU",
        precision: ExecutionPrecision = "f32",
        integer_kernels: bool = True,
        valid_labels: bool = False,
        images: int | Literal["all"] = 64,
        fresh: bool = False,
    ) -> NumericsCheck:
        """Execute a model by its own engine, by OpenVINO as exactly as it can, and as configured; see what changes.

        Args:
            model: A path, a name in the workspace, or a `Model`.
            dataset: A path, a name in the workspace, or a `Dataset`; annotated or not.
            config: As for `evaluate`.
            device: OpenVINO's name of the device.
            precision: What floating-point layers are executed in.
            integer_kernels: False computes quantised layers in floating point.
            valid_labels: Score only classes that occur in the dataset's annotations, in every step.
            images: How many images, or ``all``; scores of all are stored and reused as those of evaluations.
            fresh: Make it anew, and infer anew.

        Returns:
            The check; it stays in the workspace.

        Raises:
            AccuBenchError: Something is wrong with the model, the dataset, the configuration or the device.
            Cancelled: The user asked to stop.
        """
        from accubench.records.dataset import Dataset
        from accubench.records.execution import Execution
        from accubench.records.model import Model
        from accubench.tasks.check_numerics import check_numerics
        from accubench.tasks.evaluation import Evaluation

        found = model if isinstance(model, Model) else self.model(model)
        wanted = Evaluation(
            model=found,
            dataset=dataset if isinstance(dataset, Dataset) else self.dataset(dataset),
            device=device,
            execution=Execution(precision=precision, integer_kernels=integer_kernels),
            configuration=None if config is None else self.configuration(found, config),
            valid_labels=valid_labels,
        )
        count = None if images == "all" else images
        return check_numerics(self._surroundings(), wanted, images=count, fresh=fresh)

    def checks(self, project_id: str) -> list[NumericsCheck]:
        """All checks of a project, oldest first."""
        return self._store.catalogue.checks(project_id)

    def numerics_check(self, check_id: str) -> NumericsCheck:
        """The check of an id.

        Raises:
            CheckNotFoundError: There is none.
        """
        found = self._store.catalogue.check(check_id)
        if found is None:
            raise CheckNotFoundError(f"There is no numerics check '{check_id}' in the workspace.")
        return found

    if TYPE_CHECKING:  # of other parts of the workspace

        def unusable_taken_back(self) -> AbstractContextManager[None]:
            """See `Workspace.unusable_taken_back`."""
            ...

        def model(self, name_or_path: str | Path) -> Model:
            """See `Workspace.model`."""
            ...

        def dataset(self, name_or_path: str | Path) -> Dataset:
            """See `Workspace.dataset`."""
            ...

        def configuration(self, model: Model, config: Configuration | None = None) -> ResolvedConfiguration:
            """See `Workspace.configuration`."""
            ...

        def _surroundings(self) -> Surroundings: ...
