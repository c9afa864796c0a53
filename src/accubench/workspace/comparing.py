"""Holding two models against each other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accubench.tasks.given_paths import given_path
from accubench.workspace.comparison_report import ComparisonReport
from accubench.workspace.distance_report import DistanceReport
from accubench.workspace.taking_back import takes_back_unusable

if TYPE_CHECKING:
    from accubench.records.accuracy_configuration import ResolvedConfiguration
    from accubench.records.dataset import Dataset
    from accubench.records.execution import EngineName, ExecutionPrecision
    from accubench.records.model import Model
    from accubench.storage import Store
    from accubench.tasks.surroundings import Surroundings
    from accubench.workspace.workspace import Configuration

__all__ = ["ComparingMethods"]


class ComparingMethods:
    """The part of `Workspace` that compares models."""

    _store: Store

    @takes_back_unusable
    def compare(
        self,
        optimised: str | Path | Model,
        parent: str | Path | Model,
        dataset: str | Path | Dataset,
        *,
        config: Configuration | None = None,
        parent_config: Configuration | None = None,
        device: str = "CPU",
        engine: EngineName = "openvino",
        precision: ExecutionPrecision = "f32",
        integer_kernels: bool = True,
        margin: float = 0.01,
        include_calibration: bool = False,
        speed_rounds: int = 5,
        speed_seconds: float = 1.0,
        labels: str | Path | None = None,
        valid_labels: bool = False,
        fresh: bool = False,
    ) -> ComparisonReport:
        """Compare the predictions of an optimised model with those of its parent, image by image.

        Args:
            optimised: A path, a name in the workspace, or a `Model`.
            parent: The model that it was made from, or any model over the same classes.
            dataset: A path, a name in the workspace, or a `Dataset`; annotated or not.
            config: As for `evaluate`, for both models. By default that of the optimised model's calibration, also for
                the parent that it was made from; else what each model says of itself.
            parent_config: For the parent, where it needs another.
            device: OpenVINO's name of the device.
            engine: ``openvino``; or ``onnxruntime`` (ONNX models) or ``litert`` (TensorFlow Lite) to hold it against.
            precision: What floating-point layers are executed in.
            integer_kernels: False computes quantised layers in floating point.
            margin: Greatest drop of top-1 accuracy that is accepted, as a share: 0.01 is one point.
            include_calibration: Whether images that a model was calibrated on take part.
            speed_rounds: Rounds of the measurement of speed; 0 for none.
            speed_seconds: How long each of them measures each model under each of two hints.
            labels: A file with the right classes of flips, as `ComparisonReport.write_flips` writes it.
            valid_labels: Score only classes that occur in the dataset's annotations, of both models.
            fresh: Infer anew even where scores are stored.

        Returns:
            The report; it stays in the workspace.

        Raises:
            AccuBenchError: Something is wrong with a model, the dataset, a configuration or the device, or the models
                have different classes.
            Cancelled: The user asked to stop; the same call continues.
        """
        from accubench.records.execution import Execution
        from accubench.tasks.compare import Comparing, compare

        wanted = Comparing(
            **self._pair(optimised, parent, dataset, config, parent_config),
            device=device,
            execution=Execution(engine=engine, precision=precision, integer_kernels=integer_kernels),
            margin=margin,
            include_calibration=include_calibration,
            speed_rounds=speed_rounds,
            speed_seconds=speed_seconds,
            labels=None if labels is None else given_path(labels, "file of labels"),
            valid_labels=valid_labels,
            fresh=fresh,
        )
        return ComparisonReport(compare(self._surroundings(), wanted), self._store)

    @takes_back_unusable
    def distance(
        self,
        optimised: str | Path | Model,
        parent: str | Path | Model,
        dataset: str | Path | Dataset,
        *,
        config: Configuration | None = None,
        parent_config: Configuration | None = None,
        device: str = "CPU",
        engine: EngineName = "openvino",
        precision: ExecutionPrecision = "f32",
        integer_kernels: bool = True,
        include_calibration: bool = False,
        fresh: bool = False,
    ) -> DistanceReport:
        """Measure how far the outputs of an optimised model are from those of its parent, image by image.

        Arguments and errors are those of `compare`.

        Returns:
            The report; it stays in the workspace.
        """
        from accubench.records.execution import Execution
        from accubench.tasks.distance import Measuring, measure_distance

        wanted = Measuring(
            **self._pair(optimised, parent, dataset, config, parent_config),
            device=device,
            execution=Execution(engine=engine, precision=precision, integer_kernels=integer_kernels),
            include_calibration=include_calibration,
            fresh=fresh,
        )
        return DistanceReport(measure_distance(self._surroundings(), wanted), self._store)

    # --- how ------------------------------------------------------------------------------------

    def _pair(
        self,
        optimised: str | Path | Model,
        parent: str | Path | Model,
        dataset: str | Path | Dataset,
        config: Configuration | None,
        parent_config: Configuration | None,
    ) -> dict[str, Any]:
        """What both kinds of reports are asked with."""
        from accubench.records.dataset import Dataset
        from accubench.records.model import Model

        ours = optimised if isinstance(optimised, Model) else self.model(optimised)
        theirs = parent if isinstance(parent, Model) else self.model(parent)
        of_parent = config if parent_config is None else parent_config
        return {
            "optimised": ours,
            "parent": theirs,
            "configuration": None if config is None else self.configuration(ours, config),
            "parent_configuration": None if of_parent is None else self.configuration(theirs, of_parent),
            "dataset": dataset if isinstance(dataset, Dataset) else self.dataset(dataset),
        }

    if TYPE_CHECKING:  # of other parts of the workspace

        def unusable_taken_back(self) -> AbstractContextManager[None]:
            """See `Workspace.unusable_taken_back`."""
            ...

        def model(self, name_or_path: str | Path, **options: Any) -> Model:
            """See `Workspace.model`."""
            ...

        def dataset(self, name_or_path: str | Path, **options: str | None) -> Dataset:
            """See `Workspace.dataset`."""
            ...

        def configuration(self, model: Model, config: Configuration | None = None) -> ResolvedConfiguration:
            """See `Workspace.configuration`."""
            ...

        def _surroundings(self) -> Surroundings: ...
