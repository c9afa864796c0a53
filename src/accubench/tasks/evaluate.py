"""Evaluate a model on a dataset: report 1, *accuracy evaluation on validation dataset*."""

from __future__ import annotations

from accubench.inference import find_target
from accubench.records.report import Report
from accubench.tasks.calibration_images import calibration_rows
from accubench.tasks.check_numerics import check_with_report
from accubench.tasks.evaluation import Evaluation, describe_report, resolve
from accubench.tasks.project_of import find_or_make_project
from accubench.tasks.scoring import score_images
from accubench.tasks.surroundings import Surroundings

__all__ = ["Evaluation", "evaluate"]


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
    check_id, warnings = check_with_report(surroundings, wanted) if wanted.check else (None, ())
    findings = (*report.findings, *warnings)
    duration_s = surroundings.clock() - started
    report = report.model_copy(update={"findings": findings, "check_id": check_id, "duration_s": duration_s})
    store.keep_report(report, scored.tabulated.table)
    return report
