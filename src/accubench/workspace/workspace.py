"""The Workspace: every use case as a method."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from accubench.errors import DatasetNotFoundError, ModelNotFoundError, UsageError
from accubench.records.progress import ProgressListener, ignore_progress, never_cancelled
from accubench.storage import Store
from accubench.tasks.given_paths import given_path
from accubench.workspace.accuracy_report import AccuracyReport
from accubench.workspace.checking import CheckingMethods
from accubench.workspace.checking_datasets import DatasetCheckingMethods
from accubench.workspace.comparing import ComparingMethods
from accubench.workspace.deleting import DeletingMethods
from accubench.workspace.interim_reports import InterimReports
from accubench.workspace.optimizing import OptimizingMethods
from accubench.workspace.project_methods import ProjectMethods
from accubench.workspace.report_methods import ReportMethods
from accubench.workspace.taking_back import takes_back_unusable

if TYPE_CHECKING:
    from accubench.jobs import Jobs
    from accubench.records.accuracy_configuration import AccuracyConfiguration, ResolvedConfiguration
    from accubench.records.benchmark import Benchmark
    from accubench.records.class_names import ClassCorrespondence
    from accubench.records.dataset import Dataset
    from accubench.records.device import Device
    from accubench.records.execution import EngineName, ExecutionPrecision
    from accubench.records.model import Model
    from accubench.tasks.surroundings import Surroundings
    from accubench.workspace.background import Background
    from accubench.workspace.dataset_images import DatasetImages
    from accubench.workspace.housekeeping import Housekeeping

    Configuration = str | Path | Mapping[str, Any] | AccuracyConfiguration | ResolvedConfiguration

__all__ = ["DEFAULT_FOLDER", "SAMPLE_DATASET", "SAMPLE_MODEL", "Workspace", "sample_path"]

DEFAULT_FOLDER = "accubench-workspace"
SAMPLE_MODEL = "sample/model.onnx"
SAMPLE_DATASET = "sample/dataset"


class Workspace(
    CheckingMethods,
    DatasetCheckingMethods,
    OptimizingMethods,
    ComparingMethods,
    DeletingMethods,
    ReportMethods,
    ProjectMethods,
):
    """A folder with models, datasets, predictions and reports, and everything that can be done with them.

    Args:
        folder: Where everything is kept; by default the folder named by the environment variable
            ACCUBENCH_WORKSPACE, else ``accubench-workspace`` in the current folder. Created where it is absent.
        database: URL of the catalogue; by default ACCUBENCH_DATABASE, else an SQLite file in the folder.
        progress: Called with a `Progress` whenever there is something to tell.
        cancelled: Asked regularly whether to stop; work then ends with `Cancelled`, finished parts are kept.

    Raises:
        WorkspaceError: The folder or the catalogue cannot be used.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        database: str | None = None,
        progress: ProgressListener = ignore_progress,
        cancelled: Callable[[], bool] = never_cancelled,
    ) -> None:
        chosen = given_path(folder or os.environ.get("ACCUBENCH_WORKSPACE") or DEFAULT_FOLDER, "workspace")
        self._store = Store(chosen, database or os.environ.get("ACCUBENCH_DATABASE"))
        self._progress = progress
        self._cancelled = cancelled
        self._made_ids: list[str] = []
        self._interim_reports = InterimReports(self._store, lambda: datetime.now(UTC))

    @property
    def folder(self) -> Path:
        """Where everything is kept."""
        return self._store.folder

    def close(self) -> None:
        """Close the catalogue; the workspace must not be used afterwards."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # --- models and datasets --------------------------------------------------------------------

    def import_model(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        input_size_hw: tuple[int, int] | None = None,
        scores_output: str | None = None,
    ) -> Model:
        """Bring a model file into the workspace; see `accubench.tasks.import_model`."""
        from accubench.tasks.import_model import import_model

        where = given_path(path, "model")
        return import_model(
            self._surroundings(), where, name=name, input_size_hw=input_size_hw, scores_output=scores_output
        )

    def import_dataset(self, source: str | Path, *, name: str | None = None, **options: str | int | None) -> Dataset:
        """Bring a dataset into the workspace by reference.

        Args:
            source: A folder, or a table file.
            name: What to call it; the folder's name by default.
            options: ``split``, ``annotations``, ``labels``, ``path_column``, ``label_column``; ``limit`` or
                ``every`` for a part of it, which is a dataset of its own.

        Raises:
            DatasetError: It cannot be imported.
            UsageError: An option has no effect, or cannot be read.
        """
        from accubench.tasks.import_dataset import import_dataset

        where = given_path(source, "dataset")
        return import_dataset(self._surroundings(), where, name=name, options=_given(options))

    def models(self) -> list[Model]:
        """All models, oldest first."""
        return self._store.catalogue.models()

    def datasets(self) -> list[Dataset]:
        """All datasets, oldest first."""
        return self._store.catalogue.datasets()

    def model(self, name_or_path: str | Path, **options: Any) -> Model:
        """The model of a path, a name or an id; a path is imported where it is new.

        Raises:
            ModelError: There is none, or it cannot be imported.
        """
        from accubench.tasks.import_model import find_or_import_model

        return find_or_import_model(self._surroundings(), str(name_or_path), **options)

    def dataset(self, name_or_path: str | Path, **options: str | int | None) -> Dataset:
        """The dataset of a path, a name or an id; its images are checked, changes make a new version.

        Options are those of `import_dataset`, e.g. ``limit=500`` for a part of it.

        Raises:
            DatasetError: There is none, or it cannot be imported.
        """
        from accubench.tasks.import_dataset import find_or_import_dataset

        return find_or_import_dataset(self._surroundings(), str(name_or_path), options=_given(options))

    def model_by_id(self, model_id: str) -> Model:
        """The model of exactly that id.

        Raises:
            ModelNotFoundError: There is none.
        """
        found = self._store.catalogue.model(model_id)
        if found is None or found.id != model_id:
            raise ModelNotFoundError(f"There is no model '{model_id}' in the workspace.")
        return found

    def dataset_by_id(self, dataset_id: str) -> Dataset:
        """The dataset of exactly that id, as it was when it was last checked.

        Raises:
            DatasetNotFoundError: There is none.
        """
        found = self._store.catalogue.dataset(dataset_id)
        if found is None or found.id != dataset_id:
            raise DatasetNotFoundError(f"There is no dataset '{dataset_id}' in the workspace.")
        return found

    def dataset_images(self, dataset_id: str) -> DatasetImages:
        """The images of a dataset: how many of each class, some of them, and what they look like.

        Raises:
            DatasetNotFoundError: There is no such dataset.
        """
        from accubench.workspace.dataset_images import DatasetImages

        return DatasetImages(self.dataset_by_id(dataset_id), self._store)

    # --- uploads --------------------------------------------------------------------------------

    @property
    def uploads(self) -> Path:
        """Where uploaded files lie, each upload in a folder of its own."""
        return self._store.uploads

    def hold_uploads(self) -> AbstractContextManager[None]:
        """Hold this while an upload becomes whole and its import is queued, so that nobody takes it for forgotten."""
        from accubench.tasks.tidying import UPLOADS_LOCK

        return self._store.lock(UPLOADS_LOCK, waiting=self._surroundings().waiting_for("the uploads"))

    def tidy(self) -> None:
        """Delete uploads whose import ended, and what processes that died left."""
        from accubench.tasks.tidying import remove_leftovers_of_imports

        remove_leftovers_of_imports(self._surroundings())

    # --- evaluation -----------------------------------------------------------------------------

    @takes_back_unusable
    def evaluate(
        self,
        model: str | Path | Model,
        dataset: str | Path | Dataset,
        *,
        config: Configuration | None = None,
        device: str = "CPU",
        engine: EngineName = "openvino",
        precision: ExecutionPrecision = "f32",
        integer_kernels: bool = True,
        labels: str | Path | None = None,
        valid_labels: bool = False,
        fresh: bool = False,
        check: bool = False,
    ) -> AccuracyReport:
        """Make the accuracy report of a model on a dataset.

        Args:
            model: A path, a name in the workspace, or a `Model`.
            dataset: A path, a name in the workspace, or a `Dataset`.
            config: A YAML file, the name of a preset, the configuration itself, or None to infer it from the model.
            device: OpenVINO's name of the device.
            engine: ``openvino``; or ``onnxruntime`` (ONNX models) or ``litert`` (TensorFlow Lite) to hold it against.
            precision: What floating-point layers are executed in.
            integer_kernels: False computes quantised layers in floating point.
            labels: A file with the names of the model's classes.
            valid_labels: Score only classes that occur in the dataset's annotations, as if the model had no others.
            fresh: Infer anew even where scores are stored.
            check: Also check the numbers on 64 images, if that was not done before; see `check`.

        Returns:
            The report; it stays in the workspace.

        Raises:
            AccuBenchError: Something is wrong with the model, the dataset, the configuration or the device.
            Cancelled: The user asked to stop; the same call continues.
        """
        from accubench.labels import read_label_file
        from accubench.records.dataset import Dataset
        from accubench.records.execution import Execution
        from accubench.records.model import Model
        from accubench.tasks.evaluate import Evaluation, evaluate

        found_model = model if isinstance(model, Model) else self.model(model)
        configuration = None if config is None else self.configuration(found_model, config)
        names = None if labels is None else read_label_file(given_path(labels, "label file"))
        found_dataset = dataset if isinstance(dataset, Dataset) else self.dataset(dataset)
        wanted = Evaluation(
            model=found_model,
            dataset=found_dataset,
            device=device,
            execution=Execution(engine=engine, precision=precision, integer_kernels=integer_kernels),
            configuration=configuration,
            class_names=names,
            valid_labels=valid_labels,
            fresh=fresh,
            check=check,
        )
        return AccuracyReport(evaluate(self._surroundings(), wanted), self._store)

    def configuration(self, model: Model, config: Configuration | None = None) -> ResolvedConfiguration:
        """The accuracy configuration for a model, with the origin of every value.

        Args:
            model: The model.
            config: A YAML file, the name of a preset, the configuration itself, or None to infer it from the model.

        Raises:
            ConfigurationError: The file or the mapping is wrong; all problems are listed.
            UsageError: There is neither such a file nor such a preset.
        """
        from accubench.tasks.configure import configure

        return configure(model, config)

    def class_correspondence(
        self,
        model: str | Path | Model,
        dataset: str | Path | Dataset,
        *,
        config: Configuration | None = None,
        labels: str | Path | None = None,
    ) -> ClassCorrespondence:
        """Which output each class of a dataset would be taken for, and which one names say it is.

        Args:
            model: A path, a name in the workspace, or a `Model`.
            dataset: A path, a name in the workspace, or a `Dataset`; annotated.
            config: As for `evaluate`.
            labels: A file with the names of the model's classes.

        Raises:
            AccuBenchError: Something is wrong with the model, the dataset or the configuration.
        """
        from accubench.labels import read_label_file
        from accubench.records.dataset import Dataset
        from accubench.records.model import Model
        from accubench.tasks.class_correspondence import class_correspondence
        from accubench.tasks.evaluation import Evaluation

        found_model = model if isinstance(model, Model) else self.model(model)
        found_dataset = dataset if isinstance(dataset, Dataset) else self.dataset(dataset)
        wanted = Evaluation(
            model=found_model,
            dataset=found_dataset,
            configuration=None if config is None else self.configuration(found_model, config),
            class_names=None if labels is None else read_label_file(given_path(labels, "label file")),
        )
        return class_correspondence(wanted, self._store.manifest(found_dataset))

    # --- speed ----------------------------------------------------------------------------------

    def devices(self) -> tuple[Device, ...]:
        """The devices of this machine, and absent ones with the reason."""
        from accubench.workspace.devices import devices

        return devices()

    def benchmark(
        self,
        model: str | Path | Model,
        *,
        device: str = "CPU",
        precision: ExecutionPrecision = "f32",
        seconds: float = 10.0,
        baseline: bool = False,
    ) -> Benchmark:
        """Measure throughput and latency of a model, inference alone.

        Args:
            model: A path, a name in the workspace, or a `Model`.
            device: OpenVINO's name of the device.
            precision: What floating-point layers are executed in.
            seconds: How long to measure under each of the two performance hints.
            baseline: Whether this is the short run that a project starts with.
        """
        from accubench.records.model import Model
        from accubench.tasks.benchmark import benchmark

        if not seconds > 0:
            raise UsageError(f"Seconds to measure must be more than 0, not {seconds:g}.")
        found = model if isinstance(model, Model) else self.model(model)
        return benchmark(
            self._surroundings(), found, device=device, precision=precision, seconds=seconds, baseline=baseline
        )

    # --- in the background ----------------------------------------------------------------------

    @property
    def jobs(self) -> Jobs:
        """Long work that was queued: watch and cancel it."""
        from accubench.jobs import Jobs

        return Jobs(self._surroundings())

    @property
    def background(self) -> Background:
        """The same use cases as jobs, for a worker to do."""
        from accubench.workspace.background import Background

        return Background(self._surroundings())

    # --- the folder -----------------------------------------------------------------------------

    @property
    def housekeeping(self) -> Housekeeping:
        """Disk use, cache, logs and versions."""
        from accubench.workspace.housekeeping import Housekeeping

        return Housekeeping(self._store)

    def _surroundings(self) -> Surroundings:
        from accubench.tasks.surroundings import Surroundings

        return Surroundings(
            store=self._store,
            now=lambda: datetime.now(UTC),
            clock=time.perf_counter,
            entropy=os.urandom,
            progress=self._progress,
            cancelled=self._cancelled,
            made_id=self._made_ids.append,
        )


def sample_path(name: str) -> Path:
    """Where a file or folder of the sample that ships with the package lies."""
    return Path(str(files("accubench").joinpath(name)))


def _given(options: Mapping[str, str | int | None]) -> dict[str, str]:
    return {key: str(value) for key, value in options.items() if value is not None}
