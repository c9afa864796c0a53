"""The accuracy configuration as controls: which there are, what they offer, what they hold and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from accubench.records.accuracy_configuration import OPENCV_INTERPOLATIONS, PILLOW_INTERPOLATIONS
from accubench.records.configuration_form import (
    AnnotationsForm,
    CheckedConfiguration,
    ConfigurationForm,
    CropForm,
    DecodeForm,
    MetricsForm,
    NormalizeForm,
    OutputsForm,
    ResizeForm,
    StepForm,
)

__all__ = ["GIVEN", "Control", "FormView", "StepView", "form_view"]


GIVEN = "given"
"""The origin of a value that nothing about the model proposes."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Control(_View):
    """One control of the form."""

    name: str
    """The field of the form's record."""
    id: str
    place: str
    """The path of the value in the configuration."""
    label: str
    kind: Literal["choice", "text", "area", "switch"]
    value: str
    options: tuple[tuple[str, str], ...] = ()
    """Of a choice: value and words."""
    hint: str = ""
    origin: str = ""
    error: str = ""
    numeric: bool = False
    decides: bool = False
    """Whether other controls come or go with its value, so that the form is drawn anew."""
    rare: bool = False
    """Whether it stands behind a fold."""


class StepView(_View):
    """A step, or one of the sections after the steps."""

    kind: str
    place: str
    title: str
    about: str
    origin: str = ""
    """Where most of its values come from; a control has an origin of its own only where it is another."""
    controls: tuple[Control, ...]
    errors: tuple[str, ...] = ()
    """Problems of the step as a whole."""
    number: int | None = None
    movable_up: bool = False
    movable_down: bool = False


class FormView(_View):
    """The whole form."""

    steps: tuple[StepView, ...]
    sections: tuple[StepView, ...]
    errors: tuple[str, ...] = ()
    """Problems that belong to no step."""


_ABOUT = {
    "decode": ("Decode", "How a file becomes pixels of 0 to 255."),
    "resize": ("Resize", "Changes the size of the image."),
    "crop": ("Crop", "Keeps the centre of the image."),
    "normalize": ("Normalize", "Subtracts the mean, then divides by the scale."),
    "outputs": ("Outputs", "How the model's output becomes class scores."),
    "annotations": ("Annotations", "How a class of the dataset becomes an output of the model."),
    "metrics": ("Metrics", "What is computed from the scores."),
}

_WORDS = {
    "shorter_side": "shorter side",
    "opencv": "OpenCV",
    "pillow": "Pillow",
    "half_even": "half even",
}
_MODES = {
    "stretch": "Ignores the aspect.",
    "shorter_side": "Keeps the aspect.",
    "letterbox": "Keeps the aspect, fills the rest.",
}
_LIBRARIES = {"opencv": "Does not antialias.", "pillow": "Antialiases."}


class _Builder:
    """Makes the controls of one step or section."""

    def __init__(self, place: str, values: object, origins: Mapping[str, str], errors: Mapping[str, list[str]]) -> None:
        self._place = place
        self._values = values
        self._origins = origins
        self._errors = errors
        self._said: set[str] = set()

    def choice(
        self,
        name: str,
        label: str,
        options: tuple[str, ...],
        hint: str = "",
        *,
        decides: bool = False,
        rare: bool = False,
    ) -> Control:
        value = str(getattr(self._values, name))
        offered = options if value in options else (*options, value)
        words = tuple((option, _WORDS.get(option, option)) for option in offered)
        return self._control(name, label, "choice", options=words, hint=hint, decides=decides, rare=rare)

    def text(self, name: str, label: str, hint: str = "", *, numeric: bool = False, key: str | None = None) -> Control:
        return self._control(name, label, "text", key=key, hint=hint, numeric=numeric)

    def way(self, label: str, options: tuple[tuple[str, str], ...], hint: str = "") -> Control:
        return self._control("way", label, "choice", options=options, hint=hint, decides=True, key="")

    def area(self, name: str, label: str, hint: str) -> Control:
        return self._control(name, label, "area", hint=hint)

    def switch(self, name: str, label: str) -> Control:
        return self._control(name, label, "switch")

    def _control(self, name: str, label: str, kind: str, *, key: str | None = None, **more: object) -> Control:
        place = f"{self._place}.{name if key is None else key}".rstrip(".")
        first = key != "" and place not in self._said  # height and width are one value: it is spoken of once
        self._said.add(place)
        return Control.model_validate(
            {
                "name": name,
                "id": f"{self._place}.{name}".replace(".", "-"),
                "place": place if key != "" else "",
                "label": label,
                "kind": kind,
                "value": getattr(self._values, name),
                "origin": self._origins.get(place, "") if first else "",
                "error": " ".join(self._errors.get(place, [])) if first else "",
                **more,
            }
        )


def form_view(form: ConfigurationForm, checked: CheckedConfiguration) -> FormView:
    """The form as it is drawn, each control with what was found out about its value."""
    origins = {value.path: value.origin or GIVEN for value in checked.values}
    errors = _errors_by_place(checked)
    last = len(form.steps) - 1
    steps = tuple(
        _step(step, f"preprocessing.{index}.{step.kind}", origins, errors).model_copy(
            update={"number": index + 1, "movable_up": index > 1, "movable_down": 0 < index < last}
        )
        for index, step in enumerate(form.steps)
    )
    sections = tuple(
        _step(getattr(form, name), name, origins, errors) for name in ("outputs", "annotations", "metrics")
    )
    shown = {control.place for view in (*steps, *sections) for control in view.controls}
    shown |= {view.place for view in (*steps, *sections)}
    rest = tuple(sentence for place, sentences in errors.items() if place not in shown for sentence in sentences)
    return FormView(steps=steps, sections=sections, errors=rest)


