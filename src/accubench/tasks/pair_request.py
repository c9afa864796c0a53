"""From the record of a job to the two models that it is to hold against each other."""

from __future__ import annotations

from typing import Any

from accubench.records.job import Job
from accubench.records.job_arguments import CompareArguments, DistanceArguments
from accubench.storage import Store
from accubench.tasks.compare import Comparing
from accubench.tasks.distance import Measuring
from accubench.tasks.requested import requested_configuration, requested_dataset, requested_model, requested_project

__all__ = ["requested_comparison", "requested_distance"]


def requested_comparison(store: Store, given: CompareArguments, job: Job) -> Comparing:
    """The comparison that a job of kind ``compare`` was asked for.

    Args:
        store: Where models and datasets are.
        given: The job's arguments.
        job: The job; its `report_id` is the id that the report gets.

    Raises:
        ProjectNotFoundError, ModelNotFoundError, DatasetNotFoundError: What it needs is gone.
        ConfigurationError: The configuration is wrong; all problems are listed.
    """
    return Comparing(**_pair(store, given, job), margin=given.margin, speed_rounds=given.speed_rounds)


def requested_distance(store: Store, given: DistanceArguments, job: Job) -> Measuring:
    """The tensor distance that a job of kind ``distance`` was asked for; as `requested_comparison`."""
    return Measuring(**_pair(store, given, job))


def _pair(store: Store, given: CompareArguments | DistanceArguments, job: Job) -> dict[str, Any]:
    project = requested_project(store, given.project_id)
    return {
        "optimised": requested_model(store, project.model_id),
        "parent": requested_model(store, given.parent_model_id),
        "dataset": requested_dataset(store, project.dataset_id),
        "configuration": requested_configuration(given.configuration_yaml),
        "device": project.target.device,
        "execution": given.execution,
        "include_calibration": given.include_calibration,
        "fresh": given.fresh,
        "asked_at": job.created_at,
        "report_id": job.report_id,
    }
