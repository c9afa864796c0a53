"""Pages that ask before something is deleted, and name what goes with it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accubench.errors import InUseError
from accubench.records.dependents import DeletableKind, Dependents
from accubench.web.pages import PageContext, page, render
from accubench.web.workbench import Workbench, WorkbenchDependency

__all__ = ["router"]

router = APIRouter()

_LISTS = {"model": "Models", "dataset": "Datasets", "project": "Projects", "report": "Project"}
_STAYS = {
    "model": "The files it was imported from stay where they are.",
    "dataset": "Its images lie outside of the workspace and stay where they are.",
    "project": "Its model and its dataset stay.",
    "report": "Predictions that other reports use stay.",
}
_UPLOADED = "Its images were uploaded or unpacked into the workspace and are deleted with it."

RecordId = Annotated[str, Path(max_length=64)]
WithDependents = Annotated[bool, Form(description="Whether projects and reports that depend on it may go too.")]


class DeletePage(PageContext):
    """What goes when something is deleted."""

    dependents: Dependents
    what: str
    n_projects: str
    n_reports: str
    stays: str
    button: str
    back: str
    """The page of what is to be deleted."""
    list_name: str
    list_address: str
    error: str = ""


def _add_routes(kind: DeletableKind) -> None:
    @page(router, f"/{kind}s/{{record_id}}/delete", "delete.html", DeletePage)
    def ask(workbench: WorkbenchDependency, record_id: RecordId) -> DeletePage:
        """What depends on it, before it is deleted."""
        return _delete_page(workbench.workspace.dependents(kind, record_id))

    @router.post(
        f"/{kind}s/{{record_id}}/delete",
        status_code=303,
        response_class=RedirectResponse,
        summary=f"Delete a {kind}",
        responses={
            409: {"description": "Something depends on it, or a job works with it.", "content": {"text/html": {}}}
        },
    )
    def delete(
        request: Request,
        workbench: WorkbenchDependency,
        record_id: RecordId,
        *,
        with_dependents: WithDependents = False,
    ) -> Response:
        """Delete it, with what depends on it if that was said."""
        found = workbench.workspace.dependents(kind, record_id)
        try:
            _delete(workbench, kind, record_id, with_dependents=with_dependents)
        except InUseError as error:
            shown = _delete_page(found, str(error))
            return HTMLResponse(render(request, "delete.html", page=shown), 409)
        return RedirectResponse(_list_address(found), 303)


def _delete(workbench: Workbench, kind: DeletableKind, record_id: str, *, with_dependents: bool) -> None:
    workspace = workbench.workspace
    if kind == "report":
        workspace.delete_report(record_id)
        return
    by_kind = {
        "model": workspace.delete_model,
        "dataset": workspace.delete_dataset,
        "project": workspace.delete_project,
    }
    by_kind[kind](record_id, with_dependents=with_dependents)


def _delete_page(found: Dependents, error: str = "") -> DeletePage:
    n_projects, n_reports = len(found.projects), len(found.reports)
    also = " and everything below" if found.any else ""
    return DeletePage(
        title=f"Delete the {found.kind} {found.name}?",
        dependents=found,
        what=f"The {found.kind} {found.name}{also} will be deleted."
        + (f" {len(found.predictions)} sets of predictions go with it." if len(found.predictions) > 1 else "")
        + (" Its predictions go with it." if len(found.predictions) == 1 else ""),
        n_projects=f"{n_projects} project{'' if n_projects == 1 else 's'}",
        n_reports=f"{n_reports} report{'' if n_reports == 1 else 's'}",
        stays=_UPLOADED if found.uploaded else _STAYS[found.kind],
        button=f"Delete the {found.kind}" + (" and all of this" if found.any else ""),
        back=f"/{found.kind}s/{found.id}",
        list_name=_LISTS[found.kind],
        list_address=_list_address(found),
        error=error,
    )


def _list_address(found: Dependents) -> str:
    """Where one goes on from: the list of its kind, or of a report's project."""
    if found.kind == "report":
        return f"/projects/{found.project_id}?tab=analyze&view=accuracy"
    return f"/{found.kind}s"


for _kind in ("model", "dataset", "project", "report"):
    _add_routes(_kind)
