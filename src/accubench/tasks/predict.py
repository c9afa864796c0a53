"""Obtain predictions: reuse what is stored, finish what was interrupted, infer the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.datasets import ImageReader, locators
from accubench.inference import Block, Classifier, engine_name, instruction_limit, library_versions, predict
from accubench.preprocessing import PREPROCESSING_REVISION, Preprocessor, one_opencv_thread
from accubench.records.accuracy_configuration import AccuracyConfiguration
from accubench.records.base import content_hash
from accubench.records.dataset import Dataset
from accubench.records.execution import USUAL_EXECUTION, Execution
from accubench.records.model import Model, Quantization
from accubench.records.predictions import Predictions
from accubench.records.target import Target
from accubench.storage import Part, Store, rows_per_part
from accubench.tasks.forecast import forecast_seconds, inference_seconds
from accubench.tasks.opening import open_classifier
from accubench.tasks.pace import Pace
from accubench.tasks.surroundings import Surroundings

__all__ = [
    "Obtained",
    "PredictionsWanted",
    "image_source",
    "obtain_predictions",
    "predictions_key",
    "usable_predictions",
]

# Decoding and inference throw each other's data out of a core's cache, so a worker prepares some images and then
# infers them; not more than it infers in this time, so that no worker is left with much to do at the end.
_TOGETHER_S = 0.03
_MOST_TOGETHER = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionsWanted:
    """Which scores are asked for."""

    model: Model
    dataset: Dataset
    manifest: pl.DataFrame
    target: Target
    configuration: AccuracyConfiguration
    execution: Execution = USUAL_EXECUTION
    output: str | None = None
    """An output of the model to take instead of the class scores; all its numbers are kept."""

    @property
    def output_name(self) -> str:
        """The output that scores are taken from."""
        return self.output or self.configuration.outputs.name or self.model.description.scores_output

    @property
    def quantization(self) -> Quantization | None:
        """What integers of that output mean."""
        if self.output is None:
            return self.model.description.scores.quantization
        return next(each.quantization for each in self.model.description.outputs if each.name == self.output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtained:
    """Complete predictions, and how they came about."""

    predictions: Predictions
    inferred: int
    """Images inferred by this call; 0 where everything was stored already."""
    seconds: float
    """Wall-clock seconds that this call spent on inferring them."""


def predictions_key(wanted: PredictionsWanted) -> str:
    """Identify scores by everything they depend on; metrics, k and label mapping have no part in it."""
    versions = library_versions(wanted.execution.engine)
    return content_hash(
        {
            "model": [file.sha256 for file in wanted.model.files if file.network],
            "input_size": wanted.model.input_size_hw,
            "output": wanted.output_name,
            "images": wanted.dataset.images_hash,
            "preprocessing": [PREPROCESSING_REVISION, *wanted.configuration.preprocessing],
            "libraries": [versions[name] for name in ("opencv-python-headless", "pillow", "simplejpeg", "numpy")],
            "engine": engine_name(wanted.execution.engine),
            "device": [wanted.target.device, wanted.target.device_name],
            "precision": wanted.execution.precision,
            **_unusual(wanted.execution),
        }
    )


def usable_predictions(store: Store, key: str, *, fresh: bool, asked_at: datetime | None) -> Predictions | None:
    """The stored predictions that are reused or continued, or None where new ones are to be begun.

    Args:
        store: Where scores are kept.
        key: What identifies them.
        fresh: Whether stored ones do not count.
        asked_at: With `fresh`, those begun since then do.
    """
    stored = store.catalogue.newest_predictions(key)
    if stored is None or not fresh:
        return stored
    return stored if asked_at is not None and stored.created_at >= asked_at else None


def obtain_predictions(
    surroundings: Surroundings,
    wanted: PredictionsWanted,
    *,
    fresh: bool = False,
    asked_at: datetime | None = None,
    finished: Callable[[int, Part], NDArray[np.bool_] | None] | None = None,
) -> Obtained:
    """Find or make the scores of every image.

    Finished parts are never inferred again: predictions of the same key that were interrupted, by whatever, are
    continued where they stopped.

    Args:
        surroundings: Where scores are kept, and who listens.
        wanted: Which scores.
        fresh: Infer anew even where scores are stored.
        asked_at: With `fresh`, scores begun since then are continued: an earlier attempt at the same work made them.
        finished: Called with the number of each part and the part when it is stored; tells which of its images are
            right, if any can be.

    Raises:
        ConfigurationError: The steps do not end in the model's input.
        InferenceError: The device refused or failed.
        StorageFullError: The disk is full; finished parts are kept.
        Cancelled: The user asked to stop; finished parts are kept.
    """
    store = surroundings.store
    preprocessor = Preprocessor(wanted.configuration, wanted.model.description.input)
    key = predictions_key(wanted)
    with store.lock(f"predictions {key}", waiting=surroundings.waiting_for("the same predictions")):
        stored = usable_predictions(store, key, fresh=fresh, asked_at=asked_at)
        if stored is not None and stored.state == "complete":
            return Obtained(predictions=stored, inferred=0, seconds=0.0)
        target = wanted.target
        with store.lock(f"target {target.key}", waiting=surroundings.waiting_for(f"device {target.device}")):
            return _infer_missing(surroundings, wanted, preprocessor, key=key, stored=stored, finished=finished)


def image_source(root: Path, manifest: pl.DataFrame, preprocessor: Preprocessor) -> Callable[[int], NDArray[Any]]:
    """What prepares the image of a row of a manifest; raises ImageError where the image cannot be used.

    Args:
        root: The dataset's root.
        manifest: Rows of the dataset.
        preprocessor: What every image goes through.
    """
    images = locators(manifest)
    reader = ImageReader(root)

    def prepare(row: int) -> NDArray[Any]:
        # Scores are kept under the hash of the images as they were checked: those of another image must not be.
        return preprocessor(reader.read(images[row]))

    return prepare


def _infer_missing(
    surroundings: Surroundings,
    wanted: PredictionsWanted,
    preprocessor: Preprocessor,
    *,
    key: str,
    stored: Predictions | None,
    finished: Callable[[int, Part], NDArray[np.bool_] | None] | None,
) -> Obtained:
    store = surroundings.store
    surroundings.say("load", f"Loading {wanted.model.name} on {wanted.target.device}.")
    with _open_classifier(surroundings, wanted, preprocessor) as classifier, one_opencv_thread():
        predictions = stored or _begin(surroundings, wanted, classifier, key)
        if stored is None:
            store.catalogue.add_predictions(predictions)
        folder = store.parts(predictions)
        folder.prepare()
        missing = sorted(set(range(predictions.n_parts)) - folder.finished())
        blocks = [(number, _rows_of(predictions, number)) for number in missing]
        n_missing = sum(len(rows) for _, rows in blocks)
        pace = Pace(surroundings, total=predictions.n_images, n_done=predictions.n_images - n_missing)
        workers = wanted.target.cores + classifier.waiting_threads
        infer_s = inference_seconds(classifier, clock=surroundings.clock)
        pace.announce(forecast_seconds(infer_s, wanted.manifest, blocks, workers=workers))
        started = surroundings.clock()
        spent = 0.0

        def finish(block: Block) -> None:
            part = Part(first_row=block.rows.start, scores_nk=block.scores_nk, failures=block.failures)
            folder.write(block.number, part)
            pace.count(block, None if finished is None else finished(block.number, part))

        try:
            predict(
                iter(blocks),
                prepare=image_source(Path(wanted.dataset.root), wanted.manifest, preprocessor),
                infer=classifier.scores,
                score_columns=predictions.score_columns,
                score_dtype=predictions.score_dtype,
                workers=workers,
                together=max(1, min(_MOST_TOGETHER, int(_TOGETHER_S / infer_s))),
                finish=finish,
                cancelled=surroundings.cancelled,
            )
        finally:
            spent = surroundings.clock() - started
            predictions = predictions.model_copy(update={"inference_s": predictions.inference_s + spent})
            store.catalogue.update_predictions(predictions)
        predictions = predictions.model_copy(update={"state": "complete"})
        store.catalogue.update_predictions(predictions)
    return Obtained(predictions=predictions, inferred=n_missing, seconds=spent)


def _open_classifier(surroundings: Surroundings, wanted: PredictionsWanted, preprocessor: Preprocessor) -> Classifier:
    return open_classifier(
        surroundings.store,
        wanted.model,
        scores_output=wanted.output_name,
        shape_hwc=preprocessor.output_shape_hwc,
        dtype=preprocessor.output_dtype,
        device=wanted.target.device,
        execution=wanted.execution,
        own_networks=wanted.target.cores,
        any_output=wanted.output is not None,
    )


def _begin(surroundings: Surroundings, wanted: PredictionsWanted, classifier: Classifier, key: str) -> Predictions:
    n_images = len(wanted.manifest)
    return Predictions(
        id=surroundings.new_id("predictions"),
        key=key,
        model_id=wanted.model.id,
        dataset_id=wanted.dataset.id,
        n_images=n_images,
        score_columns=classifier.score_columns,
        score_dtype=classifier.score_dtype.name,
        quantization=wanted.quantization,
        part_rows=rows_per_part(n_images, classifier.score_columns),
        state="unfinished",
        engine=engine_name(wanted.execution.engine),
        device=wanted.target.device,
        precision=wanted.execution.precision,
        integer_kernels=wanted.execution.integer_kernels,
        execution_precision=classifier.execution_precision,
        scores_output=wanted.output_name,
        preprocessing=wanted.configuration.preprocessing,
        versions=library_versions(wanted.execution.engine),
        created_at=surroundings.now(),
    )


def _unusual(execution: Execution) -> dict[str, object]:
    """What the key says of kernels: nothing of the usual ones, so that scores stored before that was a choice count."""
    unusual: dict[str, object] = {} if execution.integer_kernels else {"integer_kernels": False}
    limit = instruction_limit()
    return unusual if limit is None or execution.engine != "openvino" else {**unusual, "instructions": limit}


def _rows_of(predictions: Predictions, number: int) -> range:
    start = number * predictions.part_rows
    return range(start, min(start + predictions.part_rows, predictions.n_images))
