"""The three types of reports that a project can have: what each shows, what it needs, why it cannot be made."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from accubench.records.any_report import ReportKind
from accubench.records.model import Model
from accubench.records.project import ProjectOverview
from accubench.workspace import Workspace

__all__ = ["Need", "ReportType", "comparable_models", "report_types"]

_TITLES: dict[ReportKind, str] = {
    "accuracy": "Accuracy evaluation on validation dataset",
    "comparison": "Comparison of optimised and parent model predictions",
    "distance": "Tensor distance to parent model output",
}
_TEXTS: dict[ReportKind, str] = {
    "accuracy": (
        "Compares every prediction with the class in the dataset's annotations: top-1 and top-k accuracy, rank and "
        "confidence of both classes, image by image."
    ),
    "comparison": (
        "Shows which images both models predict differently, whether accuracy was lost beyond chance, and what was "
        "gained in speed."
    ),
    "distance": (
        "Measures how far the outputs of both models are apart on every image, also where both predict the same class."
    ),
}


class Need(BaseModel):
    """Something that a type of report needs, or would like."""

    text: str
    state: Literal["there", "wished", "missing"]


class ReportType(BaseModel):
    """A type of report."""

    kind: ReportKind
    title: str
    text: str
    address: str
    needs: tuple[Need, ...]
    note: str = ""
    """What the report lacks without something it would like."""
    reason: str = ""
    """Why it cannot be made; empty where it can."""


def report_types(workspace: Workspace, overview: ProjectOverview) -> tuple[ReportType, ...]:
    """The three types for a project."""
    parents = comparable_models(workspace, overview.model)
    return tuple(_type(kind, overview, parents) for kind in _TITLES)


def comparable_models(workspace: Workspace, model: Model) -> tuple[Model, ...]:
    """Models that may have the same classes as a model: its parent first, then newest first."""
    others = [other for other in reversed(workspace.models()) if other.id != model.id and _same_classes(model, other)]
    return tuple(sorted(others, key=lambda other: other.id != model.parent_id))


def _same_classes(model: Model, other: Model) -> bool:
    """Whether class counts are the same, but for one background class."""
    one, two = model.description, other.description
    difference = abs(one.class_count - two.class_count)
    return difference == 0 or (difference == 1 and one.background_class != two.background_class)


def _type(kind: ReportKind, overview: ProjectOverview, parents: tuple[Model, ...]) -> ReportType:
    return ReportType(
        kind=kind,
        title=_TITLES[kind],
        text=_TEXTS[kind],
        address=f"/projects/{overview.project.id}/reports/new?type={kind}",
        needs=_needs(kind, overview, parents),
        note=_note(kind, overview),
        reason="" if kind == "accuracy" or parents else _no_parent(overview.model),
    )


def _needs(kind: ReportKind, overview: ProjectOverview, parents: tuple[Model, ...]) -> tuple[Need, ...]:
    annotated = overview.dataset.annotated
    annotations = Need(
        text="annotated dataset" if annotated else "not annotated", state="there" if annotated else "wished"
    )
    if kind == "accuracy":
        return (annotations,)
    if not parents:
        return (Need(text="no model to compare with", state="missing"),)
    lineage = parents[0].id == overview.model.parent_id
    parent = Need(text=f"parent {parents[0].name}" if lineage else "another model", state="there")
    return (parent, annotations) if kind == "comparison" else (parent,)


def _note(kind: ReportKind, overview: ProjectOverview) -> str:
    if overview.dataset.annotated or kind == "distance":
        return ""
    if kind == "accuracy":
        return (
            f"{overview.dataset.name} has no annotations, so no accuracy is computed. Predicted classes and "
            "confidences of every image are still given."
        )
    return (
        f"{overview.dataset.name} has no annotations: the report tells on which images both models differ and how far "
        "accuracy can have changed at most."
    )


def _no_parent(model: Model) -> str:
    return (
        f"{model.name} has no parent here, and there is no other model with {model.description.class_count:,} classes. "
        "Optimise it to INT8 first, or import the other model."
    )
