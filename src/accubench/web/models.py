"""Pages of models: what there is, importing, one model in full."""

from __future__ import annotations

import shlex
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from accubench.errors import AccuBenchError
from accubench.records.base import Record
from accubench.records.job import Job
from accubench.records.model import Model
from accubench.web.allowed_paths import allowed_path, roots_text
from accubench.web.import_views import (
    FORM_ANSWERS,
    UPLOAD_ANSWERS,
    ImportPage,
    UsedBy,
    checked_name,
    import_answer,
    recent_imports,
    rejected,
    take_upload,
    upload_form,
    used_by,
    workspace_option,
)
from accubench.web.model_facts import Fact, Label, facts_of, labels_of, metadata_of, precision_of
from accubench.web.model_form import ModelForm, main_file, put_into_folders, size_hw
from accubench.web.model_lineage import ModelLineage, model_lineage
from accubench.web.pages import PageContext, page
from accubench.web.uploads import Upload
from accubench.web.workbench import Workbench, WorkbenchDependency
from accubench.workspace.lineage import parent_name

__all__ = ["router"]

router = APIRouter()

_LABELS_SHOWN = 100

ModelId = Annotated[str, Path(max_length=64, description="A model's id.")]
NameField = Annotated[str, Form(max_length=200, description="What to call it; by default the file's name.")]
SizeField = Annotated[str, Form(max_length=20, description="Height x width, where the model leaves them open.")]
OutputField = Annotated[str, Form(max_length=300, description="The output that holds class scores.")]


class ModelRow(Record):
    """A model in the list."""

    id: str
    name: str
    version: int
    format: str
    precision: str
    class_count: int
    n_bytes: int
    parameters: int
    imported_at: str
    n_projects: int
    parent_name: str
    """What it was optimised from; empty for an original model."""
    parent_id: str
    """Empty where that was deleted."""


class ModelsPage(ImportPage):
    """All models, and how to add one."""

    models: tuple[ModelRow, ...]
    form: ModelForm = ModelForm()


class ModelPage(PageContext):
    """Everything that is known of a model."""

    model: Model
    format: str
    precision: str
    n_bytes: int
    source: str
    facts: tuple[Fact, ...]
    metadata: tuple[Fact, ...]
    labels: tuple[Label, ...]
    n_labels: int
    """All of them."""
    n_found: int
    """Those that the search found."""
    labels_origin: str
    search: str
    all_labels: str
    """Address that shows all labels; empty where all are shown."""
    lineage: ModelLineage
    used_by: UsedBy
    versions: tuple[Fact, ...]
    """Other models of the same name."""
    command: str
    python: str


@page(router, "/models", "models.html", ModelsPage)
def list_models(workbench: WorkbenchDependency) -> ModelsPage:
    """All models, with imports that run or failed."""
    return _models_page(workbench, ModelForm())


@page(router, "/models/{model_id}", "model.html", ModelPage)
def show_model(
    workbench: WorkbenchDependency,
    model_id: ModelId,
    *,
    labels: Annotated[str, Query(max_length=200, description="Only labels that contain this text.")] = "",
    all_labels: Annotated[bool, Query(alias="all", description="All labels instead of the first 100.")] = False,
) -> ModelPage:
    """One model: what its file says, its labels, and what was made with it."""
    workspace = workbench.workspace
    model = workspace.model_by_id(model_id)
    found = labels_of(model, labels)
    shown = found if all_labels else found[:_LABELS_SHOWN]
    names = model.description.class_names
    where = workspace_option(workspace)
    return ModelPage(
        title=model.name,
        model=model,
        format=_FORMATS[model.description.format],
        precision=precision_of(model),
        n_bytes=model.size_bytes,
        source=_source(workbench, model),
        facts=facts_of(model),
        metadata=metadata_of(model),
        labels=tuple(shown),
        n_labels=len(names) if names else 0,
        n_found=len(found),
        labels_origin=names.origin if names else "",
        search=labels,
        all_labels="" if len(shown) == len(found) else f"/models/{model.id}?all=1#labels",
        lineage=model_lineage(workspace, model),
        used_by=used_by(workspace, model_id=model.id),
        versions=tuple(
            Fact(name=f"version {other.version}", value=f"/models/{other.id}")
            for other in workspace.models()
            if other.name == model.name and other.id != model.id
        ),
        command=f"accubench models show {shlex.quote(model.id)}{where}",
        python=_python(workbench, model),
    )


