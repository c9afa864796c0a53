"""Images of a project before and after the preprocessing of an accuracy configuration."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from accubench.errors import ImageError
from accubench.records.preview import PreviewImage
from accubench.web.configuration import YamlText
from accubench.web.report_starts import StartQuery, started
from accubench.web.workbench import WorkbenchDependency

__all__ = ["PREVIEWED", "router"]

router = APIRouter(tags=["projects"])

PREVIEWED = 4
"""How many images are shown."""


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

    images: Annotated[list[Picture], Field(max_length=PREVIEWED)]


@router.post("/projects/{project_id}/preview")
def preview(workbench: WorkbenchDependency, project_id: str, body: PreviewRequest) -> Preview:
    """Four images of the project's dataset before and after the preprocessing of a configuration."""
    images = workbench.workspace.preview(project_id, body.text, PREVIEWED)
    return Preview(images=[_picture(image) for image in images])


@router.get(
    "/projects/{project_id}/preview/{n}/{which}.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def preview_picture(
    workbench: WorkbenchDependency,
    project_id: str,
    n: Annotated[int, Field(ge=0, lt=PREVIEWED)],
    which: Literal["decoded", "seen"],
    start: StartQuery = "",
) -> Response:
    """One picture of the preview of a configuration to start from."""
    overview = workbench.workspace.project(project_id)
    text, _ = started(workbench, overview, start)
    images = workbench.workspace.preview(project_id, text, PREVIEWED)
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
