"""What tests of uploads share: doing the queued work without a worker."""

from __future__ import annotations

from typing import Any

from accubench.errors import AccuBenchError
from accubench.records.job import Job, JobOutcome
from accubench.web import Workbench


def run_jobs(workbench: Workbench) -> list[Job]:
    """Do all queued imports at once, as a worker would, one after the other."""
    catalogue = workbench.workspace._store.catalogue
    done = [_run(workbench, job) for job in reversed(catalogue.jobs(states=["queued"]))]
    for job in done:
        assert catalogue.update_job(job, only_if=["queued"])
    return done


def _run(workbench: Workbench, job: Job) -> Job:
    arguments: dict[str, Any] = dict(job.arguments)
    options = arguments.pop("options", None) or {}
    size = arguments.get("input_size_hw")
    if size:
        arguments["input_size_hw"] = tuple(size)
    path = arguments.pop("path")
    try:
        if job.kind == "import_model":
            made = {"model_id": workbench.workspace.import_model(path, **arguments).id}
        else:
            made = {"dataset_id": workbench.workspace.import_dataset(path, **arguments, **options).id}
    except AccuBenchError as error:
        return job.model_copy(update={"state": "failed", "outcome": JobOutcome(error=str(error))})
    return job.model_copy(update={"state": "succeeded", "outcome": JobOutcome(result=made)})
