"""Create Accuracy Report: choose the report, provide the accuracy configuration, see what it does, start."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from accubench.errors import AccuBenchError, ImageError
from accubench.records.preview import PreviewImage
from accubench.records.project import ProjectOverview
from accubench.web.configuration import Check, YamlText, checked
from accubench.web.pages import PageContext, page, render
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace.projects import PRESETS, write_configuration

__all__ = ["CreateReportPage", "router"]

router = APIRouter(tags=["projects"])

_PREVIEWED = 4
_INFERRED, _LAST = "inferred", "last"
_SHORTEST = "preprocessing:\n  - decode: {color: RGB}\n  - resize: {size: 224}\n"

_TO_TERMINAL = "Give --config if that is wrong."
"""What a note advises those who type commands."""

StartQuery = Annotated[
    str, Query(max_length=64, description="Where to start: `inferred`, `last`, or the name of a preset.")
]


class Start(BaseModel):
    """A configuration to start from."""

    key: str
    label: str
    summary: str


class CreateReportPage(PageContext):
    """The configuration as text and as form, with everything needed to judge it."""

    project_id: str
    model_name: str
    dataset_name: str
    device: str
    input_text: str
    """What the model takes, in words."""
    image_count: int
    annotated: bool
    expected_seconds: float | None
    """To infer all images; None where no speed was measured yet."""
    starts: tuple[Start, ...]
    start: str
    mode: Literal["form", "yaml"]
    text: str
    """The configuration as YAML."""
    check: Check
    notes: tuple[str, ...]
    """What is only habit in what was inferred."""
    previewed: tuple[int, ...]
    """Numbers of the images to show before and after."""
    new_step_values: dict[str, dict[str, str]]
    """What the controls of an added step hold, by its kind."""
    fresh: bool = False
    error: str = ""


@page(router, "/projects/{project_id}/reports/new", "create_report.html", CreateReportPage)
def create_report(
    request: Request,
    workbench: WorkbenchDependency,
    project_id: str,
    start: StartQuery = _INFERRED,
    mode: Literal["form", "yaml"] = "form",
) -> CreateReportPage:
    """What an accuracy report of a project takes: the configuration, as form and as YAML."""
    overview = workbench.workspace.project(project_id)
    text, notes = _started(workbench, overview, start)
    return _context(request, workbench, overview, text=text, notes=notes, start=start, mode=mode)


@router.post(
    "/projects/{project_id}/reports",
    response_class=RedirectResponse,
    status_code=303,
    responses={422: {"description": "The configuration is wrong; the page again, with every problem."}},
)
def start_report(
    request: Request,
    workbench: WorkbenchDependency,
    project_id: str,
    configuration_yaml: Annotated[str, Form(max_length=1_000_000)] = "",
    *,
    fresh: Annotated[bool, Form()] = False,
    mode: Annotated[Literal["form", "yaml"], Form()] = "form",
) -> Response:
    """Start the evaluation in the background and go to the project, where it can be watched."""
    overview = workbench.workspace.project(project_id)
    text = configuration_yaml.replace("\r\n", "\n")
    context = _context(request, workbench, overview, text=text, notes=(), start=_INFERRED, mode=mode, fresh=fresh)
    if not context.check.valid:
        return HTMLResponse(render(request, "create_report.html", page=context), status_code=422)
    try:
        workbench.workspace.background.evaluate(project_id, configuration_yaml=text, fresh=fresh)
    except AccuBenchError as error:
        refused = context.model_copy(update={"error": str(error)})
        return HTMLResponse(render(request, "create_report.html", page=refused), status_code=422)
    return RedirectResponse(f"/projects/{project_id}?tab=analyze&view=accuracy", status_code=303)


# --- preview ----------------------------------------------------------------------------------------


class PreviewRequest(BaseModel):
    """A configuration to look through."""

    model_config = ConfigDict(extra="forbid")

    text: YamlText


class Picture(BaseModel):
    """One image before and after."""

    name: str
    decoded: str | None
    """A data: address of a JPEG."""
    decoded_size: str
    seen: str | None
    seen_size: str
    failure: str | None


class Preview(BaseModel):
    """Images as they are and as the model will see them."""

    images: Annotated[list[Picture], Field(max_length=_PREVIEWED)]


@router.post("/projects/{project_id}/preview")
def preview(workbench: WorkbenchDependency, project_id: str, body: PreviewRequest) -> Preview:
    """Four images of the project's dataset before and after the preprocessing of a configuration."""
    images = workbench.workspace.preview(project_id, body.text, _PREVIEWED)
    return Preview(images=[_picture(image) for image in images])


