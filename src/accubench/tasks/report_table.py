"""The table of report 1, as a query on stored scores: how they are read, and one row per image."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import ScoreRange, score_table
from accubench.errors import Finding
from accubench.records.accuracy_configuration import Outputs
from accubench.records.class_names import ClassNames
from accubench.records.dataset import Dataset
from accubench.records.model import ModelDescription, Quantization
from accubench.records.predictions import Predictions
from accubench.records.report import REPORT_COLUMNS, LabelMapping, ScoreReading
from accubench.storage import Part, PartFolder

__all__ = [
    "RunningScores",
    "ScoredParts",
    "Tabulated",
    "annotated_outputs",
    "class_names",
    "decide_reading",
    "tabulate",
]

T = TypeVar("T")
Kind = Literal["logits", "probabilities"]


def annotated_outputs(dataset: Dataset, manifest: pl.DataFrame, mapping: LabelMapping | None) -> NDArray[np.int32]:
    """The annotated class of every image as an output of the model, shape (images,); -1 where there is none."""
    if mapping is None or not dataset.annotated:
        return np.full(len(manifest), -1, np.int32)
    outputs = manifest["dataset_class"].replace_strict(mapping.outputs, default=-1, return_dtype=pl.Int32)
    return outputs.fill_null(-1).to_numpy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabulated:
    """The table of a report, with how its scores were read."""

    table: pl.DataFrame
    """One row per image in dataset order, with the columns of `REPORT_COLUMNS`."""
    reading: ScoreReading
    doubts: tuple[Finding, ...]
    """What the numbers say against the reading."""
    positions: NDArray[np.int64]
    """For each row of the table its row in the dataset; all of them in order where all parts were read."""


@dataclass(slots=True)
class ScoredParts:
    """What parts say, kept by whoever asks again when there are more of them."""

    seen: dict[int, ScoreRange] = field(default_factory=dict[int, ScoreRange])
    """Ranges of scores by number of the part."""
    scored: dict[tuple[Kind, int], Scored] = field(default_factory=dict[tuple[Kind, int], "Scored"])
    """Rows by how scores were read and number of the part."""


def tabulate(
    predictions: Predictions,
    folder: PartFolder,
    *,
    manifest: pl.DataFrame,
    annotated_n: NDArray[np.int32],
    names: ClassNames | None,
    outputs: Outputs,
    description: ModelDescription,
    threads: int,
    scored_classes: tuple[int, ...] | None = None,
    numbers: Sequence[int] | None = None,
    known: ScoredParts | None = None,
) -> Tabulated:
    """Make the table of report 1 from stored scores.

    How scores become confidences is decided by the configuration's word first, then the graph's, then the numbers'.
    Parts are read once (twice where the numbers decide), in `threads` threads; no more parts than threads are in memory
    at a time.

    Args:
        predictions: What the parts belong to.
        folder: Where they are.
        manifest: The dataset's images.
        annotated_n: As `annotated_outputs` makes it.
        names: Names of the model's outputs.
        outputs: The configuration's word on how scores are read.
        description: The graph's.
        threads: How many parts are worked on at a time.
        scored_classes: The outputs that are scored, ascending; None for all.
        numbers: The parts to read, ascending; all by default.
        known: What earlier calls for the same predictions found; parts in it are not read again, new ones are added.
    """
    numbers = range(predictions.n_parts) if numbers is None else numbers
    known = ScoredParts() if known is None else known

    def over_parts(work: Callable[[Part], T], done: Container[int]) -> Iterator[tuple[int, T]]:
        def read_and_work(number: int) -> tuple[int, T]:
            return number, work(folder.read(number))

        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(read_and_work, [number for number in numbers if number not in done])

    def seen_of(part: Part) -> ScoreRange:
        return _seen(part, predictions.quantization)

    def all_seen() -> ScoreRange:
        nothing = ScoreRange(columns=predictions.score_columns)
        return reduce(ScoreRange.merge, (known.seen[number] for number in numbers), nothing)

    def see_all() -> ScoreRange:
        known.seen.update(over_parts(seen_of, known.seen))
        return all_seen()

    reading = decide_reading(outputs, description, predictions.quantization, see_all, scored_classes=scored_classes)
    kind = reading.kind

    def scored_of(part: Part) -> Scored:
        return _score(part, annotated_n, reading)

    done = {number for of_kind, number in known.scored if of_kind == kind}
    for number, found in over_parts(scored_of, done):
        known.scored[kind, number] = found
        known.seen[number] = found.seen
    scored = [known.scored[kind, number] for number in numbers]
    positions = np.concatenate([np.arange(part.first_row, part.first_row + len(part.table)) for part in scored])
    table = _with_manifest(
        pl.concat([part.table for part in scored]), manifest[positions], annotated_n[positions], names
    )
    return Tabulated(table=table, reading=reading, doubts=all_seen().warnings(reading), positions=positions)


def decide_reading(
    outputs: Outputs,
    description: ModelDescription,
    quantization: Quantization | None,
    seen: Callable[[], ScoreRange],
    *,
    scored_classes: tuple[int, ...] | None = None,
) -> ScoreReading:
    """How scores become confidences: by the configuration's word first, then the graph's, then the numbers'.

    Args:
        outputs: The configuration's word.
        description: The graph's.
        quantization: What integers mean.
        seen: What the numbers say; asked only where nobody else says it.
        scored_classes: The outputs that are scored, ascending; None for all.
    """
    kind, reason = _stated_kind(outputs, description) or _kind_by_numbers(seen())
    return ScoreReading(
        kind=kind,
        reason=reason,
        quantization=quantization,
        sigmoid=description.single_output,
        scored_classes=scored_classes,
    )


class RunningScores:
    """Scores parts while they come in, so that the table of a report is there soon after the last of them.

    Args:
        annotated_n: As `annotated_outputs` makes it.
        outputs: The configuration's word on how scores are read.
        description: The graph's.
        scored_classes: The outputs that are scored, ascending; None for all.
    """

    def __init__(
        self,
        annotated_n: NDArray[np.int32],
        outputs: Outputs,
        description: ModelDescription,
        *,
        scored_classes: tuple[int, ...] | None = None,
    ) -> None:
        self.known = ScoredParts()
        """What was scored; nothing where only the numbers of all images can tell how scores are to be read."""
        self._annotated_n = annotated_n
        self._annotated = bool((annotated_n >= 0).any())
        stated = _stated_kind(outputs, description)
        self._kind: Kind | None = None if stated is None else stated[0]
        # Where nobody says, any reading gives the same predicted classes but for a single logit, whose running figure
        # is off; the report is not.
        self._reading = ScoreReading(
            kind=self._kind or "probabilities",
            reason="running figure",
            quantization=description.scores.quantization,
            sigmoid=description.single_output,
            scored_classes=scored_classes,
        )

    def add(self, number: int, part: Part) -> NDArray[np.bool_] | None:
        """Score a part; which of its images are right, shape (images,), or None where none is annotated."""
        scored = _score(part, self._annotated_n, self._reading)
        if self._kind is not None:
            self.known.scored[self._kind, number] = scored
            self.known.seen[number] = scored.seen
        if not self._annotated:
            return None
        return (scored.table["annotated_class_rank"] == 0).fill_null(value=False).to_numpy()


class Scored(NamedTuple):
    """What a part says."""

    first_row: int
    table: pl.DataFrame
    seen: ScoreRange


def _stated_kind(outputs: Outputs, description: ModelDescription) -> tuple[Kind, str] | None:
    if outputs.scores != "auto":
        return outputs.scores, "the configuration says so"
    if description.score_kind != "unknown":
        return description.score_kind, description.score_kind_reason
    return None


def _kind_by_numbers(seen: ScoreRange) -> tuple[Kind, str]:
    if seen.looks_like_probabilities:
        return "probabilities", f"the graph does not say, but the scores of all {seen.rows} images sum to 1"
    return "logits", "the graph does not say, and the scores are not between 0 and 1 with a sum of 1"


def _with_manifest(
    scored: pl.DataFrame, manifest: pl.DataFrame, annotated_n: NDArray[np.int32], names: ClassNames | None
) -> pl.DataFrame:
    annotated = pl.Series("annotated_class", annotated_n, dtype=pl.Int32)
    table = scored.with_columns(manifest["image_name"], annotated.replace(-1, None), manifest["dataset_class"])
    failed = pl.col("failure").is_not_null()
    table = table.with_columns(
        pl.when(failed).then(pl.lit("failed")).otherwise(pl.lit("evaluated")).alias("status"),
        class_names(table["predicted_class"], names).alias("predicted_name"),
        class_names(table["annotated_class"], names).alias("annotated_name"),
    )
    return table.select(*REPORT_COLUMNS)


def class_names(classes: pl.Series, names: ClassNames | None) -> pl.Series:
    """Names of classes; null where there is no class or no name."""
    if names is None:
        return pl.Series([None] * len(classes), dtype=pl.String)
    known = pl.Series(names.names, dtype=pl.String)
    return known.gather(classes.cast(pl.UInt32))


def _score(part: Part, annotated_n: NDArray[np.int32], reading: ScoreReading) -> Scored:
    rows = slice(part.first_row, part.first_row + len(part.failures))
    table = score_table(part.scores_nk, annotated_n[rows], reading, evaluated_n=_evaluated(part))
    failures = pl.Series("failure", list(part.failures), dtype=pl.String)
    return Scored(part.first_row, table.with_columns(failures), _seen(part, reading.quantization))


def _seen(part: Part, quantization: Quantization | None) -> ScoreRange:
    return ScoreRange.of(part.scores_nk[_evaluated(part)], quantization)


def _evaluated(part: Part) -> NDArray[np.bool_]:
    return np.array([failure is None for failure in part.failures], dtype=np.bool_)