def _errors_by_place(checked: CheckedConfiguration) -> dict[str, list[str]]:
    """Sentences by the control, or the step, that they are about."""
    found: dict[str, list[str]] = {}
    for placed in checked.findings:
        parts = (placed.path or "").split(".")
        depth = 4 if parts[0] == "preprocessing" else 2
        found.setdefault(".".join(parts[:depth]), []).append(placed.sentence)
    return found


def _step(
    values: StepForm | OutputsForm | AnnotationsForm | MetricsForm,
    place: str,
    origins: Mapping[str, str],
    errors: Mapping[str, list[str]],
) -> StepView:
    kind = place.rpartition(".")[2]
    title, about = _ABOUT[kind]
    controls = tuple(_controls(values, _Builder(place, values, origins, errors)))
    of_step = errors.get(place, []) + (errors.get(place.rpartition(".")[0], []) if "." in place else [])
    common = _common_origin(controls)
    return StepView(
        kind=kind,
        place=place,
        title=title,
        about=about,
        origin=common,
        controls=tuple(_without_origin(control, common) for control in controls),
        errors=tuple(of_step),
    )


def _common_origin(controls: tuple[Control, ...]) -> str:
    """Where most values come from that are more than a default."""
    counts = Counter(control.origin for control in controls if control.origin not in {"", "default", GIVEN})
    return next((origin for origin, _ in counts.most_common(1)), "")


def _without_origin(control: Control, common: str) -> Control:
    """The control, silent about an origin that its step tells, or that nobody asks for."""
    return control.model_copy(update={"origin": ""}) if control.origin in {common, "default"} else control


def _controls(values: StepForm | OutputsForm | AnnotationsForm | MetricsForm, build: _Builder) -> Iterable[Control]:
    if isinstance(values, DecodeForm):
        yield from _decode_controls(build)
    elif isinstance(values, ResizeForm):
        yield from _resize_controls(values, build)
    elif isinstance(values, CropForm):
        yield from _crop_controls(values, build)
    elif isinstance(values, NormalizeForm):
        yield build.text("mean", "Mean", "One number, or one per channel in the order decoded.")
        yield build.text("scale", "Scale", "Divides; 1 changes nothing.")
    elif isinstance(values, AnnotationsForm):
        yield from _annotation_controls(values, build)
    elif isinstance(values, OutputsForm):
        yield build.choice(
            "scores", "Scores are", ("auto", "logits", "probabilities"), "auto asks the graph, then the numbers."
        )
        yield build.text("name", "Name of the output", "Only where the model has several.")
    else:
        yield build.text("top_k", "Top-k", "The values of k, such as 1, 5.", numeric=True)
        yield build.text("calibration_bins", "Calibration bins", "2 to 100.", numeric=True)
        yield build.switch("per_class", "Precision, recall and F1 of every class")


def _decode_controls(build: _Builder) -> Iterable[Control]:
    yield build.choice("color", "Color", ("RGB", "BGR", "gray"))
    yield build.choice("exif", "EXIF orientation", ("ignore", "apply"), "apply turns images upright.")
    yield build.choice("alpha", "Transparency", ("drop", "white", "black"), "Dropped, or blended onto it.", rare=True)
    yield build.choice("sixteen_bit", "16-bit gray", ("shift", "clip"), "Keep 8 bits, or cut at 255.", rare=True)
    yield build.choice("cmyk", "CMYK", ("convert", "fail"), "To RGB, or a failed image.", rare=True)
    yield build.choice("animated", "Animation", ("first", "fail"), "First frame, or a failed image.", rare=True)


def _resize_controls(values: ResizeForm, build: _Builder) -> Iterable[Control]:
    square = values.mode == "shorter_side"
    yield build.text("height", "Shorter side" if square else "Height", "Pixels.", numeric=True, key="size")
    if not square:
        yield build.text("width", "Width", "Empty: a square.", numeric=True, key="size")
    yield build.choice("mode", "Mode", tuple(_MODES), _MODES.get(values.mode, ""), decides=True)
    yield build.choice("library", "Library", tuple(_LIBRARIES), _LIBRARIES.get(values.library, ""), decides=True)
    offered = PILLOW_INTERPOLATIONS if values.library == "pillow" else OPENCV_INTERPOLATIONS
    yield build.choice("interpolation", "Interpolation", offered)
    if values.mode == "letterbox" or values.fill != "0":
        yield build.text("fill", "Fill", "0 to 255, around the image.", numeric=True)


def _crop_controls(values: CropForm, build: _Builder) -> Iterable[Control]:
    yield build.way("Keep", (("size", "a size"), ("fraction", "a share of each side")))
    if values.way == "size":
        yield build.text("height", "Height", "Pixels.", numeric=True, key="size")
        yield build.text("width", "Width", "Empty: a square.", numeric=True, key="size")
        yield build.choice(
            "rounding", "Rounding of margins", ("floor", "half_even"), "floor: OpenCV; half even: torchvision."
        )
    else:
        yield build.text("fraction", "Share", "Above 0, at most 1, such as 0.875.", numeric=True)
        yield build.choice(
            "rounding", "Rounding of margins", ("floor", "half_even", "symmetric"), "symmetric: TensorFlow."
        )


def _annotation_controls(values: AnnotationsForm, build: _Builder) -> Iterable[Control]:
    ways = (
        ("offset", "id and offset"),
        ("map", "a map of ids"),
        ("name", "names or synsets"),
    )
    yield build.way("Match classes by", ways)
    if values.way == "offset":
        yield build.text("offset", "Offset", "1 where output 0 is a background class.", numeric=True)
    if values.way == "map":
        yield build.area("map", "Map", "One line for each class: dataset id: output")
    yield build.switch("valid_labels", "Score the annotated classes only")
