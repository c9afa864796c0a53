"""From the record of a job to the evaluation that it is to make: one reading for who runs it and who looks at it."""

from __future__ import annotations

from typing import cast

from accubench.configuration import parse_configuration
from accubench.errors import DatasetNotFoundError, ModelNotFoundError, ProjectNotFoundError
from accubench.inference import ExecutionPrecision
from accubench.records.job import Job
from accubench.storage import Store
from accubench.tasks.evaluation import Evaluation

__all__ = ["CONFIGURATION_NAME", "requested_evaluation"]

CONFIGURATION_NAME = "configuration.yaml"
"""What findings and origins call the configuration of a job, which is no file."""


def requested_evaluation(store: Store, job: Job) -> Evaluation:
    """The evaluation that a job of kind ``evaluate`` was asked for.

    The job's arguments are ``project_id``, ``configuration_yaml`` (null to infer it from the model), ``precision`` and
    ``fresh``.

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
    catalogue = store.catalogue
    project = catalogue.project_by_id(str(asked["project_id"]))
    if project is None:
        raise ProjectNotFoundError(f"The project {asked['project_id']} is no longer in the workspace.")
    model, dataset = catalogue.model(project.model_id), catalogue.dataset(project.dataset_id)
    if model is None:
        raise ModelNotFoundError(f"The model {project.model_id} is no longer in the workspace.")
    if dataset is None:
        raise DatasetNotFoundError(f"The dataset {project.dataset_id} is no longer in the workspace.")
    text = asked.get("configuration_yaml")
    return Evaluation(
        model=model,
        dataset=dataset,
        device=project.target.device,
        precision=cast("ExecutionPrecision", asked.get("precision") or "f32"),
        configuration=None if text is None else parse_configuration(str(text), name=CONFIGURATION_NAME),
        fresh=bool(asked.get("fresh")),
        asked_at=job.created_at,
        report_id=job.report_id,
    )
