"""Which task a kind of job calls, with what, and what it makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from accubench.jobs.arguments import checked_arguments
from accubench.records.job import Job, JobKind
from accubench.records.job_arguments import (
    BenchmarkArguments,
    CheckArguments,
    CheckDatasetArguments,
    CompareArguments,
    CreateProjectArguments,
    DistanceArguments,
    EvaluateArguments,
    ImportDatasetArguments,
    ImportModelArguments,
    QuantizeArguments,
)
from accubench.tasks.requested import requested_dataset, requested_model, requested_project
from accubench.tasks.surroundings import Surroundings

__all__ = ["do_work"]

Made = dict[str, str]


def do_work(surroundings: Surroundings, job: Job) -> Made:
    """Call the task of a job.

    ============== ================================ ==========================================
    kind           arguments                        makes
    ============== ================================ ==========================================
    import_model   `ImportModelArguments`           ``model_id``
    import_dataset `ImportDatasetArguments`         ``dataset_id``
    create_project `CreateProjectArguments`         ``project_id``, ``benchmark_id``
    benchmark      `BenchmarkArguments`             ``project_id``, ``benchmark_id``
    evaluate       `EvaluateArguments`              ``project_id``, ``report_id``
    quantize       `QuantizeArguments`              ``model_id``, ``project_id``, ``benchmark_id``
    compare        `CompareArguments`               ``project_id``, ``report_id``
    distance       `DistanceArguments`              ``project_id``, ``report_id``
    check          `CheckArguments`                 ``project_id``, ``check_id``
    check_dataset  `CheckDatasetArguments`          ``dataset_id``
    ============== ================================ ==========================================

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
    from accubench.tasks.import_dataset import find_or_import_dataset, import_dataset

    roots = [Path(root) for root in given.roots]
    if given.dataset_id is not None:
        known = requested_dataset(surroundings.store, given.dataset_id)
        return {"dataset_id": find_or_import_dataset(surroundings, known.id, options=given.options, roots=roots).id}
    dataset = import_dataset(surroundings, Path(given.path), name=given.name, options=given.options, roots=roots)
    return {"dataset_id": dataset.id}


def _create_project(surroundings: Surroundings, given: CreateProjectArguments, _job: Job) -> Made:
    from accubench.tasks.create_project import create_project

    store = surroundings.store
    model, dataset = requested_model(store, given.model_id), requested_dataset(store, given.dataset_id)
    project, baseline = create_project(surroundings, model, dataset, device=given.device, seconds=given.seconds)
    return {"project_id": project.id, "benchmark_id": baseline.id}


def _benchmark(surroundings: Surroundings, given: BenchmarkArguments, _job: Job) -> Made:
    from accubench.tasks.benchmark import benchmark

    project = requested_project(surroundings.store, given.project_id)
    model = requested_model(surroundings.store, project.model_id)
    measured = benchmark(surroundings, model, device=project.target.device, seconds=given.seconds)
    return {"project_id": project.id, "benchmark_id": measured.id}


def _evaluate(surroundings: Surroundings, _given: EvaluateArguments, job: Job) -> Made:
    from accubench.tasks.evaluate import evaluate
    from accubench.tasks.evaluation_request import requested_evaluation

    report = evaluate(surroundings, requested_evaluation(surroundings.store, job))
    return {"project_id": report.project_id, "report_id": report.id}


def _quantize(surroundings: Surroundings, given: QuantizeArguments, _job: Job) -> Made:
    from accubench.tasks.create_project import create_project
    from accubench.tasks.quantize import quantize
    from accubench.tasks.quantize_request import requested_quantization

    store = surroundings.store
    model = quantize(surroundings, requested_quantization(store, given))
    project = requested_project(store, given.project_id)
    dataset = requested_dataset(store, project.dataset_id)
    child, baseline = create_project(surroundings, model, dataset, device=project.target.device, seconds=given.seconds)
    return {"model_id": model.id, "project_id": child.id, "benchmark_id": baseline.id}


def _compare(surroundings: Surroundings, given: CompareArguments, job: Job) -> Made:
    from accubench.tasks.compare import compare
    from accubench.tasks.pair_request import requested_comparison

    report = compare(surroundings, requested_comparison(surroundings.store, given, job))
    return {"project_id": report.project_id, "report_id": report.id}


def _distance(surroundings: Surroundings, given: DistanceArguments, job: Job) -> Made:
    from accubench.tasks.distance import measure_distance
    from accubench.tasks.pair_request import requested_distance

    report = measure_distance(surroundings, requested_distance(surroundings.store, given, job))
    return {"project_id": report.project_id, "report_id": report.id}


def _check(surroundings: Surroundings, given: CheckArguments, job: Job) -> Made:
    from accubench.tasks.check_numerics import check_numerics
    from accubench.tasks.evaluation_request import requested_evaluation

    wanted = requested_evaluation(surroundings.store, job)
    made = check_numerics(surroundings, wanted, images=given.images)
    return {"project_id": made.project_id, "check_id": made.id}


def _check_dataset(surroundings: Surroundings, given: CheckDatasetArguments, job: Job) -> Made:
    from accubench.tasks.check_dataset import check_dataset

    dataset = requested_dataset(surroundings.store, given.dataset_id)
    health = check_dataset(surroundings, dataset, fresh=given.fresh, asked_at=job.created_at)
    return {"dataset_id": health.dataset_id}


_TASKS: dict[JobKind, Callable[[Surroundings, Any, Job], Made]] = {
    "import_model": _import_model,
    "import_dataset": _import_dataset,
    "create_project": _create_project,
    "benchmark": _benchmark,
    "evaluate": _evaluate,
    "quantize": _quantize,
    "compare": _compare,
    "distance": _distance,
    "check": _check,
    "check_dataset": _check_dataset,
}
