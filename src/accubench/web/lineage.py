"""Parents and children: which project was optimised from which, and what the comparison of both found."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from accubench.export.comparison_text import difference_interval
from accubench.export.numbers import signed_points_text
from accubench.records.comparison import Comparison, Verdict
from accubench.records.project import ProjectOverview
from accubench.workspace import Workspace
from accubench.workspace.lineage import parent_name

__all__ = ["ComparisonMark", "Relative", "children_of", "comparison_mark", "newest_mark", "parent_of"]

_VERDICTS: dict[str, tuple[str, str]] = {
    "pass": ("✓ pass", "good"),
    "fail": ("✕ fail", "bad"),
    "inconclusive": ("? inconclusive", "warn"),
}


class ComparisonMark(BaseModel):
    """A comparison in a few words."""

    report_id: str
    text: str
    """The difference of accuracy in points, or the agreement where nothing is annotated."""
    interval: str
    """The 95 % interval of that."""
    verdict: str
    """With a sign, so that it is told by more than its colour; empty without annotations."""
    badge: str
    """Style of the verdict's badge."""
    difference: float | None
    """Top-1 of the optimised model minus that of its parent, as a share."""


class Relative(BaseModel):
    """A parent or a child."""

    name: str
    version: int
    address: str
    """Its project, or the model where there is no such project; empty where both are gone."""
    kind: Literal["project", "model", "gone"]
    mark: ComparisonMark | None = None
    """The newest comparison of the child with its parent."""


def parent_of(workspace: Workspace, overview: ProjectOverview) -> Relative | None:
    """What a project's model was optimised from; None for an original model."""
    model = overview.model
    if model.parent_id is None:
        return None
    known = next((each for each in workspace.models() if each.id == model.parent_id), None)
    if known is None:
        return Relative(name=parent_name(model, {}), version=1, address="", kind="gone")
    if overview.parent_project_id is None:
        return Relative(name=known.name, version=known.version, address=f"/models/{known.id}", kind="model")
    address = f"/projects/{overview.parent_project_id}"
    return Relative(name=known.name, version=known.version, address=address, kind="project")


def children_of(workspace: Workspace, overview: ProjectOverview) -> tuple[Relative, ...]:
    """Projects of models that were optimised from a project's model, on its dataset and target, newest first."""
    return tuple(
        Relative(
            name=each.model.name,
            version=each.model.version,
            address=f"/projects/{each.project.id}",
            kind="project",
            mark=newest_mark(each),
        )
        for each in workspace.child_projects(overview.project.id)
    )


def newest_mark(overview: ProjectOverview) -> ComparisonMark | None:
    """What the newest comparison of a project's model with its own parent found."""
    return None if overview.comparison is None else comparison_mark(overview.comparison)


def comparison_mark(comparison: Comparison) -> ComparisonMark:
    """A comparison in a few words."""
    summary = comparison.summary
    difference, agreement = summary.difference, summary.agreement
    text, interval = "nothing compared", ""
    if difference is not None:
        text = f"{signed_points_text(difference.value)} points"
        interval = difference_interval(difference)
    elif agreement is not None:
        text = f"{100 * agreement.value:.2f} % agree"
        interval = f"{100 * agreement.low:.2f} to {100 * agreement.high:.2f} %"
    verdict, badge = _verdict(summary.verdict)
    return ComparisonMark(
        report_id=comparison.id,
        text=text,
        interval=interval,
        verdict=verdict,
        badge=badge,
        difference=None if difference is None else difference.value,
    )


def _verdict(verdict: Verdict | None) -> tuple[str, str]:
    return ("", "") if verdict is None else _VERDICTS[verdict.outcome]
