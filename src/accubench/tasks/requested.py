"""From the arguments of a job to the records that they name: one reading for who runs it and who looks at it."""

from __future__ import annotations

from accubench.configuration import parse_configuration
from accubench.errors import DatasetNotFoundError, ModelNotFoundError, ProjectNotFoundError
from accubench.records.accuracy_configuration import ResolvedConfiguration
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.project import Project
from accubench.storage import Store

__all__ = [
    "CONFIGURATION_NAME",
    "requested_configuration",
    "requested_dataset",
    "requested_model",
    "requested_project",
]

CONFIGURATION_NAME = "configuration.yaml"
"""What findings and origins call the configuration of a job, which is no file."""


def requested_model(store: Store, model_id: str) -> Model:
    """The model of an id.

    Raises:
        ModelNotFoundError: It is gone.
    """
    found = store.catalogue.model(model_id)
    if found is None:
        raise ModelNotFoundError(f"The model {model_id} is no longer in the workspace.")
    return found


def requested_dataset(store: Store, dataset_id: str) -> Dataset:
    """The dataset of an id.

    Raises:
        DatasetNotFoundError: It is gone.
    """
    found = store.catalogue.dataset(dataset_id)
    if found is None:
        raise DatasetNotFoundError(f"The dataset {dataset_id} is no longer in the workspace.")
    return found


def requested_project(store: Store, project_id: str) -> Project:
    """The project of an id.

    Raises:
        ProjectNotFoundError: It is gone.
    """
    found = store.catalogue.project_by_id(project_id)
    if found is None:
        raise ProjectNotFoundError(f"The project {project_id} is no longer in the workspace.")
    return found


def requested_configuration(text: str | None) -> ResolvedConfiguration | None:
    """The configuration of a job; None where it is to be inferred.

    Raises:
        ConfigurationError: It is wrong; all problems are listed.
    """
    return None if text is None else parse_configuration(text, name=CONFIGURATION_NAME)
