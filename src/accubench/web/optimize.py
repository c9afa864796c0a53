"""Optimise to INT8: choose how, see what it takes, start."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from accubench.errors import AccuBenchError
from accubench.records.project import ProjectOverview
from accubench.web.import_views import checked_name
from accubench.web.optimize_form import OptimizeForm, read_settings
from accubench.web.pages import PageContext, page, render
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace.projects import write_configuration

__all__ = ["OptimizePage", "router", "why_not_optimized"]

router = APIRouter(tags=["projects"])

_INFERRED, _LAST = "inferred", "last"
_SUBSET_SIZE = 300

DatasetQuery = Annotated[str, Query(max_length=64, description="Images to calibrate on; the project's by default.")]
SizeQuery = Annotated[str, Query(max_length=20, description="How many of them.")]
MethodQuery = Annotated[str, Query(max_length=20, description="`default` or `accuracy_aware`.")]


class Option(BaseModel):
    """Something to choose."""

    key: str
    label: str
    text: str
    reason: str = ""
    """Why it cannot be chosen; empty where it can."""


class ConfigurationOption(Option):
    """An accuracy configuration to prepare calibration images by."""

    yaml: str = ""


class Sharing(BaseModel):
    """Which images are calibrated on, and which are left to measure accuracy on."""

    calibration: int
    """Images calibrated on."""
    validation: int
    """Images left."""
    text: str
    warning: str
    """Empty where both are different images."""


class OptimizePage(PageContext):
    """What can be chosen, and what was."""

    project_id: str
    model_name: str
    dataset_name: str
    precision: str
    annotated: bool
    reason: str
    """Why the model cannot be optimised; empty where it can."""
    methods: tuple[Option, ...]
    presets: tuple[Option, ...]
    drop_types: tuple[Option, ...]
    datasets: tuple[Option, ...]
    configurations: tuple[ConfigurationOption, ...]
    sharing: Sharing
    proposed_name: str
    form: OptimizeForm
    error: str = ""


@page(router, "/projects/{project_id}/optimize", "optimize.html", OptimizePage)
def optimize(
    workbench: WorkbenchDependency,
    project_id: str,
    dataset: DatasetQuery = "",
    subset_size: SizeQuery = "",
    method: MethodQuery = "",
) -> OptimizePage:
    """What an optimisation to INT8 takes: method, preset, calibration images, configuration."""
    overview = workbench.workspace.project(project_id)
    form = _first_form(overview)
    given = {"dataset_id": dataset.strip(), "subset_size": subset_size.strip(), "method": method.strip()}
    return _context(workbench, overview, form.model_copy(update={name: text for name, text in given.items() if text}))


@router.post(
    "/projects/{project_id}/optimize",
    response_class=RedirectResponse,
    status_code=303,
    responses={422: {"description": "Nothing was started; the page again, with the reason."}},
)
def start_optimization(
    request: Request, workbench: WorkbenchDependency, project_id: str, form: Annotated[OptimizeForm, Form()]
) -> Response:
    """Start the optimisation in the background and go to the project, where it can be watched."""
    overview = workbench.workspace.project(project_id)
    context = _context(workbench, overview, form)
    try:
        _submit(workbench, context)
    except AccuBenchError as error:
        refused = context.model_copy(update={"error": str(error)})
        return HTMLResponse(render(request, "optimize.html", page=refused), status_code=422)
    return RedirectResponse(f"/projects/{project_id}?tab=analyze", status_code=303)


def why_not_optimized(overview: ProjectOverview) -> str:
    """Why a project's model cannot be optimised to INT8; empty where it can."""
    model = overview.model
    weights = model.description.weight_precisions
    if model.recipe is not None or overview.precision == "INT8":
        return f"{model.name} is INT8 already."
    if not any("float" in dtype for dtype in weights):
        return f"{model.name} has no floating-point weights."
    if overview.dataset.n_images == 0:
        return f"{overview.dataset.name} has no images to calibrate on."
    return ""


# --- how ------------------------------------------------------------------------------------------


def _submit(workbench: Workbench, context: OptimizePage) -> None:
    """Queue what the form asks for.

    Raises:
        UsageError: Something in the form does not fit, or the model cannot be optimised.
        DatasetNotFoundError: The dataset is gone.
    """
    form = context.form
    settings = read_settings(form, reason=context.reason, annotated=context.annotated)
    chosen = next((each for each in context.configurations if each.key == form.configuration and not each.reason), None)
    workbench.workspace.background.quantize(
        context.project_id,
        dataset_id=form.dataset_id or None,
        configuration_yaml=None if chosen is None else chosen.yaml,
        settings=settings,
        name=checked_name(form.name),
    )


