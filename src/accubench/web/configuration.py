"""The API of whoever writes an accuracy configuration: check YAML, write a form into YAML."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from accubench.records.configuration_form import CheckedConfiguration, ConfigurationForm
from accubench.web.configuration_form import form_view
from accubench.web.pages import render
from accubench.web.workbench import Workbench, WorkbenchDependency

__all__ = ["Check", "Problem", "Value", "checked", "router"]

router = APIRouter(prefix="/api/configuration", tags=["accuracy configuration"])

YamlText = Annotated[str, Field(max_length=1_000_000)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class CheckRequest(_Message):
    """A configuration to check."""

    text: YamlText
    """The YAML."""
    project_id: Annotated[str, Field(max_length=64)] | None = None
    """Where given, the steps must end in the input of the project's model."""


class WriteRequest(CheckRequest):
    """A form to write into YAML; `text` is the YAML before, whose comments are kept where they can be."""

    form: ConfigurationForm


class Problem(_Message):
    """One thing that is wrong."""

    line: int
    """1-based line of the text."""
    column: int
    path: str | None
    """The value meant, such as ``preprocessing.1.resize.size``."""
    sentence: str
    """What is wrong and what to try."""


class Value(_Message):
    """A value that has an effect."""

    path: str
    value: str
    origin: str
    """Where what is proposed for the model has it from; ``given`` for anything else."""


class Check(_Message):
    """What was found out about a configuration."""

    valid: bool
    problems: list[Problem]
    values: list[Value]
    notes: list[str]
    """What looks like a mistake, though it is allowed."""
    form: ConfigurationForm | None
    form_problem: str | None
    """Why there is no form."""
    form_html: str | None
    """The form as the page shows it."""


class Written(_Message):
    """YAML that says what a form says."""

    text: str
    lost_comments: list[str]
    """Comments that could not be kept."""
    check: Check


@router.post("/check")
def check_configuration(body: CheckRequest, request: Request, workbench: WorkbenchDependency) -> Check:
    """Check a configuration as it is written: problems with their lines, the form, the origin of each value."""
    return checked(request, workbench, body.text, body.project_id)


@router.post("/write")
def write_configuration(body: WriteRequest, request: Request, workbench: WorkbenchDependency) -> Written:
    """Write a form's values into YAML, and check the result."""
    written = workbench.workspace.write_configuration(body.form, body.text)
    return Written(
        text=written.text,
        lost_comments=list(written.lost_comments),
        check=checked(request, workbench, written.text, body.project_id),
    )


def checked(request: Request, workbench: Workbench, text: str, project_id: str | None) -> Check:
    """What is found out about a text, with the form drawn."""
    found = workbench.workspace.check_configuration(text, project_id)
    return Check(
        valid=found.valid,
        problems=_problems(found),
        values=[Value(path=value.path, value=value.value, origin=value.origin or "given") for value in found.values],
        notes=list(found.notes),
        form=found.form,
        form_problem=found.form_problem,
        form_html=None
        if found.form is None
        else render(request, "configuration_form.html", form=form_view(found.form, found)),
    )


def _problems(found: CheckedConfiguration) -> list[Problem]:
    return [
        Problem(line=placed.line, column=placed.finding.column or 1, path=placed.path, sentence=placed.sentence)
        for placed in found.findings
    ]
