"""Projects as people look at them, and accuracy configurations as people write them for one."""

from __future__ import annotations

from accubench.configuration import PRESETS, parse_configuration, write_configuration
from accubench.configuration.form_writing import write_form
from accubench.errors import ProjectNotFoundError, WorkspaceError
from accubench.inference import find_target
from accubench.records.comparison import Comparison
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.preview import PreviewImage
from accubench.records.project import Project, ProjectOverview
from accubench.records.report import Report
from accubench.records.tensor_distance import TensorDistance
from accubench.storage import Store
from accubench.tasks.calibration_images import calibration_rows
from accubench.tasks.check_configuration import check_configuration
from accubench.tasks.configure import configure
from accubench.tasks.forecast import forecast_from_throughput
from accubench.tasks.preview import preview

__all__ = [
    "PRESETS",
    "check_configuration",
    "count_calibration_images",
    "expected_seconds",
    "find_project",
    "preview_images",
    "project_overview",
    "project_overviews",
    "proposed_configuration",
    "write_configuration",
    "write_form",
]


def project_overviews(store: Store) -> list[ProjectOverview]:
    """All projects whose model and dataset are still there, newest first."""
    models = {model.id: model for model in store.catalogue.models()}
    datasets = {dataset.id: dataset for dataset in store.catalogue.datasets()}
    return [
        _overview(store, project, models[project.model_id], datasets[project.dataset_id])
        for project in reversed(store.catalogue.projects())
        if project.model_id in models and project.dataset_id in datasets
    ]


def project_overview(store: Store, project_id: str) -> ProjectOverview:
    """One project.

    Raises:
        ProjectNotFoundError: There is none of that id.
        WorkspaceError: Its model or dataset is gone.
    """
    project = store.catalogue.project_by_id(project_id)
    if project is None:
        raise ProjectNotFoundError(
            f"There is no project '{project_id}' in {store.folder}. List them with `accubench projects list`."
        )
    model, dataset = store.catalogue.model(project.model_id), store.catalogue.dataset(project.dataset_id)
    if model is None or dataset is None:
        raise WorkspaceError(f"The model or the dataset of project {project_id} is gone; delete the project.")
    return _overview(store, project, model, dataset)


def find_project(store: Store, model_id: str, dataset_id: str, device: str) -> ProjectOverview | None:
    """The project of a model, a dataset and a device of this machine; None where there is none.

    Raises:
        InferenceError: This machine has no such device.
    """
    project = store.catalogue.project(model_id, dataset_id, find_target(device).key)
    return None if project is None else project_overview(store, project.id)


def expected_seconds(store: Store, overview: ProjectOverview) -> float | None:
    """How long inferring all images will take, from the measured throughput and the sizes of the files.

    None while no throughput is known.
    """
    run = overview.speed("throughput")
    if run is None or run.throughput_fps <= 0:
        return None
    target, manifest = overview.project.target, store.manifest(overview.dataset)
    return forecast_from_throughput(run.throughput_fps, manifest, workers=target.cores)


def count_calibration_images(store: Store, overview: ProjectOverview) -> int:
    """How many images of a project's dataset its model was calibrated on; 0 for an original model."""
    if overview.model.recipe is None:
        return 0
    return int(calibration_rows(store, overview.model, store.manifest(overview.dataset)).sum())


def preview_images(
    store: Store, overview: ProjectOverview, configuration_yaml: str, n: int, side: int
) -> list[PreviewImage]:
    """Images of the dataset before and after preprocessing; see `accubench.tasks.preview`.

    Raises:
        ConfigurationError: The YAML is wrong, or its steps do not end in the model's input.
    """
    resolved = parse_configuration(configuration_yaml, name="configuration")
    return preview(store, overview.model, overview.dataset, resolved.configuration, n=n, side=side)


def proposed_configuration(model: Model, start: str = "inferred") -> tuple[str, tuple[str, ...]]:
    """YAML to start from, without comments, and the sentences that go with it.

    Args:
        model: What the configuration is for.
        start: ``inferred``, or the name of a preset.

    Raises:
        ConfigurationError: The size of the model's input is known from nowhere, or its metadata is impossible.
        UsageError: There is no such preset.
    """
    resolved = configure(model, None if start == "inferred" else start)
    return write_configuration(resolved.configuration), resolved.notes


def _overview(store: Store, project: Project, model: Model, dataset: Dataset) -> ProjectOverview:
    catalogue = store.catalogue
    measured = [each for each in catalogue.benchmarks(model.id) if each.target.key == project.target.key]
    reports = list(reversed(catalogue.reports(project_id=project.id)))
    parent = None
    if model.parent_id is not None:
        parent = catalogue.project(model.parent_id, dataset.id, project.target.key)
    return ProjectOverview(
        project=project,
        model=model,
        dataset=dataset,
        benchmarks=tuple(reversed(measured)),
        reports=tuple(report for report in reports if isinstance(report, Report)),
        comparisons=tuple(report for report in reports if isinstance(report, Comparison)),
        distances=tuple(report for report in reports if isinstance(report, TensorDistance)),
        parent_project_id=None if parent is None else parent.id,
    )
