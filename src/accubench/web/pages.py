"""A page is a function that makes a record: the template shows the record, the suffix ``.json`` gives it as it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, wraps
from importlib.metadata import version
from typing import Any, TypeVar

import jinja2
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from accubench.export import DASH, class_text, confidence_text, percent_text, short_class_text
from accubench.export.numbers import distance_text
from accubench.web.formats import bytes_text, count_text, duration_text, number_text, time_text

__all__ = ["PageContext", "compile_templates", "page", "render"]

C = TypeVar("C", bound="PageContext")


class PageContext(BaseModel):
    """Everything a page shows; templates compute nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    title: str
    """What the browser's tab and the heading say."""


def page(router: APIRouter, path: str, template: str, context: Any) -> Callable[[Callable[..., C]], Callable[..., C]]:
    """Register a function as a page: ``path`` answers with HTML, ``path.json`` with the record itself.

    Both take the same path and query parameters, those of the function.

    Args:
        router: Where to register it.
        path: Such as ``/models/{model_id}``; ``/`` has no JSON form by suffix and gets ``/index.json``.
        template: Name of the file in `templates`; it is given ``page``, the record, and ``request``.
        context: What the function returns: a `PageContext`, or a union of several.
    """

    def register(build: Callable[..., C]) -> Callable[..., C]:
        data_path = "/index.json" if path == "/" else f"{path}.json"
        summary = inspect.cleandoc(build.__doc__ or "").split("\n")[0]
        router.add_api_route(data_path, build, response_model=context, summary=summary, methods=["GET"])
        router.add_api_route(
            path,
            _as_html(build, template),
            response_class=HTMLResponse,
            response_model=None,
            include_in_schema=False,
            methods=["GET"],
        )
        return build

    return register


def render(request: Request, template: str, **values: Any) -> str:
    """A template filled with values, which it must all be given."""
    return _environment().get_template(template).render(request=request, version=version("accubench"), **values)


def compile_templates() -> list[str]:
    """Make every template ready before it is asked for, half a second for all; returns their names."""
    environment = _environment()
    names = environment.list_templates()
    for name in names:
        environment.get_template(name)
    return names


def _as_html(build: Callable[..., PageContext], template: str) -> Callable[..., HTMLResponse]:
    signature = inspect.signature(build, eval_str=True)
    takes_request = "request" in signature.parameters

    @wraps(build)
    def show(request: Request, **arguments: Any) -> HTMLResponse:
        if takes_request:
            arguments["request"] = request
        return HTMLResponse(render(request, template, page=build(**arguments)))

    request = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    others = [parameter for name, parameter in signature.parameters.items() if name != "request"]
    show.__signature__ = signature.replace(  # type: ignore[attr-defined] - how FastAPI learns what to pass
        parameters=[*(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in others), request],
        return_annotation=HTMLResponse,
    )
    return show


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("accubench.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        bytes=bytes_text,
        confidence=confidence_text,
        count=count_text,
        distance=distance_text,
        duration=duration_text,
        number=number_text,
        percent=percent_text,
        time=time_text,
    )
    environment.globals.update(class_text=class_text, dash=DASH, short_class_text=short_class_text)
    return environment