@router.get(
    "/projects/{project_id}/preview/{n}/{which}.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def preview_picture(
    workbench: WorkbenchDependency,
    project_id: str,
    n: Annotated[int, Field(ge=0, lt=_PREVIEWED)],
    which: Literal["decoded", "seen"],
    start: StartQuery = _INFERRED,
) -> Response:
    """One picture of the preview of a configuration to start from."""
    overview = workbench.workspace.project(project_id)
    text, _ = _started(workbench, overview, start)
    images = workbench.workspace.preview(project_id, text, _PREVIEWED)
    jpeg = getattr(images[n], f"{which}_jpeg") if n < len(images) else None
    if jpeg is None:
        raise ImageError(f"There is no such picture: {images[n].failure if n < len(images) else 'no image'}")
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=60"})


def _picture(image: PreviewImage) -> Picture:
    return Picture(
        name=image.name,
        decoded=_data_address(image.decoded_jpeg),
        decoded_size=_size_text(image.decoded_size_hw),
        seen=_data_address(image.seen_jpeg),
        seen_size=_size_text(image.seen_size_hw),
        failure=image.failure,
    )


def _data_address(jpeg: bytes | None) -> str | None:
    return None if jpeg is None else f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _size_text(size_hw: tuple[int, int] | None) -> str:
    return "" if size_hw is None else f"{size_hw[1]} × {size_hw[0]}"  # noqa: RUF001 - a multiplication sign


# --- what the page shows ----------------------------------------------------------------------------


def _context(
    request: Request,
    workbench: Workbench,
    overview: ProjectOverview,
    *,
    text: str,
    notes: tuple[str, ...],
    start: str,
    mode: Literal["form", "yaml"],
    fresh: bool = False,
) -> CreateReportPage:
    check = checked(request, workbench, text, overview.project.id)
    return CreateReportPage(
        title="Create Accuracy Report",
        project_id=overview.project.id,
        model_name=overview.model.name,
        dataset_name=overview.dataset.name,
        device=overview.project.target.device,
        input_text=_input_text(overview),
        image_count=overview.dataset.n_images,
        annotated=overview.dataset.annotated,
        expected_seconds=workbench.workspace.expected_seconds(overview.project.id),
        starts=_starts(overview),
        start=start,
        mode=mode if check.form is not None else "yaml",
        text=text,
        check=check,
        notes=notes,
        previewed=tuple(range(min(_PREVIEWED, overview.dataset.n_images))),
        new_step_values=_new_step_values(overview),
        fresh=fresh,
    )


def _started(workbench: Workbench, overview: ProjectOverview, start: str) -> tuple[str, tuple[str, ...]]:
    """The YAML to start from, and what must be said with it."""
    if start == _LAST and overview.report is not None:
        return write_configuration(overview.report.configuration.configuration), ()
    known = start if start in PRESETS else _INFERRED
    try:
        text, notes = workbench.workspace.proposed_configuration(overview.model, known)
    except AccuBenchError as error:
        return _SHORTEST, (str(error),)
    return text, tuple(note.replace(_TO_TERMINAL, "Change it below if that is wrong.") for note in notes)


def _starts(overview: ProjectOverview) -> tuple[Start, ...]:
    inferred = Start(key=_INFERRED, label="Inferred from the model", summary="What the model's files say, then habit.")
    last = Start(key=_LAST, label="Last report", summary="What the newest report of this project was made with.")
    presets = [Start(key=name, label=name, summary=preset.summary) for name, preset in PRESETS.items()]
    return (inferred, *([last] if overview.report is not None else []), *presets)


def _input_text(overview: ProjectOverview) -> str:
    image = overview.model.description.input
    size = image.size_hw or overview.model.input_size_hw
    shape = "any size" if size is None else f"{size[1]} × {size[0]}"  # noqa: RUF001 - a multiplication sign
    return f"{shape}, {image.channels or 'any number of'} channels, {image.dtype}"


def _new_step_values(overview: ProjectOverview) -> dict[str, dict[str, str]]:
    """A step that is added begins with the size of the model's input."""
    size = overview.model.description.input.size_hw or overview.model.input_size_hw or (224, 224)
    height, width = str(size[0]), "" if size[0] == size[1] else str(size[1])
    return {
        "resize": {"kind": "resize", "height": height, "width": width},
        "crop": {"kind": "crop", "height": height, "width": width},
        "normalize": {"kind": "normalize"},
    }