def _context(workbench: Workbench, overview: ProjectOverview, form: OptimizeForm) -> OptimizePage:
    configurations = _configurations(workbench, overview)
    none = next((each.reason for each in configurations if each.reason), "")
    usable = any(not each.reason for each in configurations)
    return OptimizePage(
        title=f"Optimise to INT8: {overview.model.name} × {overview.dataset.name}",  # noqa: RUF001 - a multiplication sign
        project_id=overview.project.id,
        model_name=overview.model.name,
        dataset_name=overview.dataset.name,
        precision=overview.precision,
        annotated=overview.dataset.annotated,
        reason=why_not_optimized(overview) or ("" if usable else f"{none} Create an accuracy report first."),
        methods=_methods(overview),
        presets=_PRESETS,
        drop_types=_DROP_TYPES,
        datasets=_datasets(workbench),
        configurations=configurations,
        sharing=_sharing(workbench, overview, form),
        proposed_name=f"{overview.model.name}-int8",
        form=form,
    )


def _first_form(overview: ProjectOverview) -> OptimizeForm:
    """What is proposed: images stay for validation even where the dataset is small."""
    n_images = overview.dataset.n_images
    size = _SUBSET_SIZE if n_images > _SUBSET_SIZE else max(1, n_images // 2)
    return OptimizeForm(
        dataset_id=overview.dataset.id,
        subset_size=str(size),
        configuration=_INFERRED if overview.report is None else _LAST,
    )


_PRESETS = (
    Option(
        key="performance",
        label="Performance",
        text="Symmetric quantisation of weights and activations: the fastest.",
    ),
    Option(
        key="mixed",
        label="Mixed",
        text="Asymmetric activations: often more accurate for networks without ReLU, such as those with swish or ELU.",
    ),
)
_DROP_TYPES = (
    Option(key="absolute", label="points", text="Of 80 %, 1 point leaves 79 %."),
    Option(key="relative", label="percent of the parent's accuracy", text="Of 80 %, 1 percent leaves 79.2 %."),
)


def _methods(overview: ProjectOverview) -> tuple[Option, ...]:
    dataset = overview.dataset
    return (
        Option(
            key="default",
            label="Default",
            text="Quantises everything that can be quantised. Takes seconds to minutes and needs no annotations.",
        ),
        Option(
            key="accuracy_aware",
            label="AccuracyAware",
            text=(
                "Quantises, measures top-1 on the validation images, and turns the layers that hurt most back to "
                "floating point until the drop is small enough. Takes many times longer."
            ),
            reason="" if dataset.annotated else f"{dataset.name} is not annotated, so no accuracy can be measured.",
        ),
    )


def _datasets(workbench: Workbench) -> tuple[Option, ...]:
    return tuple(
        Option(
            key=dataset.id,
            label=dataset.name if dataset.version == 1 else f"{dataset.name} (version {dataset.version})",
            text=f"{dataset.n_images:,} images, {'annotated' if dataset.annotated else 'not annotated'}",
        )
        for dataset in reversed(workbench.workspace.datasets())
        if dataset.n_images
    )


def _configurations(workbench: Workbench, overview: ProjectOverview) -> tuple[ConfigurationOption, ...]:
    inferred = ConfigurationOption(
        key=_INFERRED, label="Inferred from the model", text="What the model's files say, then habit."
    )
    try:
        yaml, _ = workbench.workspace.proposed_configuration(overview.model)
        inferred = inferred.model_copy(update={"yaml": yaml})
    except AccuBenchError as error:
        inferred = inferred.model_copy(update={"reason": str(error)})
    if overview.report is None:
        return (inferred,)
    last = ConfigurationOption(
        key=_LAST,
        label="Of the last accuracy report",
        text="What the newest report of this project was made with.",
        yaml=write_configuration(overview.report.configuration.configuration),
    )
    return (last, inferred)


def _sharing(workbench: Workbench, overview: ProjectOverview, form: OptimizeForm) -> Sharing:
    own = overview.dataset
    chosen = next((each for each in workbench.workspace.datasets() if each.id == form.dataset_id), own)
    asked = int(form.subset_size) if form.subset_size.isdecimal() and len(form.subset_size) < 10 else 0
    taken = min(asked, chosen.n_images)
    if chosen.id != own.id:
        return Sharing(
            calibration=taken,
            validation=own.n_images,
            text=f"Calibrates on {taken:,} of {chosen.n_images:,} images of {chosen.name}; images of {own.name} "
            "that are among them are left out when accuracy is compared.",
            warning="",
        )
    half = form.method == "accuracy_aware" and taken > own.n_images // 2
    taken = own.n_images // 2 if half else taken
    left = own.n_images - taken
    text = f"Calibrates on {taken:,} of {own.n_images:,} images, which leaves {left:,} for validation."
    if half:
        text += " AccuracyAware keeps at least half of them for that."
    warning = "" if left else (
        "Every image is calibrated on, so none is left: accuracy would be measured on the images that the model was "
        "fitted to, and look better than it is."
    )  # fmt: skip
    return Sharing(calibration=taken, validation=left, text=text, warning=warning)
