"""What is known of a model, as a page shows it."""

from __future__ import annotations

from accubench.export import DASH
from accubench.records.base import Record
from accubench.records.model import Model, TensorDescription

__all__ = ["Fact", "Label", "facts_of", "labels_of", "metadata_of", "precision_of"]

_PRECISIONS = {"float32": "FP32", "float16": "FP16", "bfloat16": "BF16", "int8": "INT8", "uint8": "INT8"}
_SAID = {
    "color": "Colour order",
    "mean": "Mean",
    "scale": "Scale",
    "size_hw": "Input size",
    "resize_mode": "Resize mode",
    "resize_size": "Resize to",
    "resize_library": "Resize library",
    "interpolation": "Interpolation",
    "crop_fraction": "Crop",
    "crop_first": "Crop first",
    "crop_rounding": "Crop rounding",
    "letterbox_fill": "Letterbox fill",
}


class Fact(Record):
    """Something known, and why."""

    name: str
    value: str
    reason: str = ""


class Label(Record):
    """A class of a model."""

    class_id: int
    name: str
    synset: str = ""


def facts_of(model: Model) -> tuple[Fact, ...]:
    """The facts that evaluation rests on, each with its reason where there is one."""
    told = model.description
    kinds = {
        "logits": "Logits (softmax is applied)",
        "probabilities": "Probabilities",
        "unknown": "Decided by the numbers",
    }
    background = "Output 0 is likely a background class" if told.background_class else "None"
    weights = ", ".join(f"{count:,} {dtype}" for dtype, count in told.weight_precisions.items())
    return (
        *(Fact(name="Input", value=tensor_text(tensor)) for tensor in told.inputs),
        *(
            Fact(
                name="Output",
                value=tensor_text(tensor),
                reason="holds the class scores" if tensor.name == told.scores_output and len(told.outputs) > 1 else "",
            )
            for tensor in told.outputs
        ),
        Fact(
            name="Classes",
            value=f"{told.class_count:,}",
            reason="one output stands for two classes" if told.single_output else "",
        ),
        Fact(name="Scores", value=kinds[told.score_kind], reason=told.score_kind_reason),
        Fact(name="Background class", value=background, reason=told.background_reason),
        Fact(name="Parameters", value=f"{told.parameters:,}"),
        Fact(name="Weights", value=weights or "none"),
    )


def metadata_of(model: Model) -> tuple[Fact, ...]:
    """What the file, or a file beside it, says of preprocessing, with where it says so."""
    told = model.description.metadata
    said = told.model_dump(exclude={"origins"}, exclude_none=True)
    return tuple(
        Fact(name=_SAID.get(key, key), value=_value_text(value), reason=told.origins.get(key, ""))
        for key, value in said.items()
    )


def labels_of(model: Model, search: str = "") -> list[Label]:
    """The class labels that contain a text in name, synset or id; all for an empty text."""
    names = model.description.class_names
    if names is None:
        return []
    synsets = names.synsets or [""] * len(names)
    labels = [
        Label(class_id=class_id, name=name, synset=synset)
        for class_id, (name, synset) in enumerate(zip(names.names, synsets, strict=True))
    ]
    wanted = search.strip().casefold()
    return [
        label
        for label in labels
        if not wanted
        or wanted in label.name.casefold()
        or wanted in label.synset.casefold()
        or wanted == str(label.class_id)
    ]


def precision_of(model: Model) -> str:
    """What most of the weights are stored in: ``FP32``, ``FP16``, ``INT8``."""
    counts = model.description.weight_precisions
    most = max(counts, key=lambda dtype: counts[dtype], default="")
    return _PRECISIONS.get(most, most.upper() or DASH)


def tensor_text(tensor: TensorDescription) -> str:
    """Name, shape, layout and type of an input or output."""
    shape = " \N{MULTIPLICATION SIGN} ".join("?" if size is None else str(size) for size in tensor.shape)
    quantization = tensor.quantization
    meaning = f", scale {quantization.scale:g}, zero point {quantization.zero_point}" if quantization else ""
    return f"{tensor.name}: {shape} {tensor.layout or ''} {tensor.dtype}{meaning}".replace("  ", " ")


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_value_text(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
