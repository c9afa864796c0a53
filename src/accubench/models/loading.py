"""Loading a model of any format: the network for OpenVINO, and the description of all that its files tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from accubench.errors import UnsupportedModelError
from accubench.models.claims import combine_metadata
from accubench.models.class_labels import background_class, fitting_class_names
from accubench.models.contract import FormatReading, StatedFacts
from accubench.models.graph_start import GraphStart, quantization_before, read_graph_start
from accubench.models.locating import LocatedModel, locate_model
from accubench.models.score_kind import find_score_kind
from accubench.models.scores_output import ScoresOutput, choose_scores_output
from accubench.models.shapes import (
    dtype_name,
    fix_input_shape,
    image_layout,
    name_ends,
    shape_of,
    tensor_name,
)
from accubench.models.sidecars import own_files, sidecar_facts, sidecar_files
from accubench.models.weights import count_weights
from accubench.records.class_names import ClassNames
from accubench.records.model import ModelDescription, Quantization, TensorDescription

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["LoadedModel", "load_model"]


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory and what is known of it."""

    model: ov.Model
    """With batch 1; height and width are open where nothing says them."""
    description: ModelDescription


def load_model(
    path: Path, *, input_size_hw: tuple[int, int] | None = None, scores_output: str | None = None
) -> LoadedModel:
    """Read a classifier of any format and describe it.

    Args:
        path: Any file of the model, or a folder that holds one model.
        input_size_hw: Height and width in pixels of the input, for a model that leaves them open.
        scores_output: Name of the output with the class scores, for a model with several.

    Raises:
        ModelNotFoundError: There is nothing at `path`, or half of a pair is missing.
        UnknownModelFormatError: It is of no format that is read.
        BrokenModelError: A file of the model is damaged or missing.
        UnsupportedModelError: The model is intact but no classifier that can be evaluated.
        UsageError: Several models could be meant, or an argument contradicts the model.
    """
    located = locate_model(path)
    reading = located.format.load(located.main)
    name_ends(reading.model)
    layout = _image_input(located.main, reading)
    facts = _stated_facts(located.main, reading, input_size_hw or _fixed_size(reading, layout))
    metadata = combine_metadata(fact.metadata for fact in facts)
    fix_input_shape(located.main, reading.model, layout, asked=input_size_hw, stated=metadata.size_hw)
    scores = choose_scores_output(located.main, reading.model, scores_output)
    names, label_notes = fitting_class_names(
        [fact.class_names for fact in facts if fact.class_names], max(scores.scores, 2)
    )
    description = _describe(located, reading, layout, scores, names).model_copy(update={"metadata": metadata})
    notes = (*(note for fact in facts for note in fact.notes), *label_notes, *_normalised_twice(description))
    description = description.model_copy(update={"notes": notes})
    return LoadedModel(model=reading.model, description=description)


def _image_input(path: Path, reading: FormatReading) -> str:
    """Layout of the only input."""
    inputs = reading.model.inputs
    if len(inputs) != 1:
        listed = ", ".join(f"'{tensor_name(end)}' {end.get_partial_shape()}" for end in inputs) or "none"
        raise UnsupportedModelError(
            f"{path} has {len(inputs)} inputs ({listed}); AccuBench evaluates classifiers with one input, the image. "
            "Export the model with the others fixed."
        )
    return image_layout(path, shape_of(inputs[0]), reading.stated_layout)


def _fixed_size(reading: FormatReading, layout: str) -> tuple[int, int] | None:
    """Height and width of the input, or None where the model leaves one of them open."""
    shape = shape_of(reading.model.inputs[0]) or ()
    height, width = shape[layout.index("H")], shape[layout.index("W")]
    return None if height is None or width is None else (height, width)


def _stated_facts(main: Path, reading: FormatReading, input_hw: tuple[int, int] | None) -> list[StatedFacts]:
    """What all sources say, those that are believed most first: files for this model alone, its own, files beside."""
    files = sidecar_files(main)
    first = own_files(main)
    beside = [sidecar_facts(file, input_hw=input_hw) for file in files if file.name not in first]
    return [*(sidecar_facts(file) for file in files if file.name in first), reading.facts, *beside]


def _normalised_twice(description: ModelDescription) -> tuple[str, ...]:
    """A note where the graph normalises and the metadata wants it done before the graph too."""
    stated = [description.metadata.origins[field] for field in ("mean", "scale") if _changes(description, field)]
    if not stated or not description.normalization_in_graph:
        return ()
    note = (
        f"Both the model's graph and its metadata normalise. {' '.join(description.normalization_in_graph)} "
        f"The metadata ({', '.join(dict.fromkeys(stated))}) asks for it before the graph. "
        "A configuration that is inferred leaves it to the graph; give --config if the metadata is right."
    )
    return (note,)


def _changes(description: ModelDescription, field: str) -> bool:
    """Whether the metadata states a mean or scale that changes pixels."""
    values = getattr(description.metadata, field)
    return values is not None and any(value != (0 if field == "mean" else 1) for value in values)


def _describe(
    located: LocatedModel, reading: FormatReading, layout: str, scores: ScoresOutput, names: ClassNames | None
) -> ModelDescription:
    model = reading.model
    class_count = max(scores.scores, 2)
    kind, kind_reason = find_score_kind(scores.end, scores.scores)
    background, background_reason = background_class(class_count, names)
    shape = shape_of(model.inputs[0]) or ()
    start = read_graph_start(model.inputs[0].get_node(), shape[layout.index("C")])
    weights = count_weights(model, without=start.nodes)
    return ModelDescription(
        format=located.format.FORMAT,
        inputs=(_describe_input(model.inputs[0], layout, reading, start),),
        outputs=tuple(_describe_output(end, reading, scores) for end in model.outputs),
        scores_output=tensor_name(scores.end),
        class_count=class_count,
        single_output=scores.scores == 1,
        score_kind=kind,
        score_kind_reason=kind_reason,
        background_class=background,
        background_reason=background_reason,
        parameters=sum(weights.values()),
        weight_precisions=weights,
        preprocessing_in_graph=start.preprocessing,
        class_names=names,
        configuration_yaml=reading.configuration_yaml,
    )


def _describe_input(end: ov.Output, layout: str, reading: FormatReading, start: GraphStart) -> TensorDescription:
    return TensorDescription(
        name=tensor_name(end),
        shape=shape_of(end) or (),
        dtype=dtype_name(end.get_element_type()),
        layout=layout,
        quantization=_stated_quantization(end, reading) or start.quantization,
    )


def _describe_output(end: ov.Output, reading: FormatReading, scores: ScoresOutput) -> TensorDescription:
    shape, integers = shape_of(end) or (), end.get_element_type().is_integral_number()
    is_scores = tensor_name(end) == tensor_name(scores.end)
    return TensorDescription(
        name=tensor_name(end),
        shape=shape,
        dtype=dtype_name(end.get_element_type()),
        layout="NC" if is_scores and len(shape) == 2 else None,
        quantization=_stated_quantization(end, reading) or (quantization_before(end.get_node()) if integers else None),
    )


def _stated_quantization(end: ov.Output, reading: FormatReading) -> Quantization | None:
    if not end.get_element_type().is_integral_number():
        return None
    return next((reading.quantization[name] for name in sorted(end.names) if name in reading.quantization), None)
