"""Whether another way of matching classes explains a low accuracy: asked of the predictions of the run itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.analysis import top_k_accuracy
from accubench.errors import DatasetProblemsError, LabelError
from accubench.labels import resolve_mapping
from accubench.records.accuracy_configuration import Annotations
from accubench.records.class_names import ClassNames
from accubench.records.dataset import Dataset
from accubench.records.model import ModelDescription
from accubench.records.report import LabelMapping
from accubench.records.top_k import TopK

__all__ = ["OtherMapping", "better_mapping", "other_mappings"]

_FEWEST = 8
"""Images in each half; with fewer no two intervals lie apart that matter."""


class OtherMapping(NamedTuple):
    """Another way from classes of the dataset to outputs of the model."""

    option: str
    """The setting of the accuracy configuration that makes it."""
    outputs: Mapping[int, int]


def other_mappings(
    current: LabelMapping, dataset: Dataset, description: ModelDescription, class_names: ClassNames | None
) -> Iterator[OtherMapping]:
    """The usual mistakes undone: ids that start elsewhere by one, and names in another order; without the current way.

    Args:
        current: How classes are matched.
        dataset: Whose classes.
        description: Whose outputs.
        class_names: Names that the user gave for the outputs.
    """
    ways = (*(Annotations(offset=offset) for offset in (-1, 0, 1)), Annotations(by="name"))
    tried = [dict(current.outputs)]
    for way in ways:
        try:
            found = resolve_mapping(
                annotations=way,
                class_ids=dataset.known_class_ids,
                dataset_names=dataset.class_names,
                names_decide=dataset.names_decide,
                class_count=description.class_count,
                background_class=description.background_class,
                model_names=class_names or description.class_names,
            )
        except (LabelError, DatasetProblemsError):
            continue  # a way that cannot be gone is no suggestion
        if found.outputs not in tried:
            tried.append(found.outputs)
            option = "{by: name}" if way.by == "name" else f"{{offset: {way.offset}}}"
            yield OtherMapping(f"annotations: {option}", found.outputs)


def better_mapping(table: pl.DataFrame, current: LabelMapping, others: Iterator[OtherMapping]) -> str | None:
    """A sentence about the way that would make a model right; None where none clearly would.

    The best way is chosen on one half of the images, by a hash of their names, and held against the current one on
    the other half: a way chosen and judged on the same images would flatter itself.  It counts where the 95 % intervals
    of both accuracies lie apart.

    Args:
        table: The report's, with the columns of `REPORT_COLUMNS`; predicted classes over all outputs.
        current: How classes are matched.
        others: Other ways.
    """
    judged = table.filter(pl.col("status") == "evaluated").drop_nulls("dataset_class")
    chosen_on = _half(judged["image_name"])
    if min(chosen_on.sum(), (~chosen_on).sum()) < _FEWEST:
        return None
    scored = [(each, _right(judged, each.outputs)) for each in others]
    best = max(scored, key=lambda each: each[1][chosen_on].sum(), default=None)
    if best is None:
        return None
    other, right_n = best
    new, old = _top1(right_n[~chosen_on]), _top1(_right(judged, current.outputs)[~chosen_on])
    if new.low <= old.high:
        return None
    return (
        f"With `{other.option}` top-1 would be {new.value:.2%} [{new.low:.2%}, {new.high:.2%}] instead of "
        f"{old.value:.2%}, measured on {new.n} images after it was chosen on the {int(chosen_on.sum())} others; it was "
        "not applied."
    )


def _half(names: pl.Series) -> NDArray[np.bool_]:
    """Whether an image belongs to the first half, by its name alone, shape (images,)."""
    # Not the hash by which parts of datasets are chosen: those are the images of the lowest hashes.
    digests = (hashlib.sha256(b"half: " + name.encode()).digest() for name in names.to_list())
    return np.array([digest[0] < 128 for digest in digests], np.bool_)


def _right(judged: pl.DataFrame, outputs: Mapping[int, int]) -> NDArray[np.bool_]:
    expected = judged["dataset_class"].replace_strict(dict(outputs), default=-1, return_dtype=pl.Int32)
    return (judged["predicted_class"] == expected).to_numpy()


def _top1(right_n: NDArray[np.bool_]) -> TopK:
    return top_k_accuracy(np.where(right_n, 0, 1), 1, 2)
