"""From the record of a job to the evaluation that it is to make: one reading for who runs it and who looks at it."""

from __future__ import annotations

from collections.abc import Mapping

from accubench.records.execution import Execution
from accubench.records.job import Job
from accubench.storage import Store
from accubench.tasks.evaluation import Evaluation
from accubench.tasks.requested import requested_configuration, requested_dataset, requested_model, requested_project

__all__ = ["requested_evaluation"]


def requested_evaluation(store: Store, job: Job) -> Evaluation:
    """The evaluation that a job of kind ``evaluate`` was asked for, or that a job of kind ``check`` holds to account.

    The job's arguments are ``project_id``, ``configuration_yaml`` (null to infer it from the model), ``engine``,
    ``precision``, ``integer_kernels``, ``fresh`` and ``check``.

    Args:
        store: Where models and datasets are.
        job: The job; its `report_id` is the id that the report gets.

    Raises:
        ProjectNotFoundError: The project is gone.
        ModelNotFoundError: The model is gone.
        DatasetNotFoundError: The dataset is gone.
        ConfigurationError: The configuration is wrong; all problems are listed.
    """
    asked = job.arguments
    project = requested_project(store, str(asked["project_id"]))
    text = asked.get("configuration_yaml")
    return Evaluation(
        model=requested_model(store, project.model_id),
        dataset=requested_dataset(store, project.dataset_id),
        device=project.target.device,
        execution=_execution(asked),
        configuration=requested_configuration(None if text is None else str(text)),
        fresh=bool(asked.get("fresh")),
        check=asked.get("check") is not False,
        asked_at=job.created_at,
        report_id=job.report_id,
    )


def _execution(asked: Mapping[str, object]) -> Execution:
    """How to execute the model; what a job does not say, because it was queued before it could be asked, is usual."""
    return Execution.model_validate(
        {name: asked[name] for name in Execution.model_fields if asked.get(name) is not None}
    )
