"""What reports about two models ask for besides the configuration: the parent, the margin, which images, speed."""

from __future__ import annotations

from pydantic import BaseModel

from accubench.errors import UsageError
from accubench.records.any_report import ReportKind
from accubench.records.job_arguments import CompareArguments
from accubench.records.project import ProjectOverview
from accubench.web.optimize_form import read_share
from accubench.web.report_form import ReportForm
from accubench.web.report_types import comparable_models
from accubench.web.workbench import Workbench

__all__ = ["PairedChoices", "paired_choices", "submit_paired"]

_MODELS, _HINTS = 2, 2
_SECONDS_A_ROUND = 1.0
"""How long `Workspace.compare` measures each model under each hint in each round."""


class ParentOption(BaseModel):
    """A model to compare with."""

    id: str
    label: str


class PairedChoices(BaseModel):
    """What can be chosen for a report about two models."""

    parents: tuple[ParentOption, ...]
    """The lineage parent first."""
    calibration_images: int
    """Images of the project's dataset that its model was calibrated on."""
    speed_seconds: float
    """How long measuring both models will take."""
    lineage: bool
    """Whether the parent that is proposed is what the model was optimised from."""


def paired_choices(workbench: Workbench, overview: ProjectOverview) -> PairedChoices:
    """What can be chosen for a report about a project's model and another one."""
    model = overview.model
    parents = comparable_models(workbench.workspace, model)
    return PairedChoices(
        parents=tuple(
            ParentOption(
                id=other.id,
                label=(other.name if other.version == 1 else f"{other.name} (version {other.version})")
                + (", its parent" if other.id == model.parent_id else ""),
            )
            for other in parents
        ),
        calibration_images=workbench.workspace.calibration_images(overview.project.id),
        speed_seconds=_speed_rounds() * _MODELS * _HINTS * _SECONDS_A_ROUND,
        lineage=bool(parents) and parents[0].id == model.parent_id,
    )


def submit_paired(workbench: Workbench, project_id: str, form: ReportForm, choices: PairedChoices, text: str) -> None:
    """Queue a comparison or a tensor distance.

    Args:
        workbench: Where.
        project_id: Of the optimised model.
        form: As it was filled in.
        choices: What there is to choose from.
        text: The accuracy configuration as YAML.

    Raises:
        AccuBenchError: Something in the form does not fit, or the two models cannot be compared.
    """
    if form.parent_model_id not in {parent.id for parent in choices.parents}:
        raise UsageError("Choose the model to compare with: one that has the same classes.")
    kind: ReportKind = form.type
    background = workbench.workspace.background
    configuration = None if form.own_configurations else text
    if kind == "distance":
        background.distance(
            project_id,
            form.parent_model_id,
            configuration_yaml=configuration,
            include_calibration=form.include_calibration,
            fresh=form.fresh,
        )
        return
    background.compare(
        project_id,
        form.parent_model_id,
        configuration_yaml=configuration,
        margin=read_share(form.margin, "The margin"),
        include_calibration=form.include_calibration,
        speed_rounds=_speed_rounds() if form.measure_speed else 0,
        fresh=form.fresh,
    )


def _speed_rounds() -> int:
    rounds: int = CompareArguments.model_fields["speed_rounds"].default
    return rounds
