"""Which resize and crop lead to a model's input: what the metadata says, else what the preset does."""

from __future__ import annotations

import math
from dataclasses import dataclass

from accubench.configuration.drafting import Draft, Evidence, Sourced
from accubench.configuration.wording import closest
from accubench.errors import ConfigurationError, Finding
from accubench.records.accuracy_configuration import OPENCV_INTERPOLATIONS, PILLOW_INTERPOLATIONS
from accubench.records.model import ModelMetadata

__all__ = ["add_geometry", "states_geometry"]

_SMALL_INPUT = 64
_STATEMENTS = ("resize_mode", "resize_size", "crop_fraction", "letterbox_fill")
_COUNTERPARTS = {"lanczos": "lanczos4", "lanczos4": "lanczos", "box": "area", "area": "box"}
_OFFERED = {"opencv": OPENCV_INTERPOLATIONS, "pillow": PILLOW_INTERPOLATIONS}

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _SourcedSize:
    """Height and width in pixels, and where they came from."""

    size_hw: Size
    origin: str

    def written(self) -> Sourced:
        """As a configuration has it: one number for a square."""
        height, width = self.size_hw
        return Sourced(height if height == width else [height, width], self.origin)

    def longer_side(self) -> Sourced:
        """The side that a resize of the shorter side needs, so that a crop of this size lies inside any image."""
        return Sourced(max(self.size_hw), self.origin)


def states_geometry(metadata: ModelMetadata) -> bool:
    """True where metadata says how images come to their size, so that no habit is needed for it."""
    return any(getattr(metadata, field) is not None for field in _STATEMENTS)


def add_geometry(draft: Draft, evidence: Evidence) -> None:
    """Append the steps that bring an image to the input's size, and notes about contradictions.

    Raises:
        ConfigurationError: The model leaves its size open and its metadata does not say it.
    """
    wanted = _input_size(evidence)
    share = _crop_share(evidence, wanted)
    crop_first = evidence.said("crop_first") or evidence.of_preset("crop_first")
    mode = _mode(evidence, wanted)
    if share is not None and crop_first.value:
        draft.add_step("crop", fraction=share)
        if evidence.metadata.resize_mode is None:
            mode = Sourced("stretch", crop_first.origin)
    before = _size_before_crop(draft, evidence, wanted, None if crop_first.value else share)
    library, interpolation = _resampling(draft, evidence)
    fill = evidence.said("letterbox_fill") if mode.value == "letterbox" else None
    shorter_side = mode.value == "shorter_side"
    draft.add_step(
        "resize",
        size=before.longer_side() if shorter_side else before.written(),
        mode=mode,
        library=library,
        interpolation=interpolation,
        **({} if fill is None else {"fill": fill}),
    )
    if shorter_side or before.size_hw != wanted.size_hw:
        usual = Sourced(
            "half_even" if library.value == "pillow" else "floor", f"as programs with {library.value} round"
        )
        draft.add_step("crop", size=wanted.written(), rounding=evidence.said("crop_rounding") or usual)


def _input_size(evidence: Evidence) -> _SourcedSize:
    """The size that preprocessing must arrive at."""
    model_input = evidence.description.input
    if model_input.size_hw is not None:
        return _SourcedSize(model_input.size_hw, f"the model's input is {_by(model_input.size_hw)}")
    # Also for a preset: a size is a fact about the model, not a choice of preprocessing.
    metadata = evidence.description.metadata
    if metadata.size_hw is not None:
        return _SourcedSize(metadata.size_hw, metadata.origins.get("size_hw", "the model's metadata"))
    finding = Finding(
        code="open-input-size",
        message=f"The input '{model_input.name}' has no fixed height and width: {list(model_input.shape)}.",
        remedy="Give the size of the input (--input-size HEIGHTxWIDTH) or an accuracy configuration (--config).",
    )
    raise ConfigurationError("No accuracy configuration can be inferred for this model.", [finding])


def _is_small(evidence: Evidence, wanted: _SourcedSize) -> bool:
    """True where habits for photographs do not fit: such inputs come from images of that very size."""
    return max(wanted.size_hw) <= _SMALL_INPUT and not states_geometry(evidence.metadata)


