"""What a project is made of, in words: facts, configurations on one line, the same as a command."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from pydantic import BaseModel

from accubench.export import DASH, configuration_values
from accubench.records.accuracy_configuration import (
    AccuracyConfiguration,
    CropStep,
    DecodeStep,
    Resize,
    ResizeStep,
    Step,
)
from accubench.records.project import ProjectOverview
from accubench.records.report import Report
from accubench.web.formats import bytes_text, count_text, time_text

__all__ = [
    "Fact",
    "commands",
    "configuration_changes",
    "configuration_summary",
    "dataset_facts",
    "model_facts",
    "project_facts",
]

_TIMES = "\N{MULTIPLICATION SIGN}"
_ARROW = "\N{RIGHTWARDS ARROW}"


class Fact(BaseModel):
    """One thing that is so."""

    label: str
    value: str
    detail: str = ""


def configuration_summary(configuration: AccuracyConfiguration) -> str:
    """The steps on one line.

    >>> steps = [{"decode": {"color": "BGR"}}, {"resize": {"size": 256}}, {"normalize": {"mean": [104, 117, 123]}}]
    >>> configuration_summary(AccuracyConfiguration.model_validate({"preprocessing": steps}))
    'BGR · resize 256, stretch · normalize mean 104, 117, 123'
    """
    parts = [_step_text(step) for step in configuration.preprocessing]
    if configuration.annotations.offset:
        parts.append(f"ids {configuration.annotations.offset:+d}")
    if configuration.annotations.valid_labels:
        parts.append("annotated classes only")
    return " · ".join(parts)


def configuration_changes(before: Report, after: Report) -> tuple[str, ...]:
    """What was set otherwise for the later one of two reports."""
    earlier, later = _by_step(before), _by_step(after)
    changes: list[str] = []
    for step in dict.fromkeys([*earlier, *later]):
        old, new = earlier.get(step), later.get(step)
        if old is None:
            changes.append(f"with {step}")
        elif new is None:
            changes.append(f"without {step}")
        else:
            changes += [
                f"{step} {name}: {old.get(name, DASH)} {_ARROW} {new.get(name, DASH)}"
                for name in dict.fromkeys([*old, *new])
                if old.get(name) != new.get(name)
            ]
    if not changes and list(earlier) != list(later):
        changes.append("steps in another order")
    return tuple(changes)


def _by_step(report: Report) -> dict[str, dict[str, str]]:
    """Values by step or section and name; steps are told apart by their kind, not by their place in the list."""
    found: dict[str, dict[str, str]] = {}
    places: dict[str, str] = {}
    for value in configuration_values(report):
        kind = value.section.rpartition(" ")[2]
        if value.section not in places:
            same = sum(name.partition(" ")[0] == kind for name in places.values())
            places[value.section] = kind if same == 0 else f"{kind} {same + 1}"
        found.setdefault(places[value.section], {})[value.name] = value.value
    return found


def model_facts(overview: ProjectOverview) -> tuple[Fact, ...]:
    """What is known of the model."""
    model, description = overview.model, overview.model.description
    shape = f" {_TIMES} ".join("?" if size is None else str(size) for size in description.input.shape)
    return (
        Fact(label="Model", value=model.name, detail=f"version {model.version}"),
        Fact(label="Id", value=model.id),
        Fact(label="Format", value=description.format),
        Fact(label="Imported from", value=model.source),
        Fact(label="Size", value=bytes_text(sum(file.size_bytes for file in model.files))),
        Fact(label="Parameters", value=count_text(description.parameters), detail=overview.precision),
        Fact(label="Classes", value=count_text(description.class_count)),
        Fact(label="Input", value=f"{description.input.name}, {shape}", detail=description.input.dtype),
        Fact(label="Outputs are", value=description.score_kind, detail=description.score_kind_reason),
    )


def dataset_facts(overview: ProjectOverview) -> tuple[Fact, ...]:
    """What is known of the dataset."""
    dataset = overview.dataset
    classes = f"{len(dataset.class_ids):,} classes occur" if dataset.annotated else "not annotated"
    return (
        Fact(label="Dataset", value=dataset.name, detail=f"version {dataset.version}"),
        Fact(label="Id", value=dataset.id),
        Fact(label="Layout", value=dataset.layout),
        Fact(label="Folder", value=dataset.root),
        Fact(label="Images", value=count_text(dataset.n_images)),
        Fact(label="Annotations", value=dataset.annotation_file or classes, detail=classes),
    )


def project_facts(overview: ProjectOverview) -> tuple[Fact, ...]:
    """Where it runs, and since when."""
    project, target = overview.project, overview.project.target
    return (
        Fact(label="Id", value=project.id),
        Fact(label="Device", value=target.device, detail=target.device_name),
        Fact(label="Machine", value=target.machine, detail=f"{target.cores} cores"),
        Fact(label="Created", value=time_text(project.created_at)),
    )


def commands(overview: ProjectOverview, parent: str = "") -> dict[str, str]:
    """The evaluation of the project as a command and as Python, and the comparison with its parent.

    Args:
        overview: The project.
        parent: Name of the model that its model was optimised from; empty where there is none.
    """
    model, dataset, device = overview.model.name, overview.dataset.name, overview.project.target.device
    on_device = "" if device == "CPU" else f" --device {device}"
    in_python = "" if device == "CPU" else f", device={device!r}"
    command = f"accubench evaluate {shlex.quote(model)} {shlex.quote(dataset)}{on_device}"
    compared = ""
    if parent:
        names = " ".join(shlex.quote(name) for name in (model, parent, dataset))
        command += f"\naccubench compare {names}{on_device}"
        compared = (
            f"comparison = workspace.compare({model!r}, {parent!r}, {dataset!r}{in_python})\nprint(comparison.sentence)"
        )
    return {
        "command": command,
        "python": (
            "import accubench\n\n"
            "workspace = accubench.Workspace()\n"
            f"report = workspace.evaluate({model!r}, {dataset!r}{in_python})\n"
            f"print(report.top1)\n{compared}"
        ).rstrip(),
    }


def _step_text(step: Step) -> str:
    if isinstance(step, DecodeStep):
        return step.decode.color + (", upright" if step.decode.exif == "apply" else "")
    if isinstance(step, ResizeStep):
        return _resize_text(step.resize)
    if isinstance(step, CropStep):
        kept = step.crop.size if step.crop.fraction is None else f"{100 * step.crop.fraction:g} %"
        return f"crop {_listed(kept)}"
    scale = "" if step.normalize.scale == 1 else f", scale {_listed(step.normalize.scale)}"
    return f"normalize mean {_listed(step.normalize.mean)}{scale}"


def _resize_text(resize: Resize) -> str:
    size = f"{resize.size}" if isinstance(resize.size, int) else f" {_TIMES} ".join(map(str, resize.size))
    more: Iterable[str] = (
        part for part, usual in ((resize.library, "opencv"), (resize.interpolation, "bilinear")) if part != usual
    )
    return ", ".join([f"resize {size}", resize.mode.replace("_", " "), *more])


def _listed(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_listed(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
