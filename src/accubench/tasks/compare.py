"""Compare the predictions of an optimised model with those of its parent: report 2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from accubench.analysis.comparison_summary import summarize_comparison
from accubench.analysis.flip_labels import label_flips
from accubench.analysis.flips import TOP_CLASSES, compare_scores
from accubench.errors import Finding, InferenceError, UnsupportedModelError, UsageError
from accubench.records.comparison import COMPARISON_COLUMNS, Comparison, SpeedComparison
from accubench.records.report import EvaluatedModel
from accubench.tasks.compare_speed import check_speed_rounds, compare_speed
from accubench.tasks.comparison_cautions import pair_cautions
from accubench.tasks.labelled_flips import read_labels
from accubench.tasks.paired_predictions import Pairing, ScoredPair, report_header, score_pair
from accubench.tasks.paired_scores import PairBlock, over_blocks
from accubench.tasks.report_table import class_names
from accubench.tasks.surroundings import Surroundings

__all__ = ["Comparing", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing(Pairing):
    """What to compare, and how."""

    margin: float = 0.01
    """Greatest drop of top-1 accuracy that is accepted, as a share: 0.01 is one point."""
    speed_rounds: int = 5
    """Rounds of the measurement of speed; 0 for none."""
    speed_seconds: float = 1.0
    """How long each of them measures each model under each hint."""
    labels: Path | None = None
    """A file with the right classes of the flips, as `accubench.workspace.ComparisonReport.write_flips` writes it."""


def compare(surroundings: Surroundings, wanted: Comparing) -> Comparison:
    """Make the comparison of two models over the same classes.

    Scores of both are reused or inferred, and joined by image; everything but speed is a query on them.

    Args:
        surroundings: Where things are kept, and who listens.
        wanted: Models, dataset, and how.

    Returns:
        The report, stored.

    Raises:
        UsageError: The margin or the rounds are impossible, or a model was calibrated on every image.
        LabelError: The models have different classes, or the dataset's cannot be matched to them.
        DatasetProblemsError: Annotations, or labels of flips, name classes that a model does not have.
        ConfigurationError: A configuration does not fit its model.
        InferenceError: The device is absent or failed.
        StorageFullError: The disk is full; finished parts are kept.
        Cancelled: The user asked to stop; finished parts are kept.
    """
    if wanted.report_id is not None:
        known = surroundings.store.catalogue.report(wanted.report_id)
        if isinstance(known, Comparison):  # made by a run that died after its last step
            return known
    _check(wanted)
    started = surroundings.clock()
    pair = score_pair(surroundings, wanted)
    surroundings.say("report", "Comparing the scores of both models.")
    table = _table(surroundings, pair)
    models = pair.describe((table["status"] == "compared").to_numpy())
    labels = _labels(wanted, models[0], table)
    if labels:
        table = label_flips(table, labels, parent_outputs=pair.matching.parent_outputs)
    table = _with_names(table, *models)
    speed, doubts = _speed(surroundings, wanted, pair)
    header = report_header(surroundings, wanted, pair, (*pair_cautions(pair, models), *doubts))
    comparison = Comparison(
        **dict(header),
        optimised=models[0],
        parent=models[1],
        lineage=wanted.optimised.parent_id == wanted.parent.id,
        matching=pair.matching,
        summary=summarize_comparison(
            table,
            margin=wanted.margin,
            class_name=models[0].class_name,
            n_left_out=pair.n_left_out,
            top_k=min(TOP_CLASSES, *(model.scored_class_count for model in models)),
        ),
        speed=speed,
        labels_source=None if wanted.labels is None else wanted.labels.name,
    )
    comparison = comparison.model_copy(update={"duration_s": surroundings.clock() - started})
    surroundings.store.keep_report(comparison, table)
    return comparison


def _check(wanted: Comparing) -> None:
    """Refuse what is impossible before the work that comes first is done."""
    if not 0 < wanted.margin <= 1:  # also false for NaN
        raise UsageError(
            f"The margin is a share of images, more than 0 and at most 1, not {wanted.margin:g}: 0.01 is one point."
        )
    if wanted.speed_rounds != 0:
        check_speed_rounds(wanted.speed_rounds, wanted.speed_seconds)
    if wanted.labels is not None and not wanted.labels.is_file():
        raise UsageError(f"There is no file {wanted.labels} with the right classes of flips.")


def _table(surroundings: Surroundings, pair: ScoredPair) -> pl.DataFrame:
    """One row per image with the columns of `COMPARISON_COLUMNS` but for names of classes."""
    optimised = pair.optimised
    rows = pair.images["optimised_row"].to_numpy()
    # An image that only the parent has is not annotated as far as the optimised model is concerned.
    annotated_n = np.where(rows < 0, -1, optimised.resolved.annotated_n[rows])

    def compare_block(block: PairBlock) -> pl.DataFrame:
        return compare_scores(
            block.optimised_nk,
            block.parent_nk,
            optimised_reading=optimised.tabulated.reading,
            parent_reading=pair.parent.tabulated.reading,
            parent_outputs=pair.matching.parent_outputs,
            compared_n=block.compared_n,
            annotated_n=annotated_n[block.images],
            optimised_evaluated_n=block.optimised_evaluated_n,
            parent_evaluated_n=block.parent_evaluated_n,
        )

    cores = pair.project.target.cores
    table = over_blocks(surroundings.store, pair.predictions, pair.images, compare_block, threads=cores)
    classes = optimised.resolved.manifest.select("image_name", "dataset_class")
    return table.join(classes, on="image_name", how="left", maintain_order="left")


def _with_names(table: pl.DataFrame, ours: EvaluatedModel, theirs: EvaluatedModel) -> pl.DataFrame:
    """The table with names beside the ids of classes, its columns in the order of `COMPARISON_COLUMNS`."""
    named = table.with_columns(
        class_names(table["optimised_class"], ours.class_names).alias("optimised_name"),
        class_names(table["parent_class"], theirs.class_names).alias("parent_name"),
        class_names(table["annotated_class"], ours.class_names).alias("annotated_name"),
    )
    return named.select(*COMPARISON_COLUMNS)


def _labels(wanted: Comparing, ours: EvaluatedModel, table: pl.DataFrame) -> dict[str, int]:
    """Right classes of images by their names, from the file that was given."""
    if wanted.labels is None:
        return {}
    return read_labels(wanted.labels, class_names=ours.class_names, class_count=ours.class_count, images=table)


def _speed(
    surroundings: Surroundings, wanted: Comparing, pair: ScoredPair
) -> tuple[SpeedComparison | None, tuple[Finding, ...]]:
    """How fast both models are; a warning where a model cannot be measured, which is no reason to lose the rest."""
    if wanted.speed_rounds == 0:
        return None, ()
    try:
        measured = compare_speed(
            surroundings,
            wanted.optimised,
            wanted.parent,
            target=pair.project.target,
            execution=wanted.execution,
            rounds=wanted.speed_rounds,
            seconds=wanted.speed_seconds,
        )
    except (UnsupportedModelError, InferenceError) as error:
        return None, (Finding(code="speed-not-measured", message=f"Speed: {error}", severity="warning"),)
    return measured, ()
