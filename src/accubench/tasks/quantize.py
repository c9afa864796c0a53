"""Quantise a model to INT8: calibrate it on images of a dataset, and keep the result as a new model."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accubench.analysis import top_k_accuracy
from accubench.configuration import infer_configuration
from accubench.errors import UsageError
from accubench.inference import find_target, library_versions
from accubench.models import load_model
from accubench.optimization import GoalResult, count_quantized_operations, quantize_network, quantize_to_goal
from accubench.preprocessing import Preprocessor
from accubench.records.accuracy_configuration import ResolvedConfiguration
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.quantization import (
    AccuracyGoal,
    AccuracyOutcome,
    Candidate,
    QuantizationRecipe,
    QuantizationSettings,
)
from accubench.records.top_k import TopK
from accubench.tasks.calibrating import Calibration, choose_calibration_images
from accubench.tasks.candidates import CandidateJudge
from accubench.tasks.evaluation import Evaluation
from accubench.tasks.keeping import check_name, keep_optimized
from accubench.tasks.naming import checked_name
from accubench.tasks.predict import image_source
from accubench.tasks.prepared_images import InputBatches, PreparedImages
from accubench.tasks.surroundings import Surroundings

__all__ = ["Quantizing", "quantize"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantizing:
    """Which model to quantise, and how."""

    model: Model
    dataset: Dataset
    """Where calibration images are taken from."""
    settings: QuantizationSettings
    validation_dataset: Dataset | None = None
    """Where candidates of the accuracy-aware method are judged; by default what calibration leaves of `dataset`."""
    configuration: ResolvedConfiguration | None = None
    """None: inferred from what the model says of itself."""
    name: str | None = None
    """What to call the new model; by default the parent's name with ``-int8``."""
    device: str = "CPU"
    """Where candidates are judged."""

    @property
    def validation(self) -> Dataset:
        """The dataset that candidates are judged on."""
        return self.validation_dataset or self.dataset


def quantize(surroundings: Surroundings, wanted: Quantizing) -> Model:
    """Make an INT8 model.

    Calibration images are chosen by the hash of their names, stratified by class where the dataset is annotated, and
    go through the same preprocessing as in an evaluation.
    With a goal, layers are given back to floating point until it is reached; images to validate on are never among
    those to calibrate on.
    The same request again gives the model that it gave before; another content under the same name is the next version.

    Args:
        surroundings: Where models and datasets are, and who listens.
        wanted: The model, the images, and how.

    Returns:
        The optimised model, stored, with its parent and its recipe.

    Raises:
        UsageError: The model is quantised already, or what is asked for is impossible.
        ConfigurationError: The configuration does not fit the model.
        DatasetProblemsError: No image can be read, or annotations name classes that the model does not have.
        LabelError: The validation dataset's classes cannot be matched to the model's outputs.
        UnsupportedModelError: NNCF cannot quantise the model.
        StorageFullError: The disk is full; nothing is left behind.
        Cancelled: The user asked to stop; nothing is left behind.
    """
    started = surroundings.clock()
    store, parent = surroundings.store, wanted.model
    _check(wanted)
    name = None if wanted.name is None else checked_name(wanted.name)
    check_name(store.catalogue.model, name, parent)
    target = find_target(wanted.device)
    configuration = wanted.configuration or infer_configuration(parent.description)
    preprocessor = Preprocessor(configuration.configuration, parent.description.input)
    surroundings.say("load", f"Loading {parent.name}.")
    network = _network(surroundings, parent, preprocessor, configuration)
    with store.lock(f"target {target.key}", waiting=surroundings.waiting_for(f"device {target.device}")):
        manifest = store.manifest(wanted.dataset)
        prepared = PreparedImages(image_source(Path(wanted.dataset.root), manifest, preprocessor))
        n = _calibration_size(surroundings, wanted, len(manifest))
        calibration = choose_calibration_images(
            surroundings, wanted.dataset, manifest, n, prepared=prepared, threads=target.cores
        )
        _say_what_is_done(surroundings, wanted, calibration)
        batches = InputBatches(prepared, calibration.rows, parent.description.input)
        judge = None
        if wanted.settings.goal is not None:
            evaluation = Evaluation(model=parent, dataset=wanted.validation, configuration=configuration)
            judge = CandidateJudge(
                surroundings,
                evaluation,
                calibrated=calibration.images,
                preprocessor=preprocessor,
                target=target,
            )
        optimised, outcome = _optimised(surroundings, wanted, network, batches, judge)
    recipe = QuantizationRecipe(
        parent_id=parent.id,
        parent_name=parent.name,
        parent_sha256=parent.content_sha256,
        settings=wanted.settings,
        subset=calibration.subset,
        configuration=configuration,
        outcome=outcome,
        quantized_operations=count_quantized_operations(optimised),
        versions={**library_versions(), "nncf": version("nncf")},
        duration_s=surroundings.clock() - started,
    )
    return keep_optimized(surroundings, optimised, parent=parent, recipe=recipe, images=calibration.images, name=name)


