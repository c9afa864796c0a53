"""Making a project of a model, a dataset and a device."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from accubench.errors import AccuBenchError
from accubench.records.device import Device
from accubench.web.pages import PageContext, page, render
from accubench.web.workbench import Workbench, WorkbenchDependency

__all__ = ["NewProjectPage", "router"]

router = APIRouter(tags=["projects"])


class Choice(BaseModel):
    """A model or a dataset to choose."""

    id: str
    name: str
    note: str


class NewProjectPage(PageContext):
    """What a project is made of."""

    models: tuple[Choice, ...]
    datasets: tuple[Choice, ...]
    devices: tuple[Device, ...]
    model_id: str
    dataset_id: str
    device: str
    error: str = ""


@page(router, "/projects/new", "new_project.html", NewProjectPage)
def new_project(
    workbench: WorkbenchDependency,
    model: Annotated[str, Query(max_length=64, description="The model that is chosen already.")] = "",
    dataset: Annotated[str, Query(max_length=64, description="The dataset that is chosen already.")] = "",
) -> NewProjectPage:
    """The models, datasets and devices that a new project can be made of."""
    return _new_project(workbench, model, dataset, "CPU")


@router.post(
    "/projects",
    response_class=RedirectResponse,
    status_code=303,
    responses={422: {"description": "Nothing was made; the page again, with the reason."}},
)
def create_project(
    request: Request,
    workbench: WorkbenchDependency,
    model_id: Annotated[str, Form(max_length=64)] = "",
    dataset_id: Annotated[str, Form(max_length=64)] = "",
    device: Annotated[str, Form(max_length=64)] = "CPU",
) -> Response:
    """Make a project and measure its baseline; where there is one already, go to it."""
    workspace = workbench.workspace
    try:
        known = workspace.find_project(model_id, dataset_id, device)
        if known is not None:
            return RedirectResponse(f"/projects/{known.project.id}?known=true", status_code=303)
        job = workspace.background.create_project(model_id, dataset_id, device)
    except AccuBenchError as error:
        context = _new_project(workbench, model_id, dataset_id, device, error=str(error))
        return HTMLResponse(render(request, "new_project.html", page=context), status_code=422)
    return RedirectResponse(f"/projects/{job.project_id}", status_code=303)


def _new_project(
    workbench: Workbench, model_id: str, dataset_id: str, device: str, *, error: str = ""
) -> NewProjectPage:
    workspace = workbench.workspace
    models, datasets = list(reversed(workspace.models())), list(reversed(workspace.datasets()))
    return NewProjectPage(
        title="New project",
        models=tuple(
            Choice(
                id=model.id,
                name=_versioned(model.name, model.version),
                note=f"{model.description.format}, {model.description.class_count:,} classes",
            )
            for model in models
        ),
        datasets=tuple(
            Choice(
                id=dataset.id,
                name=_versioned(dataset.name, dataset.version),
                note=f"{dataset.n_images:,} images, {'annotated' if dataset.annotated else 'not annotated'}",
            )
            for dataset in datasets
        ),
        devices=workspace.devices(),
        model_id=model_id or (models[0].id if models else ""),
        dataset_id=dataset_id or (datasets[0].id if datasets else ""),
        device=device,
        error=error,
    )


def _versioned(name: str, version: int) -> str:
    return name if version == 1 else f"{name} (version {version})"
