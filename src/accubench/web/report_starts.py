"""Accuracy configurations that a new report can start from."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from accubench.errors import AccuBenchError
from accubench.records.any_report import ReportKind
from accubench.records.project import ProjectOverview
from accubench.web.workbench import Workbench
from accubench.workspace.projects import PRESETS, write_configuration

__all__ = ["Start", "StartQuery", "first_start", "started", "starts"]

_INFERRED, _LAST, _CALIBRATED = "inferred", "last", "calibrated"
_SHORTEST = "preprocessing:\n  - decode: {color: RGB}\n  - resize: {size: 224}\n"

_TO_TERMINAL = "Give --config if that is wrong."
"""What a note advises those who type commands."""

StartQuery = Annotated[
    str,
    Query(
        max_length=64,
        description="Where to start: `inferred`, `calibrated`, `last`, or the name of a preset; else what suits best.",
    ),
]


class Start(BaseModel):
    """A configuration to start from."""

    key: str
    label: str
    summary: str


def starts(overview: ProjectOverview) -> tuple[Start, ...]:
    """What a project's report can start from."""
    inferred = Start(key=_INFERRED, label="Inferred from the model", summary="What the model's files say, then habit.")
    calibrated = Start(
        key=_CALIBRATED, label="As calibrated", summary="What images were prepared by when the model was optimised."
    )
    last = Start(key=_LAST, label="Last report", summary="What the newest report of this project was made with.")
    presets = [Start(key=name, label=name, summary=preset.summary) for name, preset in PRESETS.items()]
    return (
        inferred,
        *([calibrated] if overview.model.recipe is not None else []),
        *([last] if overview.report is not None else []),
        *presets,
    )


def first_start(overview: ProjectOverview, kind: ReportKind) -> str:
    """What a report of a kind starts from where nothing else is asked: both models alike, as calibrated."""
    return _CALIBRATED if kind != "accuracy" and overview.model.recipe is not None else _INFERRED


def started(workbench: Workbench, overview: ProjectOverview, start: str) -> tuple[str, tuple[str, ...]]:
    """The YAML to start from, and what must be said with it."""
    if start == _LAST and overview.report is not None:
        return write_configuration(overview.report.configuration.configuration), ()
    if start == _CALIBRATED and overview.model.recipe is not None:
        return write_configuration(overview.model.recipe.configuration.configuration), ()
    known = start if start in PRESETS else _INFERRED
    try:
        text, notes = workbench.workspace.proposed_configuration(overview.model, known)
    except AccuBenchError as error:
        return _SHORTEST, (str(error),)
    return text, tuple(note.replace(_TO_TERMINAL, "Change it below if that is wrong.") for note in notes)
