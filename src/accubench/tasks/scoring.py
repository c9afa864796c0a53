"""A model's predictions on a dataset with the table that is made of them: what reports of every kind begin with."""

from __future__ import annotations

from dataclasses import dataclass

from accubench.records.target import Target
from accubench.tasks.evaluation import Evaluation, Resolved
from accubench.tasks.predict import Obtained, obtain_predictions
from accubench.tasks.report_table import RunningScores, Tabulated, tabulate
from accubench.tasks.surroundings import Surroundings

__all__ = ["ScoredModel", "score_images"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredModel:
    """Complete predictions of a model, and the table of report 1 made of them."""

    wanted: Evaluation
    resolved: Resolved
    obtained: Obtained
    tabulated: Tabulated

    @property
    def reused(self) -> bool:
        """Whether no image was inferred."""
        return self.obtained.inferred == 0

    @property
    def images_per_second(self) -> float | None:
        """How fast images were inferred; None where none was."""
        return self.obtained.inferred / self.obtained.seconds if self.obtained.seconds > 0 else None


def score_images(surroundings: Surroundings, wanted: Evaluation, resolved: Resolved, target: Target) -> ScoredModel:
    """Reuse or infer the scores of every image, and make the table.

    Args:
        surroundings: Where things are kept, and who listens.
        wanted: Model, dataset, and how.
        resolved: What follows from that.
        target: Where to infer.

    Raises:
        ConfigurationError: The configuration does not fit the model.
        InferenceError: The device failed.
        StorageFullError: The disk is full; finished parts are kept.
        Cancelled: The user asked to stop; finished parts are kept.
    """
    outputs = resolved.configuration.configuration.outputs
    description, scored_classes = wanted.model.description, resolved.scored_classes
    running = RunningScores(resolved.annotated_n, outputs, description, scored_classes=scored_classes)
    obtained = obtain_predictions(
        surroundings,
        resolved.predictions_wanted(wanted, target),
        fresh=wanted.fresh,
        asked_at=wanted.asked_at,
        finished=running.add,
    )
    surroundings.say("report", "Computing the report from stored scores.")
    tabulated = tabulate(
        obtained.predictions,
        surroundings.store.parts(obtained.predictions),
        manifest=resolved.manifest,
        annotated_n=resolved.annotated_n,
        names=resolved.names,
        outputs=outputs,
        description=description,
        threads=target.cores,
        scored_classes=scored_classes,
        known=running.known,
    )
    return ScoredModel(wanted=wanted, resolved=resolved, obtained=obtained, tabulated=tabulated)