def _crop_share(evidence: Evidence, wanted: _SourcedSize) -> Sourced | None:
    """Share of each side that a crop keeps, or None for no crop."""
    stated = evidence.said("crop_fraction")
    if stated is not None or states_geometry(evidence.metadata) or _is_small(evidence, wanted):
        return stated
    return None if evidence.preset.crop_fraction is None else evidence.of_preset("crop_fraction")


def _mode(evidence: Evidence, wanted: _SourcedSize) -> Sourced:
    if (mode := evidence.said("resize_mode")) is not None:
        return mode
    if (fill := evidence.said("letterbox_fill")) is not None:
        return Sourced("letterbox", f"a fill is given ({fill.origin})")
    if (size := evidence.said("resize_size")) is not None and isinstance(size.value, tuple):
        return Sourced("stretch", f"height and width are given ({size.origin})")
    if _is_small(evidence, wanted):
        return Sourced("stretch", f"inputs of {_SMALL_INPUT} pixels or less come from images of that size: no crop")
    return evidence.of_preset("mode")


def _size_before_crop(draft: Draft, evidence: Evidence, wanted: _SourcedSize, share: Sourced | None) -> _SourcedSize:
    """The size to resize to: stated, or from the share that a later crop keeps, or the input's own."""
    stated = evidence.said("resize_size")
    if stated is not None:
        size: int | Size = stated.value
        square_or_pair = (size, size) if isinstance(size, int) else size
        return _stated_size(draft, evidence, _SourcedSize(square_or_pair, stated.origin), wanted)
    if share is None:
        return wanted
    height, width = wanted.size_hw
    if evidence.metadata.crop_fraction is not None:
        size_hw = math.floor(height / share.value), math.floor(width / share.value)
        return _SourcedSize(size_hw, f"{wanted.origin}, divided by {share.value:g} ({share.origin})")
    size_hw = evidence.preset.side_before_crop(height), evidence.preset.side_before_crop(width)
    return _SourcedSize(size_hw, f"{share.origin} for an input of {_by(wanted.size_hw)}")


def _stated_size(draft: Draft, evidence: Evidence, stated: _SourcedSize, wanted: _SourcedSize) -> _SourcedSize:
    """The size that metadata states; in proportion where the model was exported for another input than it says."""
    trained = evidence.said("size_hw")
    if trained is not None and trained.value != wanted.size_hw:
        (height, width), (new_height, new_width), (old_height, old_width) = (
            stated.size_hw,
            wanted.size_hw,
            trained.value,
        )
        scaled = max(1, height * new_height // old_height), max(1, width * new_width // old_width)
        draft.notes.append(
            f"The metadata speaks of an input of {_by(trained.value)} ({trained.origin}), but {wanted.origin}: "
            f"the resize to {_by(stated.size_hw)} becomes {_by(scaled)}."
        )
        return _SourcedSize(scaled, f"{stated.origin}, in proportion to the model's input")
    if any(size < side for size, side in zip(stated.size_hw, wanted.size_hw, strict=True)):
        draft.notes.append(
            f"The metadata asks for a resize to {_by(stated.size_hw)} ({stated.origin}), less than the input of "
            f"{_by(wanted.size_hw)}: images are resized to the input instead."
        )
        return wanted
    return stated


def _resampling(draft: Draft, evidence: Evidence) -> tuple[Sourced, Sourced]:
    """Library and interpolation; where they do not go together, the one that is stated wins."""
    library = evidence.said("resize_library") or evidence.of_preset("library")
    interpolation = evidence.said("interpolation") or evidence.of_preset("interpolation")
    word = str(interpolation.value)
    if word in _OFFERED[library.value]:
        return library, interpolation
    other = "pillow" if library.value == "opencv" else "opencv"
    if evidence.metadata.resize_library is None and word in _OFFERED[other]:
        return Sourced(other, f"has the interpolation {word} ({interpolation.origin})"), interpolation
    counterpart = _COUNTERPARTS.get(word) or closest(word, _OFFERED[library.value])
    chosen = counterpart if counterpart in _OFFERED[library.value] else evidence.preset.interpolation
    draft.notes.append(
        f"The metadata asks for the interpolation {word} ({interpolation.origin}), which {library.value} does not "
        f"have: {chosen} is used."
    )
    return library, Sourced(chosen, f"instead of {word} ({interpolation.origin})")


def _by(size_hw: Size) -> str:
    return f"{size_hw[0]} x {size_hw[1]}"
