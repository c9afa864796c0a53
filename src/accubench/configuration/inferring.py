"""A configuration for a model without a file: one kept in it, what it says, the habit of its format, its input."""

from __future__ import annotations

from accubench.configuration.coloring import add_normalization, color_of
from accubench.configuration.drafting import Draft, Evidence, Sourced
from accubench.configuration.geometry import add_geometry, states_geometry
from accubench.configuration.presets import PRESETS, preset_named
from accubench.configuration.reading import parse_configuration
from accubench.errors import ConfigurationError
from accubench.records.accuracy_configuration import ResolvedConfiguration
from accubench.records.model import ModelDescription, ModelMetadata

__all__ = ["infer_configuration", "preset_configuration"]

_HABITS = {
    "caffe": ("caffe-imagenet", "the habit of Caffe's ImageNet models"),
    "onnx": ("torchvision", "the habit of ONNX files from PyTorch"),
    "torch-export": ("torchvision", "the habit of models from PyTorch"),
    "torchscript": ("torchvision", "the habit of models from PyTorch"),
    "tflite": ("tf-slim", "the habit of TensorFlow's image models"),
    "savedmodel": ("tf-slim", "the habit of TensorFlow's image models"),
    "openvino": ("raw", "assumed, for OpenVINO IR has no habit"),
}
"""Preset by format, and how its values' origin is called."""

_KEPT = "the accuracy configuration kept in the model"


def infer_configuration(description: ModelDescription) -> ResolvedConfiguration:
    """The most likely configuration for a model.

    A model that AccuBench made keeps the configuration that it was made with, and that is it.
    Otherwise the metadata counts first, then the habit of the format; the model itself has the last word: the size and
    channels of its input, a background class, preprocessing that its graph does already.

    Returns:
        The configuration; every value has its origin, and the notes say what is only habit, and why a kept
        configuration that cannot be read is ignored.

    Raises:
        ConfigurationError: The size of the input is known from nowhere, or the metadata is impossible.
    """
    notes: tuple[str, ...] = ()
    if description.configuration_yaml is not None:
        try:
            return _kept(description.configuration_yaml)
        except ConfigurationError as error:
            notes = (f"{_KEPT[:1].upper()}{_KEPT[1:]} is ignored, for it cannot be read: {error.findings[0].message}",)
    name, origin = _HABITS[description.format]
    proposed = _proposed(Evidence(description, description.metadata, PRESETS[name], origin), habit=True)
    return proposed.model_copy(update={"notes": (*notes, *proposed.notes)})


def preset_configuration(name: str, description: ModelDescription) -> ResolvedConfiguration:
    """A preset with the sizes of a model's input; the model's metadata is not asked.

    Args:
        name: One of `PRESETS`.
        description: The model.

    Raises:
        ConfigurationError: There is no such preset, or the size of the input is known from nowhere.
    """
    evidence = Evidence(description, ModelMetadata(), preset_named(name), f"the preset {name}")
    return _proposed(evidence, habit=False)


def _kept(text: str) -> ResolvedConfiguration:
    """The configuration that was written into a model when it was made, with that as the origin of its values."""
    resolved = parse_configuration(text, name=_KEPT)
    origins = {path: origin if origin == "default" else _KEPT for path, origin in resolved.origins.items()}
    return resolved.model_copy(update={"origins": origins})


def _proposed(evidence: Evidence, *, habit: bool) -> ResolvedConfiguration:
    """The configuration that the evidence asks for; for a habit with a note of what nothing else speaks for."""
    draft = Draft()
    color = color_of(draft, evidence)
    draft.add_step("decode", color=color)
    add_geometry(draft, evidence)
    by_preset = add_normalization(draft, evidence, color)
    description = evidence.description
    if description.background_class:
        draft.set_section("annotations", offset=Sourced(1, description.background_reason))
    if habit:
        unknown = {
            "order of colours": color.origin == evidence.preset_origin,
            "resize and crop": not states_geometry(evidence.metadata),
            "normalisation": by_preset,
        }
        _note_habit(draft, evidence, [part for part, is_unknown in unknown.items() if is_unknown])
    return draft.resolved()


def _note_habit(draft: Draft, evidence: Evidence, unknown: list[str]) -> None:
    """Say on top which values nothing but the format speaks for."""
    if not unknown:
        return
    if evidence.preset is PRESETS["raw"]:
        assumed = "RGB pixels of 0 to 255, stretched to the input, are assumed"
    else:
        assumed = f"{evidence.preset_origin} is assumed"
    draft.notes.insert(
        0,
        f"Nothing in the model says how images were prepared for it ({', '.join(unknown)}): {assumed}. "
        "Give --config if that is wrong.",
    )
