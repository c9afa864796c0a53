"""Which task a kind of job calls, with what, and what it makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from accubench.errors import DatasetNotFoundError, ModelNotFoundError, ProjectNotFoundError
from accubench.jobs.arguments import checked_arguments
from accubench.records.dataset import Dataset
from accubench.records.job import Job, JobKind
from accubench.records.job_arguments import (
    BenchmarkArguments,
    CreateProjectArguments,
    EvaluateArguments,
    ImportDatasetArguments,
    ImportModelArguments,
)
from accubench.records.model import Model
from accubench.records.project import Project
from accubench.tasks.surroundings import Surroundings

__all__ = ["do_work"]

Made = dict[str, str]


def do_work(surroundings: Surroundings, job: Job) -> Made:
    """Call the task of a job.

    ============== ================================ ================================
    kind           arguments                        makes
    ============== ================================ ================================
    import_model   `ImportModelArguments`           ``model_id``
    import_dataset `ImportDatasetArguments`         ``dataset_id``
    create_project `CreateProjectArguments`         ``project_id``, ``benchmark_id``
    benchmark      `BenchmarkArguments`             ``project_id``, ``benchmark_id``
    evaluate       `EvaluateArguments`              ``project_id``, ``report_id``
    ============== ================================ ================================

    Called again for the same job, it continues: finished parts are kept, and a report is made once.

    Args:
        surroundings: Where things are kept, and who listens.
        job: What to do.

    Returns:
        Ids of what was made.

    Raises:
        AccuBenchError: What the task says.
        Cancelled: The user asked to stop.
    """
    return _TASKS[job.kind](surroundings, checked_arguments(job.kind, job.arguments), job)


def _import_model(surroundings: Surroundings, given: ImportModelArguments, _job: Job) -> Made:
    from accubench.tasks.import_model import import_model

    surroundings.say("import", f"Reading the model {given.path}.")
    model = import_model(
        surroundings,
        Path(given.path),
        name=given.name,
        input_size_hw=given.input_size_hw,
        scores_output=given.scores_output,
    )
    return {"model_id": model.id}


def _import_dataset(surroundings: Surroundings, given: ImportDatasetArguments, _job: Job) -> Made:
    from accubench.tasks.import_dataset import import_dataset

    roots = [Path(root) for root in given.roots]
    dataset = import_dataset(surroundings, Path(given.path), name=given.name, options=given.options, roots=roots)
    return {"dataset_id": dataset.id}


def _create_project(surroundings: Surroundings, given: CreateProjectArguments, _job: Job) -> Made:
    from accubench.tasks.create_project import create_project

    model, dataset = _model(surroundings, given.model_id), _dataset(surroundings, given.dataset_id)
    project, baseline = create_project(surroundings, model, dataset, device=given.device, seconds=given.seconds)
    return {"project_id": project.id, "benchmark_id": baseline.id}


def _benchmark(surroundings: Surroundings, given: BenchmarkArguments, _job: Job) -> Made:
    from accubench.tasks.benchmark import benchmark

    project = _project(surroundings, given.project_id)
    model = _model(surroundings, project.model_id)
    measured = benchmark(surroundings, model, device=project.target.device, seconds=given.seconds)
    return {"project_id": project.id, "benchmark_id": measured.id}


def _evaluate(surroundings: Surroundings, _given: EvaluateArguments, job: Job) -> Made:
    from accubench.tasks.evaluate import evaluate
    from accubench.tasks.evaluation_request import requested_evaluation

    report = evaluate(surroundings, requested_evaluation(surroundings.store, job))
    return {"project_id": report.project_id, "report_id": report.id}


def _model(surroundings: Surroundings, model_id: str) -> Model:
    found = surroundings.store.catalogue.model(model_id)
    if found is None:
        raise ModelNotFoundError(f"The model {model_id} is no longer in the workspace.")
    return found


def _dataset(surroundings: Surroundings, dataset_id: str) -> Dataset:
    found = surroundings.store.catalogue.dataset(dataset_id)
    if found is None:
        raise DatasetNotFoundError(f"The dataset {dataset_id} is no longer in the workspace.")
    return found


def _project(surroundings: Surroundings, project_id: str) -> Project:
    found = surroundings.store.catalogue.project_by_id(project_id)
    if found is None:
        raise ProjectNotFoundError(f"The project {project_id} is no longer in the workspace.")
    return found


_TASKS: dict[JobKind, Callable[[Surroundings, Any, Job], Made]] = {
    "import_model": _import_model,
    "import_dataset": _import_dataset,
    "create_project": _create_project,
    "benchmark": _benchmark,
    "evaluate": _evaluate,
}
