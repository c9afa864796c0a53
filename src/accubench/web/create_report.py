"""Create Accuracy Report: choose the report, provide the accuracy configuration, see what it does, start."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accubench.errors import AccuBenchError, UsageError
from accubench.records.any_report import REPORT_KINDS, ReportKind
from accubench.records.project import ProjectOverview
from accubench.web.class_matching import ClassMatching, class_matching
from accubench.web.configuration import Check, checked
from accubench.web.configuration_preview import PREVIEWED
from accubench.web.pages import PageContext, page, render
from accubench.web.paired_report import PairedChoices, paired_choices, submit_paired
from accubench.web.report_form import ReportForm
from accubench.web.report_starts import Start, StartQuery, first_start, started, starts
from accubench.web.report_types import ReportType, report_types
from accubench.web.workbench import Workbench, WorkbenchDependency

__all__ = ["CreateReportPage", "router"]

router = APIRouter(tags=["projects"])


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
    types: tuple[ReportType, ...]
    type: ReportType
    """The one that is chosen."""
    paired: PairedChoices | None
    """What to choose for a report about two models."""
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
    matching: ClassMatching | None
    """How classes become outputs; None without annotations, and while the configuration is to be mended."""
    previewed: tuple[int, ...]
    """Numbers of the images to show before and after."""
    new_step_values: dict[str, dict[str, str]]
    """What the controls of an added step hold, by its kind."""
    form: ReportForm
    """As it was filled in; the configuration is in `text`."""
    error: str = ""


@page(router, "/projects/{project_id}/reports/new", "create_report.html", CreateReportPage)
def create_report(
    request: Request,
    workbench: WorkbenchDependency,
    project_id: str,
    *,
    kind: Annotated[ReportKind, Query(alias="type", description="Which of the three reports.")] = "accuracy",
    start: StartQuery = "",
    mode: Literal["form", "yaml"] = "form",
) -> CreateReportPage:
    """What a report of a project takes: the configuration, as form and as YAML; and what else its type asks for."""
    overview = workbench.workspace.project(project_id)
    begun = start or first_start(overview, kind)
    text, notes = started(workbench, overview, begun)
    form = ReportForm(type=kind, configuration_yaml=text, mode=mode, measure_speed=True)
    return _context(request, workbench, overview, form, notes=notes, start=begun)


@router.post(
    "/projects/{project_id}/reports",
    response_class=RedirectResponse,
    status_code=303,
    responses={422: {"description": "Something is wrong; the page again, with every problem."}},
)
def start_report(
    request: Request, workbench: WorkbenchDependency, project_id: str, form: Annotated[ReportForm, Form()]
) -> Response:
    """Start the report in the background and go to the project, where it can be watched."""
    overview = workbench.workspace.project(project_id)
    context = _context(request, workbench, overview, form, notes=(), start=first_start(overview, form.type))
    if not context.check.valid:
        return HTMLResponse(render(request, "create_report.html", page=context), status_code=422)
    try:
        _submit(workbench, context)
    except AccuBenchError as error:
        refused = context.model_copy(update={"error": str(error)})
        return HTMLResponse(render(request, "create_report.html", page=refused), status_code=422)
    return RedirectResponse(f"/projects/{project_id}?tab=analyze&view=accuracy", status_code=303)


def _submit(workbench: Workbench, context: CreateReportPage) -> None:
    """Queue the report.

    Raises:
        AccuBenchError: It cannot be made.
    """
    if context.type.reason:
        raise UsageError(context.type.reason)
    if context.paired is not None:
        submit_paired(workbench, context.project_id, context.form, context.paired, context.text)
        return
    workbench.workspace.background.evaluate(
        context.project_id, configuration_yaml=context.text, fresh=context.form.fresh
    )


# --- what the page shows ----------------------------------------------------------------------------


def _context(
    request: Request,
    workbench: Workbench,
    overview: ProjectOverview,
    form: ReportForm,
    *,
    notes: tuple[str, ...],
    start: str,
) -> CreateReportPage:
    text = form.configuration_yaml.replace("\r\n", "\n")
    check = checked(request, workbench, text, overview.project.id)
    types = report_types(workbench.workspace, overview)
    kind = REPORT_KINDS[form.type]
    return CreateReportPage(
        title=f"Create {kind}: {overview.model.name} × {overview.dataset.name}",  # noqa: RUF001 - a multiplication sign
        project_id=overview.project.id,
        model_name=overview.model.name,
        dataset_name=overview.dataset.name,
        device=overview.project.target.device,
        input_text=_input_text(overview),
        image_count=overview.dataset.n_images,
        annotated=overview.dataset.annotated,
        types=types,
        type=next(each for each in types if each.kind == form.type),
        paired=None if form.type == "accuracy" else paired_choices(workbench, overview),
        expected_seconds=_expected_seconds(workbench, overview, form.type),
        starts=starts(overview),
        start=start,
        mode=form.mode if check.form is not None else "yaml",
        text=text,
        check=check,
        notes=notes,
        matching=class_matching(workbench, overview, text) if overview.dataset.annotated and check.valid else None,
        previewed=tuple(range(min(PREVIEWED, overview.dataset.n_images))),
        new_step_values=_new_step_values(overview),
        form=form.model_copy(update={"configuration_yaml": ""}),
    )


def _expected_seconds(workbench: Workbench, overview: ProjectOverview, kind: ReportKind) -> float | None:
    """To infer all images by one model, or by both; None where a speed is not known."""
    own = workbench.workspace.expected_seconds(overview.project.id)
    if kind == "accuracy" or own is None:
        return own
    if overview.parent_project_id is None:
        return None
    parents = workbench.workspace.expected_seconds(overview.parent_project_id)
    return None if parents is None else own + parents


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
