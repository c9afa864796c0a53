"""An accuracy configuration as the controls of a form: from plain data to text, and from text to YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from accubench.configuration.leaves import rendered
from accubench.configuration.wording import SECTIONS, STEPS
from accubench.records.accuracy_configuration import OPENCV_INTERPOLATIONS, PILLOW_INTERPOLATIONS
from accubench.records.configuration_form import (
    AnnotationsForm,
    ConfigurationForm,
    CropForm,
    DecodeForm,
    MetricsForm,
    NormalizeForm,
    OutputsForm,
    ResizeForm,
    StepForm,
)

__all__ = ["NoFormError", "form_values", "settled", "yaml_values"]

_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MAP_LINE = re.compile(r"([-+]?[0-9]{1,18})\s*:\s*([-+]?[0-9]{1,18})")
_TRUTHS = ("true", "false")
_RARE_RULES = {"alpha": "drop", "sixteen_bit": "shift", "cmyk": "convert", "animated": "first"}
_TOP = ("preprocessing", "outputs", "annotations", "metrics")

Data = Mapping[str, Any]


class NoFormError(Exception):
    """The data has something that no control stands for; the message is a sentence."""


def form_values(data: Any) -> ConfigurationForm:
    """The controls' texts for the plain data of a YAML text, whether its values are right or not.

    Raises:
        NoFormError: There are keys or steps that the form has no control for.

    >>> form_values({"preprocessing": [{"decode": {}}, {"resize": {"size": [192, 256]}}]}).steps[1].width
    '256'
    """
    top = _section(data, "the configuration", _TOP)
    steps = top.get("preprocessing")
    if not isinstance(steps, list) or not steps:
        raise NoFormError("There is no list of steps below 'preprocessing:'.")
    return ConfigurationForm(
        steps=tuple(_step(step) for step in cast("list[Any]", steps)),
        outputs=_outputs(_known(top, "outputs")),
        annotations=_annotations(_known(top, "annotations")),
        metrics=_metrics(_known(top, "metrics")),
    )


def settled(form: ConfigurationForm) -> ConfigurationForm:
    """The form with choices that another choice has ruled out replaced by ones that are on offer.

    >>> form = ConfigurationForm(steps=(DecodeForm(), ResizeForm(library="pillow", interpolation="area")))
    >>> settled(form).steps[1].interpolation
    'bilinear'
    """
    return form.model_copy(update={"steps": tuple(_settled_step(step) for step in form.steps)})


def yaml_values(section: StepForm | OutputsForm | AnnotationsForm | MetricsForm) -> dict[str, str | None]:
    """The YAML of each key that the controls of a step or section stand for; None for a key that is left out.

    >>> yaml_values(CropForm(height="227"))
    {'size': '227', 'fraction': None, 'rounding': 'floor'}
    """
    if isinstance(section, DecodeForm | ResizeForm | CropForm | NormalizeForm):
        return _step_values(section)
    return _section_values(section)


# --- from data --------------------------------------------------------------------------------------


def _section(data: Any, name: str, keys: tuple[str, ...]) -> Data:
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise NoFormError(f"{name} is not written as keys with values.")
    section = cast("dict[str, Any]", data)
    if unknown := [str(key) for key in section if key not in keys]:
        raise NoFormError(f"The form does not know '{unknown[0][:40]}' of {name}.")
    return section


def _known(top: Data, name: str) -> Data:
    return _section(top.get(name), name, tuple(SECTIONS[name].model_fields))


def _step(step: Any) -> StepForm:
    if not isinstance(step, dict) or len(cast("dict[str, Any]", step)) != 1:
        raise NoFormError("A step is not written as '- name: {…}'.")
    kind, content = next(iter(cast("dict[str, Any]", step).items()))
    if kind not in STEPS:
        raise NoFormError(f"The form does not know the step '{kind[:40]}'.")
    values = _section(content, kind, tuple(SECTIONS[kind].model_fields))
    return {"decode": _decode, "resize": _resize, "crop": _crop, "normalize": _normalize}[kind](values)


def _decode(values: Data) -> DecodeForm:
    return DecodeForm.model_validate({name: _shown(value) for name, value in values.items()})


def _resize(values: Data) -> ResizeForm:
    height, width = _sides(values.get("size"))
    rest = {name: _shown(value) for name, value in values.items() if name != "size"}
    return ResizeForm.model_validate({"height": height, "width": width, **rest})


def _crop(values: Data) -> CropForm:
    height, width = _sides(values.get("size"))
    fraction = values.get("fraction")
    return CropForm(
        way="size" if fraction is None else "fraction",
        height=height,
        width=width,
        fraction="" if fraction is None else _shown(fraction),
        rounding=_shown(values.get("rounding", "floor")),
    )


def _normalize(values: Data) -> NormalizeForm:
    return NormalizeForm.model_validate({name: _listed(value) for name, value in values.items()})


def _outputs(values: Data) -> OutputsForm:
    return OutputsForm(scores=_shown(values.get("scores", "auto")), name=_shown_name(values.get("name")))


def _annotations(values: Data) -> AnnotationsForm:
    class_map: Any = values.get("map")
    way = "name" if values.get("by") == "name" else "offset" if class_map is None else "map"
    if isinstance(class_map, dict):
        items = cast("dict[Any, Any]", class_map).items()
        lines = "\n".join(f"{key}: {_shown(value)}" for key, value in items)
    else:
        lines = "" if class_map is None else _shown(class_map)
    valid_labels = _shown(values.get("valid_labels", False))
    return AnnotationsForm(way=way, offset=_shown(values.get("offset", 0)), map=lines, valid_labels=valid_labels)


def _metrics(values: Data) -> MetricsForm:
    return MetricsForm(
        top_k=_listed(values.get("top_k", [1, 5]), always_list=True),
        per_class=_shown(values.get("per_class", True)),
        calibration_bins=_shown(values.get("calibration_bins", 15)),
    )


def _shown(value: Any) -> str:
    """A single value as a control shows it."""
    return value if isinstance(value, str) else "" if value is None else rendered(value)


def _shown_name(name: Any) -> str:
    """A name as it is where that reads back, in quotes where it does not."""
    if not isinstance(name, str):
        return _shown(name)
    plain = name.isprintable() and name == name.strip() and name and not name.startswith('"')
    return name if plain else _quoted(name)


def _sides(size: Any) -> tuple[str, str]:
    if isinstance(size, list) and len(sides := cast("list[Any]", size)) == 2:
        return _shown(sides[0]), _shown(sides[1])
    return _shown(size), ""


def _listed(value: Any, *, always_list: bool = False) -> str:
    if not isinstance(value, list):
        return _shown(value)
    items = ", ".join(_shown(item) for item in cast("list[Any]", value))
    return items if always_list or "," in items else f"[{items}]"


# --- to YAML ----------------------------------------------------------------------------------------


def _step_values(step: StepForm) -> dict[str, str | None]:
    if isinstance(step, DecodeForm):
        rare = {name: _choice(getattr(step, name), unless=default) for name, default in _RARE_RULES.items()}
        return {"color": _choice(step.color), "exif": _choice(step.exif), **rare}
    if isinstance(step, ResizeForm):
        return {
            "size": _size(step.height, step.width),
            "mode": _choice(step.mode),
            "library": _choice(step.library),
            "interpolation": _choice(step.interpolation),
            "fill": None if step.mode != "letterbox" and step.fill == "0" else _number(step.fill),
        }
    if isinstance(step, CropForm):
        return {
            "size": _size(step.height, step.width) if step.way == "size" else None,
            "fraction": _number(step.fraction) if step.way == "fraction" else None,
            "rounding": _choice(step.rounding),
        }
    return {"mean": _numbers(step.mean), "scale": _numbers(step.scale)}


def _section_values(section: OutputsForm | AnnotationsForm | MetricsForm) -> dict[str, str | None]:
    if isinstance(section, OutputsForm):
        return {"scores": _choice(section.scores), "name": _name(section.name)}
    if isinstance(section, AnnotationsForm):
        return {
            "offset": _number(section.offset) if section.way == "offset" else None,
            "map": _map(section.map) if section.way == "map" else None,
            "by": "name" if section.way == "name" else None,
            "valid_labels": None if section.valid_labels == "false" else _truth(section.valid_labels),
        }
    return {
        "top_k": _numbers(section.top_k, always_list=True),
        "per_class": _truth(section.per_class),
        "calibration_bins": _number(section.calibration_bins),
    }


def _settled_step(step: StepForm) -> StepForm:
    if isinstance(step, ResizeForm):
        offered = PILLOW_INTERPOLATIONS if step.library == "pillow" else OPENCV_INTERPOLATIONS
        known = step.interpolation not in {*OPENCV_INTERPOLATIONS, *PILLOW_INTERPOLATIONS}
        interpolation = step.interpolation if step.interpolation in offered or known else "bilinear"
        width = "" if step.mode == "shorter_side" else step.width
        return step.model_copy(update={"interpolation": interpolation, "width": width})
    if isinstance(step, CropForm) and step.way == "size" and step.rounding == "symmetric":
        return step.model_copy(update={"rounding": "floor"})
    return step


def _choice(text: str, *, unless: str | None = None) -> str | None:
    return None if text == unless else _as_text(text)


def _truth(text: str) -> str | None:
    return text if text in _TRUTHS else _choice(text)


def _as_text(text: str) -> str | None:
    return rendered(text) if text else None


def _quoted(text: str) -> str:
    quoted = rendered(text)
    return quoted if quoted.startswith('"') else f'"{quoted}"'


def _number(text: str) -> str:
    """A number as it was typed; an emptied control becomes null, which the check finds."""
    text = text.strip()
    return text if _NUMBER.fullmatch(text) else _as_text(text) or "null"


def _size(height: str, width: str) -> str:
    return f"[{_number(height)}, {_number(width)}]" if width.strip() else _number(height)


def _numbers(text: str, *, always_list: bool = False) -> str:
    text = text.strip()
    bracketed = text.startswith("[") and text.endswith("]")
    inner = text[1:-1] if bracketed else text
    if not bracketed and not always_list and "," not in inner:
        return _number(inner)
    items = [item for item in inner.replace(";", ",").split(",") if item.strip()]
    return f"[{', '.join(_number(item) for item in items)}]" if items else "null"


def _name(text: str) -> str | None:
    if not text:
        return None
    # What begins with a quote is YAML already; where it is not, the text as it stands is the name.
    return text if len(text) > 1 and text.startswith('"') and text.endswith('"') else rendered(text)


def _map(text: str) -> str | None:
    lines = [line.strip().rstrip(",") for line in text.splitlines() if line.strip()]
    matches = [_MAP_LINE.fullmatch(line) for line in lines]
    pairs = [f"{match[1]}: {match[2]}" for match in matches if match]
    return f"{{{', '.join(pairs)}}}" if len(pairs) == len(lines) else rendered(text)
