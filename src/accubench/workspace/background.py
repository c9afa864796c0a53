"""Use cases as jobs: the same work as the methods of `Workspace`, queued for a worker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accubench.errors import DatasetNotFoundError, ModelNotFoundError, ProjectNotFoundError, UsageError
from accubench.jobs import Jobs
from accubench.records.dataset import Dataset
from accubench.records.execution import EngineName, ExecutionPrecision
from accubench.records.job import Job, JobKind, JobState
from accubench.records.model import Model
from accubench.records.project import Project
from accubench.records.quantization import QuantizationSettings
from accubench.tasks.given_paths import given_path
from accubench.tasks.requested import requested_configuration
from accubench.tasks.surroundings import Surroundings

__all__ = ["Background"]

_IMPORTS = "import"
_CPU = "CPU"
_WAITING: tuple[JobState, ...] = ("queued", "running")
_DEFAULT_SETTINGS = QuantizationSettings()


class Background:
    """Queue long work; `accubench serve` or ``accubench worker`` does it.

    Args:
        surroundings: Where things are kept.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._catalogue = surroundings.store.catalogue
        self._jobs = Jobs(surroundings)

    def import_model(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        input_size_hw: tuple[int, int] | None = None,
        scores_output: str | None = None,
    ) -> Job:
        """Queue the import of a model file; the outcome holds ``model_id``."""
        where = given_path(path, "model").absolute()
        return self._jobs.submit(
            "import_model",
            {"path": str(where), "name": name, "input_size_hw": input_size_hw, "scores_output": scores_output},
            title=f"Import of model {name or where.stem}",
            queue=_IMPORTS,
        )

    def import_dataset(
        self, path: str | Path, *, name: str | None = None, roots: Sequence[Path] = (), **options: str | None
    ) -> Job:
        """Queue the import of a dataset; the outcome holds ``dataset_id``.

        Args:
            path: A folder, a table file, or an archive of images.
            name: What to call it; the folder's name by default.
            roots: Folders that images must lie in, links resolved; none for anywhere.
            options: ``split``, ``annotations``, ``labels``, ``path_column``, ``label_column``, ``limit``, ``every``.

        Raises:
            UsageError: ``limit`` or ``every`` cannot be read.
        """
        from accubench.datasets import SubsetWanted

        where = given_path(path, "dataset").absolute()
        given = {key: value for key, value in options.items() if value is not None}
        SubsetWanted.of(given)  # asked here, so that whoever filled in a form learns it there
        return self._jobs.submit(
            "import_dataset",
            {"path": str(where), "name": name, "options": given, "roots": [str(root) for root in roots]},
            title=f"Import of dataset {name or where.stem}",
            queue=_IMPORTS,
        )

    def check_dataset(self, dataset_id: str, *, fresh: bool = False) -> Job:
        """Queue a health check of a dataset; the outcome holds ``dataset_id``.

        Args:
            dataset_id: Which dataset, as it was when it was last imported.
            fresh: Look again even where the outcome is known.

        Returns:
            The job; where one for the same dataset waits or runs already, that one.

        Raises:
            DatasetNotFoundError: There is no such dataset.
        """
        dataset = self._dataset(dataset_id)
        waiting = self._surroundings.waiting_for(f"dataset {dataset.name}")
        with self._surroundings.store.lock(f"health check {dataset.id}", waiting=waiting):
            for job in self._jobs.jobs(states=_WAITING):
                if job.kind == "check_dataset" and job.arguments["dataset_id"] == dataset.id:
                    return job
            return self._jobs.submit(
                "check_dataset",
                {"dataset_id": dataset.id, "fresh": fresh},
                title=f"Health check of {dataset.name}",
                queue=_CPU,  # it takes all cores, which would disturb a measurement beside it
            )

    def take_subset(
        self,
        dataset_id: str,
        *,
        limit: str | None = None,
        every: str | None = None,
        roots: Sequence[Path] | None = None,
    ) -> Job:
        """Queue the import of a part of a dataset of the workspace; the outcome holds the part's ``dataset_id``.

        Args:
            dataset_id: The dataset; of one that is a part itself, another part of the whole is taken.
            limit: How many images at most.
            every: Or every which of the images.
            roots: Folders that images must lie in besides the dataset's own, links resolved; None for anywhere.

        Raises:
            DatasetNotFoundError: There is no such dataset.
            UsageError: Neither number is given, or both, or one is no whole number of 1 or more.
        """
        from accubench.datasets import SubsetWanted

        dataset = self._dataset(dataset_id)
        given = {key: value for key, value in (("limit", limit), ("every", every)) if value is not None}
        wanted = SubsetWanted.of(given)
        if wanted is None:
            raise UsageError("Give a number of images, or every which image is wanted.")
        allowed = [] if roots is None else [dataset.root, *map(str, roots)]
        return self._jobs.submit(
            "import_dataset",
            {"path": dataset.source, "dataset_id": dataset.id, "options": given, "roots": allowed},
            title=f"Part of dataset {dataset.name}: {wanted.way} {wanted.number}",
            queue=_IMPORTS,
        )

    def create_project(self, model_id: str, dataset_id: str, device: str = "CPU") -> Job:
        """Make a project, or find it, and queue its baseline inference; the outcome holds ``benchmark_id``.

        Raises:
            ModelNotFoundError: There is no such model.
            DatasetNotFoundError: There is no such dataset.
            InferenceError: There is no such device.
        """
        from accubench.inference import find_target
        from accubench.tasks.project_of import find_or_make_project

        model, dataset = self._model(model_id), self._dataset(dataset_id)
        project = find_or_make_project(self._surroundings, model, dataset, find_target(device))
        return self._jobs.submit(
            "create_project",
            {"model_id": model.id, "dataset_id": dataset.id, "device": project.target.device},
            title=f"Baseline inference of {model.name} on {project.target.device}",
            queue=project.target.device,
            project_id=project.id,
        )

    def check(
        self,
        project_id: str,
        *,
        images: int | None = 64,
        configuration_yaml: str | None = None,
        precision: ExecutionPrecision = "f32",
        integer_kernels: bool = True,
    ) -> Job:
        """Queue a numerics check; the outcome holds ``check_id``.

        Args:
            project_id: Whose model, dataset and target.
            images: How many images; None for all.
            configuration_yaml: The accuracy configuration; by default inferred from the model.
            precision: What floating-point layers are executed in.
            integer_kernels: False computes quantised layers in floating point.

        Raises:
            ProjectNotFoundError: There is no such project.
            ConfigurationError: The configuration is wrong; all problems are listed.
            UsageError: The number of images is not 1 or more.
        """
        project = self._project(project_id)
        model, dataset = self._model(project.model_id), self._dataset(project.dataset_id)
        requested_configuration(configuration_yaml)
        return self._jobs.submit(
            "check",
            {
                "project_id": project.id,
                "images": images,
                "configuration_yaml": configuration_yaml,
                "precision": precision,
                "integer_kernels": integer_kernels,
            },
            title=f"Numerics check of {model.name} on {dataset.name}",
            queue=project.target.device,
            project_id=project.id,
        )

    def benchmark(self, project_id: str, seconds: float) -> Job:
        """Queue a measurement of speed; the outcome holds ``benchmark_id``.

        Args:
            project_id: Whose model and target.
            seconds: How long to measure under each of the two performance hints.

        Raises:
            ProjectNotFoundError: There is no such project.
            UsageError: Seconds are not more than 0 and less than a day.
        """
        project = self._project(project_id)
        if not 0 < seconds < 86_400:
            raise UsageError(f"Seconds to measure must be more than 0 and less than a day, not {seconds:g}.")
        return self._jobs.submit(
            "benchmark",
            {"project_id": project.id, "seconds": seconds},
            title=f"Benchmark of {self._model(project.model_id).name} on {project.target.device}",
            queue=project.target.device,
            project_id=project.id,
        )

    def evaluate(
        self,
        project_id: str,
        *,
        configuration_yaml: str | None = None,
        engine: EngineName = "openvino",
        precision: ExecutionPrecision = "f32",
        integer_kernels: bool = True,
        fresh: bool = False,
    ) -> Job:
        """Queue an accuracy report; ``report_id`` of the job is the id that it will have.

        Args:
            project_id: Whose model, dataset and target.
            configuration_yaml: The accuracy configuration; by default inferred from the model.
            engine: ``openvino``; or ``onnxruntime`` (ONNX models) or ``litert`` (TensorFlow Lite) to hold it against.
            precision: What floating-point layers are executed in.
            integer_kernels: False computes quantised layers in floating point.
            fresh: Infer anew even where scores are stored.

        Raises:
            ProjectNotFoundError: There is no such project.
            ConfigurationError: The configuration is wrong; all problems are listed.
        """
        project = self._project(project_id)
        model, dataset = self._model(project.model_id), self._dataset(project.dataset_id)
        requested_configuration(configuration_yaml)
        return self._jobs.submit(
            "evaluate",
            {
                "project_id": project.id,
                "configuration_yaml": configuration_yaml,
                "engine": engine,
                "precision": precision,
                "integer_kernels": integer_kernels,
                "fresh": fresh,
            },
            title=f"Accuracy report of {model.name} on {dataset.name}",
            queue=project.target.device,
            project_id=project.id,
            report_id=self._surroundings.new_id("report"),
        )

    def quantize(
        self,
        project_id: str,
        *,
        dataset_id: str | None = None,
        validation_dataset_id: str | None = None,
        configuration_yaml: str | None = None,
        settings: QuantizationSettings = _DEFAULT_SETTINGS,
        name: str | None = None,
    ) -> Job:
        """Queue the quantisation of a project's model; its new project gets a baseline inference.

        The outcome holds ``model_id``, ``project_id`` and ``benchmark_id``.

        Args:
            project_id: Whose model, and on whose dataset and target the new model is looked at.
            dataset_id: Calibration images; by default those of the project.
            validation_dataset_id: For the accuracy-aware method; by default the project's dataset.
            configuration_yaml: The accuracy configuration; by default inferred from the model.
            settings: What is asked of NNCF.
            name: What to call the new model; by default the parent's name with ``-int8``.

        Raises:
            ProjectNotFoundError, DatasetNotFoundError: There is no such project or dataset.
            ConfigurationError: The configuration is wrong; all problems are listed.
        """
        project = self._project(project_id)
        for each in (dataset_id, validation_dataset_id):
            if each is not None:
                self._dataset(each)
        requested_configuration(configuration_yaml)
        return self._jobs.submit(
            "quantize",
            {
                "project_id": project.id,
                "dataset_id": dataset_id,
                "validation_dataset_id": validation_dataset_id,
                "configuration_yaml": configuration_yaml,
                "settings": settings,
                "name": name,
            },
            title=f"Quantisation of {self._model(project.model_id).name} to INT8",
            queue=project.target.device,
            project_id=project.id,
        )

    def compare(
        self,
        project_id: str,
        parent_model_id: str,
        *,
        configuration_yaml: str | None = None,
        engine: EngineName = "openvino",
        precision: ExecutionPrecision = "f32",
        integer_kernels: bool = True,
        margin: float = 0.01,
        include_calibration: bool = False,
        speed_rounds: int = 5,
        fresh: bool = False,
    ) -> Job:
        """Queue the comparison of a project's model; ``report_id`` of the job is the id that it will have.

        Args:
            project_id: Whose model, dataset and target.
            parent_model_id: The model to compare with.
            configuration_yaml: The accuracy configuration for both; by default as for `Workspace.compare`.
            engine: ``openvino``; or ``onnxruntime`` (ONNX models) or ``litert`` (TensorFlow Lite) to hold it against.
            precision: What floating-point layers are executed in.
            integer_kernels: False computes quantised layers in floating point.
            margin: Greatest drop of top-1 accuracy that is accepted, as a share.
            include_calibration: Whether images that a model was calibrated on take part.
            speed_rounds: Rounds of the measurement of speed; 0 for none.
            fresh: Infer anew even where scores are stored.

        Raises:
            ProjectNotFoundError, ModelNotFoundError: There is no such project or model.
            ConfigurationError: The configuration is wrong; all problems are listed.
            UsageError: The margin or the rounds are impossible.
        """
        return self._submit_pair(
            "compare",
            project_id,
            parent_model_id,
            configuration_yaml,
            title="Comparison of {model} with {parent} on {dataset}",
            engine=engine,
            precision=precision,
            integer_kernels=integer_kernels,
            margin=margin,
            include_calibration=include_calibration,
            speed_rounds=speed_rounds,
            fresh=fresh,
        )

    def distance(
        self,
        project_id: str,
        parent_model_id: str,
        *,
        configuration_yaml: str | None = None,
        engine: EngineName = "openvino",
        precision: ExecutionPrecision = "f32",
        integer_kernels: bool = True,
        include_calibration: bool = False,
        fresh: bool = False,
    ) -> Job:
        """Queue the tensor distance of a project's model to another; arguments and errors are those of `compare`."""
        return self._submit_pair(
            "distance",
            project_id,
            parent_model_id,
            configuration_yaml,
            title="Tensor distance of {model} to {parent} on {dataset}",
            engine=engine,
            precision=precision,
            integer_kernels=integer_kernels,
            include_calibration=include_calibration,
            fresh=fresh,
        )

    # --- how ------------------------------------------------------------------------------------

    def _submit_pair(
        self,
        kind: JobKind,
        project_id: str,
        parent_model_id: str,
        configuration_yaml: str | None,
        *,
        title: str,
        **arguments: object,
    ) -> Job:
        project, parent = self._project(project_id), self._model(parent_model_id)
        model, dataset = self._model(project.model_id), self._dataset(project.dataset_id)
        requested_configuration(configuration_yaml)
        return self._jobs.submit(
            kind,
            {
                "project_id": project.id,
                "parent_model_id": parent.id,
                "configuration_yaml": configuration_yaml,
                **arguments,
            },
            title=title.format(model=model.name, parent=parent.name, dataset=dataset.name),
            queue=project.target.device,
            project_id=project.id,
            report_id=self._surroundings.new_id("report"),
        )

    def _model(self, model_id: str) -> Model:
        found = self._catalogue.model(model_id)
        if found is None:
            raise ModelNotFoundError(f"There is no model '{model_id}' in the workspace.")
        return found

    def _dataset(self, dataset_id: str) -> Dataset:
        found = self._catalogue.dataset(dataset_id)
        if found is None:
            raise DatasetNotFoundError(f"There is no dataset '{dataset_id}' in the workspace.")
        return found

    def _project(self, project_id: str) -> Project:
        found = self._catalogue.project_by_id(project_id)
        if found is None:
            raise ProjectNotFoundError(f"There is no project '{project_id}' in the workspace.")
        return found
