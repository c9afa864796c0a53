"""Optimising models of a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from accubench.errors import UsageError
from accubench.workspace.taking_back import takes_back_unusable

if TYPE_CHECKING:
    from pathlib import Path

    from accubench.records.accuracy_configuration import ResolvedConfiguration
    from accubench.records.dataset import Dataset
    from accubench.records.model import Model
    from accubench.records.quantization import DropType, QuantizationPreset
    from accubench.tasks.surroundings import Surroundings
    from accubench.workspace.workspace import Configuration

__all__ = ["OptimizingMethods"]


class OptimizingMethods:
    """The part of `Workspace` that makes models of models."""

    if TYPE_CHECKING:

        def _surroundings(self) -> Surroundings: ...

        def unusable_taken_back(self) -> AbstractContextManager[None]:
            """As `Workspace` has it."""
            ...

        def model(self, name_or_path: str | Path, **options: Any) -> Model:
            """As `Workspace` has it."""
            ...

        def dataset(self, name_or_path: str | Path, **options: str | None) -> Dataset:
            """As `Workspace` has it."""
            ...

        def configuration(self, model: Model, config: Configuration | None = None) -> ResolvedConfiguration:
            """As `Workspace` has it."""
            ...

    @takes_back_unusable
    def quantize(
        self,
        model: str | Path | Model,
        dataset: str | Path | Dataset,
        *,
        config: Configuration | None = None,
        validation: str | Path | Dataset | None = None,
        preset: QuantizationPreset = "performance",
        subset_size: int = 300,
        ignored_layers: Sequence[str] = (),
        max_drop: float | None = None,
        drop_type: DropType = "absolute",
        name: str | None = None,
        device: str = "CPU",
    ) -> Model:
        """Quantise a floating-point model to INT8, as a new model with its parent and its recipe.

        Args:
            model: A path, a name in the workspace, or a `Model`.
            dataset: Where calibration images are taken from: a path, a name in the workspace, or a `Dataset`.
            config: A YAML file, the name of a preset, the configuration itself, or None to infer it from the model.
            validation: An annotated dataset that candidates are judged on, with `max_drop`; by default what
                calibration leaves of `dataset`. Images that were calibrated on are left out of it.
            preset: ``performance`` (symmetric weights and activations) or ``mixed`` (asymmetric activations).
            subset_size: How many images to calibrate on, at most.
            ignored_layers: Names of layers that stay in floating point.
            max_drop: Greatest drop of top-1 accuracy as a share, 0.01 for one point: layers are given back to
                floating point until it is reached. None for no goal.
            drop_type: ``absolute``, or ``relative`` to the parent's accuracy.
            name: What to call the new model; by default the parent's name with ``-int8``.
            device: OpenVINO's name of the device that candidates are judged on.

        Returns:
            The new model. Where a goal was not reached, ``model.recipe.outcome.reached`` is False, and the model is
            the best candidate.

        Raises:
            AccuBenchError: Something is wrong with the model, the dataset, the configuration or a setting.
            Cancelled: The user asked to stop; nothing is left behind.
        """
        from accubench.records.dataset import Dataset
        from accubench.records.model import Model
        from accubench.records.quantization import AccuracyGoal, QuantizationSettings
        from accubench.tasks.quantize import Quantizing, quantize

        if preset not in {"performance", "mixed"}:
            raise UsageError(f"There is no preset '{preset}'; choose performance or mixed.")
        if drop_type not in {"absolute", "relative"}:
            raise UsageError(f"A drop is absolute or relative, not '{drop_type}'.")
        found = model if isinstance(model, Model) else self.model(model)
        settings = QuantizationSettings(
            preset=preset,
            subset_size=subset_size,
            ignored_layers=tuple(ignored_layers),
            goal=None if max_drop is None else AccuracyGoal(max_drop=max_drop, drop_type=drop_type),
        )
        wanted = Quantizing(
            model=found,
            dataset=dataset if isinstance(dataset, Dataset) else self.dataset(dataset),
            settings=settings,
            validation_dataset=(
                validation if validation is None or isinstance(validation, Dataset) else self.dataset(validation)
            ),
            configuration=None if config is None else self.configuration(found, config),
            name=name,
            device=device,
        )
        return quantize(self._surroundings(), wanted)
