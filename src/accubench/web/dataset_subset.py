"""Making a part of a dataset from its page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from accubench.errors import UsageError
from accubench.web.dataset_page import DatasetId, show_dataset
from accubench.web.import_views import FORM_ANSWERS, import_answer
from accubench.web.pages import render
from accubench.web.workbench import Workbench, WorkbenchDependency

__all__ = ["router"]

router = APIRouter()


@router.post(
    "/datasets/{dataset_id}/subset",
    status_code=303,
    response_class=Response,
    responses=FORM_ANSWERS,
    summary="Make a part of a dataset, which is a dataset of its own",
)
def make_subset(
    request: Request,
    workbench: WorkbenchDependency,
    dataset_id: DatasetId,
    limit: Annotated[str, Form(max_length=40, description="How many images at most.")] = "",
    every: Annotated[str, Form(max_length=40, description="Or every which.")] = "",
) -> Response:
    """Queue the import of a part; the dataset itself stays as it is."""
    workspace = workbench.workspace
    given = {name: text for name, text in (("limit", limit.strip()), ("every", every.strip())) if text}
    try:
        job = workspace.background.take_subset(
            dataset_id, limit=given.get("limit"), every=given.get("every"), roots=workbench.settings.roots
        )
    except UsageError as error:
        wrong = "every" if "every" in given else "limit"
        return _refused(request, workbench, dataset_id, limit=limit, every=every, wrong=wrong, error=str(error))
    return import_answer(request, job)


def _refused(
    request: Request,
    workbench: Workbench,
    dataset_id: str,
    *,
    limit: str,
    every: str,
    wrong: Literal["limit", "every"],
    error: str,
) -> Response:
    page = show_dataset(workbench, dataset_id)
    form = page.subset.model_copy(update={"limit": limit, "every": every, "wrong": wrong, "error": error})
    shown = page.model_copy(update={"subset": form})
    return HTMLResponse(render(request, "dataset.html", page=shown), 422)