def _check(wanted: Quantizing) -> None:
    """Refuse what is impossible whatever the images are."""
    model, settings, goal = wanted.model, wanted.settings, wanted.settings.goal
    integers = [name for name in model.description.weight_precisions if name.startswith(("int8", "uint8"))]
    if model.recipe is not None or (integers and _is_large_part(model, integers)):
        raise _quantized_already(model)
    if settings.subset_size < 1:
        raise UsageError(f"At least one image is needed to calibrate on, not {settings.subset_size}.")
    if goal is None:
        if wanted.validation_dataset is not None:
            raise UsageError("A validation dataset goes with a goal for the accuracy: give the greatest drop as well.")
        return
    if not 0 <= goal.max_drop < 1:
        raise UsageError(
            f"The greatest drop of accuracy is a share from 0 to below 1, not {goal.max_drop:g}: 0.01 is one point "
            "(absolute) or one percent of the parent's accuracy (relative)."
        )
    if not wanted.validation.annotated:
        raise UsageError(
            f"{wanted.validation.name} is not annotated, so no accuracy can be measured on it: give an annotated "
            "validation dataset, or leave the greatest drop away."
        )


def _is_large_part(model: Model, integers: list[str]) -> bool:
    """Whether integers are more than odd constants, such as shapes or the tables of a lookup."""
    weights = model.description.weight_precisions
    return 2 * sum(weights[name] for name in integers) > sum(weights.values())


def _quantized_already(model: Model) -> UsageError:
    return UsageError(
        f"{model.name} is quantised already. Optimise the floating-point model that it was made from: "
        "calibrating quantised values again only adds error."
    )


def _network(
    surroundings: Surroundings, model: Model, preprocessor: Preprocessor, configuration: ResolvedConfiguration
) -> Any:
    """The parent as an `openvino.Model` with batch 1 and the size that preprocessing gives."""
    loaded = load_model(
        surroundings.store.model_path(model),
        input_size_hw=preprocessor.output_shape_hwc[:2],
        scores_output=configuration.configuration.outputs.name or model.description.scores_output,
    )
    if count_quantized_operations(loaded.model):
        raise _quantized_already(model)
    return loaded.model


def _calibration_size(surroundings: Surroundings, wanted: Quantizing, n_images: int) -> int:
    """How many images to calibrate on; at most half of them where the other half is to be validated on."""
    n = min(wanted.settings.subset_size, n_images)
    if wanted.settings.goal is None or wanted.validation.id != wanted.dataset.id or n <= n_images // 2:
        return n
    if n_images < 2:
        raise UsageError(f"{wanted.dataset.name} has one image, which cannot be both calibrated and validated on.")
    surroundings.say(
        "calibrate",
        f"Calibrating on {n_images // 2} images instead of {n}: the other half of {wanted.dataset.name} is validated "
        "on. Give another validation dataset to calibrate on more.",
    )
    return n_images // 2


def _say_what_is_done(surroundings: Surroundings, wanted: Quantizing, calibration: Calibration) -> None:
    subset = calibration.subset
    failed = f"; {subset.n_failed} could not be read and do not count" if subset.n_failed else ""
    images = "image" if subset.n == 1 else "images"
    surroundings.say("quantize", f"Quantising {wanted.model.name}, calibrated on {subset.n} {images}{failed}.")


def _optimised(
    surroundings: Surroundings,
    wanted: Quantizing,
    network: Any,
    batches: InputBatches,
    judge: CandidateJudge | None,
) -> tuple[Any, AccuracyOutcome | None]:
    """The quantised network, and what the accuracy-aware method found."""
    settings, listen, cancelled = wanted.settings, surroundings.tell, surroundings.cancelled
    if judge is None or settings.goal is None:
        made = quantize_network(network, batches, settings=settings, listen=listen, cancelled=cancelled)
        return made, None
    found = quantize_to_goal(
        network,
        batches,
        settings=settings,
        validate=judge.judge,
        validate_rows=judge.judge_some,
        listen=listen,
        cancelled=cancelled,
    )
    return found.network, _outcome(found, settings.goal, wanted.validation, judge)


def _outcome(found: GoalResult, goal: AccuracyGoal, dataset: Dataset, judge: CandidateJudge) -> AccuracyOutcome:
    parent = _top1(found.parent_right_n)
    return AccuracyOutcome(
        goal=goal,
        validation_dataset_id=dataset.id,
        n_validation=judge.n,
        n_failed=judge.n_failed,
        parent_top1=parent,
        candidates=tuple(
            Candidate(
                number=candidate.number,
                layers_in_floating_point=candidate.layers_in_floating_point,
                top1=_top1(candidate.right_n),
                drop=_drop(parent, _top1(candidate.right_n), goal),
                reached=candidate.reached,
            )
            for candidate in found.candidates
        ),
        chosen=found.chosen,
        reached=found.reached,
    )


def _top1(right_n: NDArray[np.bool_]) -> TopK:
    return top_k_accuracy(np.where(right_n, 0, 1), 1, 2)  # rank 0 of two classes: right


def _drop(parent: TopK, candidate: TopK, goal: AccuracyGoal) -> float:
    """How much is lost against the parent, in the terms of the goal."""
    lost = parent.value - candidate.value
    return lost if goal.drop_type == "absolute" else lost / parent.value if parent.value else 0.0
