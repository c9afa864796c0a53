"""Measure how far an optimised model's outputs are from those of its parent: report 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from accubench.analysis.distances import distance_scores, summarize_distance
from accubench.errors import Finding
from accubench.records.model import TensorDescription
from accubench.records.predictions import Predictions
from accubench.records.target import Target
from accubench.records.tensor_distance import DISTANCE_COLUMNS, TensorDistance
from accubench.tasks.comparison_cautions import pair_cautions
from accubench.tasks.paired_predictions import Pairing, ScoredPair, report_header, score_pair
from accubench.tasks.paired_scores import PairBlock, over_blocks
from accubench.tasks.predict import obtain_predictions
from accubench.tasks.scoring import ScoredModel
from accubench.tasks.surroundings import Surroundings

__all__ = ["Measuring", "measure_distance"]

_COMPARABLE = frozenset({"float32", "float16", "bfloat16", "float64", "uint8", "int8"})
"""Element types of outputs that hold values; other integers are ids, whose distance means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring(Pairing):
    """Between which models to measure the distance of outputs, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Output:
    """One output of both models."""

    name: str
    """As the optimised model calls it."""
    table: pl.DataFrame
    columns: int
    """Numbers per image that are compared."""
    predictions: tuple[Predictions, Predictions]
    is_scores: bool


def measure_distance(surroundings: Surroundings, wanted: Measuring) -> TensorDistance:
    """Make the report of the distances between the outputs of two models.

    Class scores come from the same predictions as accuracy reports and comparisons; further outputs that both models
    have, by name and size, are inferred for this report, and kept.

    Args:
        surroundings: Where things are kept, and who listens.
        wanted: Models, dataset, and how.

    Returns:
        The report, stored.

    Raises:
        UsageError: A model was calibrated on every image.
        LabelError: The models have different classes, or the dataset's cannot be matched to them.
        DatasetProblemsError: Annotations name classes that a model does not have.
        ConfigurationError: A configuration does not fit its model.
        InferenceError: The device is absent or failed.
        StorageFullError: The disk is full; finished parts are kept.
        Cancelled: The user asked to stop; finished parts are kept.
    """
    if wanted.report_id is not None:
        known = surroundings.store.catalogue.report(wanted.report_id)
        if isinstance(known, TensorDistance):  # made by a run that died after its last step
            return known
    started = surroundings.clock()
    pair = score_pair(surroundings, wanted)
    surroundings.say("report", "Measuring distances between the outputs of both models.")
    outputs = [
        _class_scores(surroundings, pair),
        *(_further_output(surroundings, pair, *outputs) for outputs in _shared_outputs(pair)),
    ]
    models = pair.describe((outputs[0].table["status"] == "compared").to_numpy())
    table = pl.concat([output.table for output in outputs])
    header = report_header(surroundings, wanted, pair, (*pair_cautions(pair, models), *_not_measured(pair)))
    report = TensorDistance(
        **dict(header),
        optimised=models[0],
        parent=models[1],
        lineage=wanted.optimised.parent_id == wanted.parent.id,
        matching=pair.matching,
        outputs=tuple(
            summarize_distance(table, output=each.name, columns=each.columns, is_scores=each.is_scores)
            for each in outputs
        ),
        other_predictions=tuple(kept.id for output in outputs[1:] for kept in output.predictions),
    )
    report = report.model_copy(update={"duration_s": surroundings.clock() - started})
    surroundings.store.keep_report(report, table)
    return report


def _class_scores(surroundings: Surroundings, pair: ScoredPair) -> _Output:
    readings = (pair.optimised.tabulated.reading, pair.parent.tabulated.reading)
    matched = pair.matching.parent_outputs

    def measure(block: PairBlock) -> pl.DataFrame:
        return distance_scores(
            block.optimised_nk,
            block.parent_nk,
            optimised_reading=readings[0],
            parent_reading=readings[1],
            quantizations=(readings[0].quantization, readings[1].quantization),
            parent_outputs=matched,
            compared_n=block.compared_n,
        )

    one_number = pair.matching.kind == "identity" and all(reading.sigmoid for reading in readings)
    name = pair.predictions[0].scores_output
    return _Output(
        name=name,
        table=_table(surroundings, pair, name, pair.predictions, measure),
        columns=1 if one_number else sum(output >= 0 for output in matched),
        predictions=pair.predictions,
        is_scores=True,
    )


def _further_output(
    surroundings: Surroundings, pair: ScoredPair, ours: TensorDescription, theirs: TensorDescription
) -> _Output:
    """The distances of an output that both models have besides class scores, number by number."""
    predictions = (
        _obtain(surroundings.about(f"optimised {ours.name}"), pair.optimised, ours, pair.project.target),
        _obtain(surroundings.about(f"parent {theirs.name}"), pair.parent, theirs, pair.project.target),
    )
    columns = predictions[0].score_columns

    def measure(block: PairBlock) -> pl.DataFrame:
        return distance_scores(
            block.optimised_nk,
            block.parent_nk,
            optimised_reading=None,
            parent_reading=None,
            quantizations=(ours.quantization, theirs.quantization),
            parent_outputs=range(columns),
            compared_n=block.compared_n,
        )

    return _Output(
        name=ours.name,
        table=_table(surroundings, pair, ours.name, predictions, measure),
        columns=columns,
        predictions=predictions,
        is_scores=False,
    )


def _obtain(surroundings: Surroundings, scored: ScoredModel, output: TensorDescription, target: Target) -> Predictions:
    """All numbers of one output for every image, stored or inferred."""
    model = scored.wanted.model
    surroundings.say("evaluate", f"{model.name}: output '{output.name}'.")
    wanted = replace(scored.resolved.predictions_wanted(scored.wanted, target), output=output.name)
    fresh, asked_at = scored.wanted.fresh, scored.wanted.asked_at
    return obtain_predictions(surroundings, wanted, fresh=fresh, asked_at=asked_at).predictions


def _table(
    surroundings: Surroundings,
    pair: ScoredPair,
    output: str,
    predictions: tuple[Predictions, Predictions],
    measure: Callable[[PairBlock], pl.DataFrame],
) -> pl.DataFrame:
    """One row per image with the columns of `DISTANCE_COLUMNS`."""
    cores = pair.project.target.cores
    table = over_blocks(surroundings.store, predictions, pair.images, measure, threads=cores)
    return table.with_columns(pl.lit(output).alias("output")).select(*DISTANCE_COLUMNS)


def _shared_outputs(pair: ScoredPair) -> list[tuple[TensorDescription, TensorDescription]]:
    """Outputs other than class scores that both models have under the same name with the same known size."""
    theirs = {output.name: output for output in _others(pair, 1)}
    return [
        (output, theirs[output.name])
        for output in _others(pair, 0)
        if output.name in theirs and output.shape[1:] == theirs[output.name].shape[1:] and None not in output.shape[1:]
    ]


def _others(pair: ScoredPair, side: int) -> list[TensorDescription]:
    """Outputs of one model that hold values, without its class scores."""
    model = (pair.optimised, pair.parent)[side].wanted.model
    scores = pair.predictions[side].scores_output
    return [each for each in model.description.outputs if each.name != scores and each.dtype in _COMPARABLE]


def _not_measured(pair: ScoredPair) -> tuple[Finding, ...]:
    """A warning about outputs that could not be held against one of the other model."""
    measured = {output.name for pair_of in _shared_outputs(pair) for output in pair_of}
    alone = sorted({output.name for side in (0, 1) for output in _others(pair, side)} - measured)
    if not alone:
        return ()
    listed = ", ".join(f"'{name}'" for name in alone)
    message = f"Not measured, because only one model has them, or their sizes differ or are open: outputs {listed}."
    return (Finding(code="outputs-not-measured", message=message, severity="warning"),)
