"""The form of a new report as it was filled in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from accubench.records.any_report import ReportKind

__all__ = ["ReportForm"]


class ReportForm(BaseModel):
    """What the page Create Accuracy Report sends; a box that is not ticked sends nothing."""

    type: ReportKind = "accuracy"
    configuration_yaml: Annotated[str, Field(max_length=1_000_000)] = ""
    mode: Literal["form", "yaml"] = "form"
    """How the configuration was being written."""
    fresh: bool = False
    """Infer anew even where scores are stored."""
    parent_model_id: Annotated[str, Field(max_length=64)] = ""
    margin: Annotated[str, Field(max_length=20)] = "1"
    """In points."""
    include_calibration: bool = False
    measure_speed: bool = False
    own_configurations: bool = False
    """Whether each model is evaluated by its own configuration instead of the one in the form."""
