"""From the arguments of a job to the quantisation that it is to do."""

from __future__ import annotations

from accubench.records.job_arguments import QuantizeArguments
from accubench.storage import Store
from accubench.tasks.quantize import Quantizing
from accubench.tasks.requested import requested_configuration, requested_dataset, requested_model, requested_project

__all__ = ["requested_quantization"]


def requested_quantization(store: Store, given: QuantizeArguments) -> Quantizing:
    """The quantisation that a job of kind ``quantize`` was asked for.

    Args:
        store: Where models and datasets are.
        given: The job's arguments.

    Raises:
        ProjectNotFoundError, ModelNotFoundError, DatasetNotFoundError: What it needs is gone.
        ConfigurationError: The configuration is wrong; all problems are listed.
    """
    project = requested_project(store, given.project_id)
    validation_id = given.validation_dataset_id
    if validation_id is None and given.settings.goal is not None:
        validation_id = project.dataset_id
    return Quantizing(
        model=requested_model(store, project.model_id),
        dataset=requested_dataset(store, given.dataset_id or project.dataset_id),
        validation_dataset=None if validation_id is None else requested_dataset(store, validation_id),
        configuration=requested_configuration(given.configuration_yaml),
        settings=given.settings,
        name=given.name,
        device=project.target.device,
    )