@router.post(
    "/models", status_code=303, response_class=Response, responses=FORM_ANSWERS, summary="Import a model by path"
)
def import_by_path(
    request: Request,
    workbench: WorkbenchDependency,
    *,
    path: Annotated[str, Form(max_length=5000, description="A file, or a folder with one model, on the server.")] = "",
    name: NameField = "",
    input_size: SizeField = "",
    scores_output: OutputField = "",
) -> Response:
    """Queue the import of a model that lies below one of the server's roots."""
    form = ModelForm(way="path", path=path, name=name, input_size=input_size, scores_output=scores_output)
    try:
        where = allowed_path(path, workbench.settings.roots)
        return import_answer(request, _submit(workbench, where, form))
    except AccuBenchError as error:
        return _rejected(request, workbench, form, error)


@router.post(
    "/models/upload",
    status_code=303,
    response_class=Response,
    responses=UPLOAD_ANSWERS,
    summary="Upload a model's files and import it",
    openapi_extra=upload_form(("name", "input_size", "scores_output")),
)
async def upload_model(request: Request, workbench: WorkbenchDependency) -> Response:
    """Take a model's files, and queue its import; they are deleted when it has ended."""

    async def go_on(received: Upload | AccuBenchError) -> Response:
        return await run_in_threadpool(_queue_upload, request, workbench, received)

    return await take_upload(request, workbench, go_on)


_FORMATS = {
    "openvino": "OpenVINO IR", "onnx": "ONNX", "tflite": "TensorFlow Lite", "savedmodel": "TensorFlow SavedModel",
    "caffe": "Caffe", "torch-export": "torch.export", "torchscript": "TorchScript",
}  # fmt: skip


def _queue_upload(request: Request, workbench: Workbench, received: Upload | AccuBenchError) -> Response:
    if isinstance(received, AccuBenchError):
        return _rejected(request, workbench, ModelForm(), received, 400)
    fields = {key: received.fields.get(key, "") for key in ("name", "input_size", "scores_output")}
    form = ModelForm(way="upload", **fields)
    try:
        main = main_file(received.names)
        put_into_folders(received.folder, received.names)
        job = received.finish(workbench, lambda folder: _submit(workbench, folder / main, form))
    except AccuBenchError as error:
        received.discard()
        return _rejected(request, workbench, form, error)
    return import_answer(request, job)


def _submit(workbench: Workbench, path: FilePath, form: ModelForm) -> Job:
    return workbench.workspace.background.import_model(
        path,
        name=checked_name(form.name),
        input_size_hw=size_hw(form.input_size),
        scores_output=form.scores_output.strip() or None,
    )


def _rejected(
    request: Request, workbench: Workbench, form: ModelForm, error: AccuBenchError, status: int = 422
) -> Response:
    shown = _models_page(workbench, form.model_copy(update={"error": str(error)}))
    return rejected(request, "models.html", shown, error, status)


def _models_page(workbench: Workbench, form: ModelForm) -> ModelsPage:
    workspace = workbench.workspace
    workspace.tidy()
    projects = [each.model.id for each in workspace.projects()]
    models = workspace.models()
    names = {model.id: model.name for model in models}
    return ModelsPage(
        title="Models",
        models=tuple(
            ModelRow(
                id=model.id,
                name=model.name,
                version=model.version,
                format=_FORMATS[model.description.format],
                precision=precision_of(model),
                class_count=model.description.class_count,
                n_bytes=model.size_bytes,
                parameters=model.description.parameters,
                imported_at=f"{model.imported_at.astimezone():%Y-%m-%d %H:%M}",
                n_projects=projects.count(model.id),
                parent_name=parent_name(model, names),
                parent_id=model.parent_id if model.parent_id in names else "",
            )
            for model in reversed(models)
        ),
        imports=recent_imports(workspace, "import_model"),
        roots=roots_text(workbench.settings.roots),
        largest_upload_bytes=workbench.settings.largest_upload_bytes,
        form=form,
    )


def _source(workbench: Workbench, model: Model) -> str:
    source = FilePath(model.source)
    return f"uploaded as {source.name}" if source.is_relative_to(workbench.workspace.uploads) else model.source


def _python(workbench: Workbench, model: Model) -> str:
    return (
        "import accubench\n\n"
        f"with accubench.Workspace({str(workbench.workspace.folder)!r}) as workspace:\n"
        f"    model = workspace.model_by_id({model.id!r})\n"
        "    print(model.description)\n"
    )
