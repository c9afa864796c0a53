"""Numerics checks: their page, and the button that makes one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from accubench.configuration import write_configuration
from accubench.records.numerics_check import NumericsCheck
from accubench.web.check_view import CheckView, check_view
from accubench.web.pages import PageContext, page
from accubench.web.workbench import WorkbenchDependency

__all__ = ["CheckPage", "router"]

router = APIRouter(tags=["checks"])


class CheckPage(PageContext):
    """A numerics check."""

    check: NumericsCheck
    view: CheckView


@page(router, "/checks/{check_id}", "check.html", CheckPage)
def show_check(workbench: WorkbenchDependency, check_id: str) -> CheckPage:
    """Whether a model's numbers are its own, step by step."""
    check = workbench.workspace.numerics_check(check_id)
    title = f"Numerics check: {check.model_name} × {check.dataset_name}"  # noqa: RUF001 - a multiplication sign
    return CheckPage(title=title, check=check, view=check_view(check))


@router.post("/projects/{project_id}/check", response_class=RedirectResponse, status_code=303)
def make_check(
    workbench: WorkbenchDependency,
    project_id: str,
    images: Annotated[int | None, Form(ge=1, description="How many images; empty for all.")] = None,
) -> Response:
    """Check the numbers of the project's model in the background, configured as its newest report is."""
    newest = workbench.workspace.project(project_id).report
    configuration = None if newest is None else write_configuration(newest.configuration)
    workbench.workspace.background.check(project_id, images=images, configuration_yaml=configuration)
    return RedirectResponse(f"/projects/{project_id}?tab=analyze&view=accuracy", status_code=303)
