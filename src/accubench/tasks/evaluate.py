"""Evaluate a model on a dataset: report 1, *accuracy evaluation on validation dataset*."""

from __future__ import annotations

from accubench.inference import find_target
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.project import Project
from accubench.records.report import Report
from accubench.records.target import Target
from accubench.tasks.calibration_images import calibration_rows
from accubench.tasks.evaluation import Evaluation, describe_report, resolve
from accubench.tasks.scoring import score_images
from accubench.tasks.surroundings import Surroundings

__all__ = ["Evaluation", "evaluate", "find_or_make_project"]


def evaluate(surroundings: Surroundings, wanted: Evaluation) -> Report:
    """Make the accuracy report.

    The project is made or reused, scores are reused or inferred, and everything else is a query on the scores.

    Args:
        surroundings: Where things are kept, and who listens.
        wanted: Model, dataset, and how.

    Returns:
        The report, stored.

    Raises:
        ConfigurationError: The configuration does not fit the model.
        LabelError: The dataset's classes cannot be matched to the model's outputs.
        DatasetProblemsError: Annotations name classes that the model does not have.
        InferenceError: The device is absent or failed.
        StorageFullError: The disk is full; finished parts are kept.
        Cancelled: The user asked to stop; finished parts are kept.
    """
    if wanted.report_id is not None:
        known = surroundings.store.catalogue.report(wanted.report_id)
        if isinstance(known, Report):  # made by a run that died after its last step
            return known
    started = surroundings.clock()
    store = surroundings.store
    target = find_target(wanted.device)
    resolved = resolve(wanted, store.manifest(wanted.dataset))
    project = find_or_make_project(surroundings, wanted.model, wanted.dataset, target)
    scored = score_images(surroundings, wanted, resolved, project.target)
    report = describe_report(
        wanted,
        resolved,
        project=project,
        predictions=scored.obtained.predictions,
        tabulated=scored.tabulated,
        report_id=wanted.report_id or surroundings.new_id("report"),
        created_at=surroundings.now(),
        calibrated_n=calibration_rows(store, wanted.model, resolved.manifest),
        reused=scored.reused,
        images_per_second=scored.images_per_second,
    )
    report = report.model_copy(update={"duration_s": surroundings.clock() - started})
    store.keep_report(report, scored.tabulated.table)
    return report


def find_or_make_project(surroundings: Surroundings, model: Model, dataset: Dataset, target: Target) -> Project:
    """The project of a model, a dataset and a target."""
    catalogue = surroundings.store.catalogue
    with surroundings.store.lock("make a project", waiting=surroundings.waiting_for("the list of projects")):
        project = catalogue.project(model.id, dataset.id, target.key)
        if project is None:
            project = Project(
                id=surroundings.new_id("project"),
                model_id=model.id,
                dataset_id=dataset.id,
                target=target,
                created_at=surroundings.now(),
            )
            catalogue.add_project(project)
    return project
