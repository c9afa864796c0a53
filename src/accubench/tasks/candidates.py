"""Judging networks that are tried, image by image, with the same pipeline and the same reading as an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.errors import ImageError, UsageError
from accubench.inference import Block, NetworkSource, OpenVINOClassifier, predict
from accubench.preprocessing import Preprocessor, one_opencv_thread
from accubench.records.dataset import Dataset
from accubench.records.target import Target
from accubench.storage import Part
from accubench.tasks.calibration_images import same_images
from accubench.tasks.evaluation import Evaluation, resolve
from accubench.tasks.predict import image_source
from accubench.tasks.prepared_images import PreparedImages
from accubench.tasks.report_table import RunningScores
from accubench.tasks.surroundings import Surroundings

__all__ = ["CandidateJudge"]

_BLOCK = 64
_STAGE = "validating"


class CandidateJudge:
    """Says for each validation image whether a network is right (top-1).

    Validation images are those of the dataset that have a class and were not calibrated on.
    Images that cannot be read are found with the first network and left out from then on, so that every network is
    judged on the same ones.

    Args:
        surroundings: Where the manifest is, and who listens.
        wanted: The parent, the dataset to validate on, the device and the configuration.
        calibrated: The images that candidates are calibrated on, as rows of a manifest.
        preprocessor: What every image goes through.
        target: Where networks run.

    Raises:
        LabelError: The dataset's classes cannot be matched to the model's outputs.
        DatasetProblemsError: Annotations name classes that the model does not have.
        UsageError: No image is left to validate on.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        wanted: Evaluation,
        *,
        calibrated: pl.DataFrame,
        preprocessor: Preprocessor,
        target: Target,
    ) -> None:
        manifest = surroundings.store.manifest(wanted.dataset)
        resolved = resolve(wanted, manifest)
        usable = (resolved.annotated_n >= 0) & ~same_images(manifest, calibrated)
        self._rows = np.flatnonzero(usable)
        _refuse_none(self._rows, wanted.dataset)
        self.n_failed = 0
        self._surroundings, self._target = surroundings, target
        self._model, self._dataset = wanted.model, wanted.dataset
        self._outputs = resolved.configuration.configuration.outputs
        self._annotated_n, self._scored_classes = resolved.annotated_n, resolved.scored_classes
        self._preprocessor = preprocessor
        self._prepared = PreparedImages(image_source(Path(wanted.dataset.root), manifest, preprocessor))
        self._networks = 0

    @property
    def n(self) -> int:
        """Images that networks are judged on."""
        return len(self._rows)

    def judge(self, network: Any) -> NDArray[np.float64]:
        """1.0 for each validation image that an `openvino.Model` is right on, 0.0 for each other; shape (n,).

        Raises:
            InferenceError: The device refused the network or failed.
            UsageError: None of the validation images can be read.
            Cancelled: The user asked to stop.
        """
        shown = "the parent" if self._networks == 0 else f"candidate {self._networks - 1}"
        self._surroundings.say(_STAGE, f"Validating {shown} on {self.n} images.")
        right_n, failed_n = self._infer(network, self._rows, told=True)
        if self._networks == 0:
            self._rows, self.n_failed = self._rows[~failed_n], int(failed_n.sum())
            _refuse_none(self._rows, self._dataset)
            right_n = right_n[~failed_n]
        self._networks += 1
        return right_n.astype(np.float64)

    def judge_some(self, network: Any, positions_m: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same for some of the validation images; progress is not told.

        Args:
            network: An `openvino.Model`.
            positions_m: Which of the n images, shape (m,).
        """
        right_m, _ = self._infer(network, self._rows[positions_m], told=False)
        return right_m.astype(np.float64)

    def _infer(
        self, network: Any, rows: NDArray[np.int64], *, told: bool
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which images are right, and which could not be read, shape (rows,) each."""
        right_n, failed_n = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
        scoring = RunningScores(
            self._annotated_n[rows], self._outputs, self._model.description, scored_classes=self._scored_classes
        )
        listed: Sequence[int] = rows.tolist()
        done = 0

        def prepare(place: int) -> NDArray[Any]:
            try:
                return self._prepared(listed[place])
            except ImageError:
                failed_n[place] = True
                raise

        def finish(block: Block) -> None:
            nonlocal done
            part = Part(first_row=block.rows.start, scores_nk=block.scores_nk, failures=block.failures)
            outcome = scoring.add(block.number, part)
            assert outcome is not None  # every image has a class
            right_n[block.rows.start : block.rows.stop] = outcome
            done += len(block.rows)
            if told:
                self._surroundings.tell(_STAGE, done, len(listed))

        with self._open(network) as classifier, one_opencv_thread():
            predict(
                ((start // _BLOCK, range(start, min(start + _BLOCK, len(listed)))) for start in _starts(len(listed))),
                prepare=prepare,
                infer=classifier.scores,
                score_columns=classifier.score_columns,
                score_dtype=classifier.score_dtype,
                workers=self._target.cores + classifier.waiting_threads,
                finish=finish,
                cancelled=self._surroundings.cancelled,
            )
        return right_n, failed_n

    def _open(self, network: Any) -> OpenVINOClassifier:
        description = self._model.description
        source = NetworkSource(
            load=network.clone,
            identity=None,  # nothing is kept under it
            size_bytes=self._model.size_bytes,
            layout=description.input.layout or "NHWC",
            scores_output=self._outputs.name or description.scores_output,
            shape_hwc=self._preprocessor.output_shape_hwc,
            dtype=self._preprocessor.output_dtype,
        )
        return OpenVINOClassifier(source, device=self._target.device, own_networks=self._target.cores)


def _starts(n: int) -> range:
    return range(0, n, _BLOCK)


def _refuse_none(rows: NDArray[np.int64], dataset: Dataset) -> None:
    if not len(rows):
        raise UsageError(
            f"No readable image of {dataset.name} with a class is left to validate on, besides those to calibrate on. "
            "Give a larger validation dataset, or a smaller subset to calibrate on."
        )
