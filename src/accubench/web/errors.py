"""What a visitor is told when something goes wrong, and what is written down for who runs the server."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accubench.errors import (
    AccuBenchError,
    CheckNotFoundError,
    DatasetNotFoundError,
    InUseError,
    JobNotFoundError,
    ModelNotFoundError,
    ProjectNotFoundError,
    ReportNotFoundError,
    StorageFullError,
    UsageError,
)
from accubench.web.access import wants_json
from accubench.web.pages import PageContext, render
from accubench.web.server_log import ServerLog

__all__ = ["ERROR_RESPONSES", "ErrorAnswer", "Problem", "UnexpectedErrors", "add_error_handlers", "problem_response"]

_STATUS: tuple[tuple[type[AccuBenchError], int, str], ...] = (
    (ModelNotFoundError, 404, "There is no such model"),
    (DatasetNotFoundError, 404, "There is no such dataset"),
    (ReportNotFoundError, 404, "There is no such report"),
    (ProjectNotFoundError, 404, "There is no such project"),
    (JobNotFoundError, 404, "There is no such job"),
    (CheckNotFoundError, 404, "There is no such check"),
    (UsageError, 400, "That cannot be done this way"),
    (InUseError, 409, "It is still in use"),
    (StorageFullError, 507, "The disk is full"),
    (AccuBenchError, 422, "That did not work"),
)
_TITLES = {
    400: "Bad request",
    403: "Not allowed",
    404: "There is no such page",
    405: "There is no such method",
    409: "It is still in use",
    413: "That is too large",
    422: "The address or form has a value that does not fit",
}
_NOT_FOUND = (
    "Nothing is at this address. It may have been deleted, or the address is incomplete. "
    "The sections above lead to everything there is."
)


class ErrorAnswer(BaseModel):
    """What an error looks like as JSON."""

    detail: str
    """What happened, and what to try."""


ERROR_RESPONSES: dict[int | str, dict[str, object]] = {
    400: {"model": ErrorAnswer, "description": "An argument is wrong."},
    401: {"model": ErrorAnswer, "description": "The token is missing or wrong."},
    403: {"model": ErrorAnswer, "description": "The request came from a page of another site."},
    404: {"model": ErrorAnswer, "description": "There is no such thing."},
    413: {"model": ErrorAnswer, "description": "The request is too large."},
    421: {"model": ErrorAnswer, "description": "The server is not known by this name."},
}
"""Answers that every route may give, for the OpenAPI document."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to tell the visitor."""

    status: int
    title: str
    message: str
    details: tuple[str, ...] = field(default=())
    """Further lines, such as the findings of a check."""


class ErrorPage(PageContext):
    """A page that says what went wrong."""

    status: int
    message: str
    details: tuple[str, ...]


def problem_response(request: HTTPConnection, problem: Problem, json_detail: object = None) -> Response:
    """The problem as a page, or as JSON for who asks for JSON.

    Args:
        request: What is answered.
        problem: What to say.
        json_detail: What ``detail`` holds in JSON; the message and its details by default.
    """
    if wants_json(request.url.path, request.headers):
        detail = "\n".join([problem.message, *problem.details]) if json_detail is None else json_detail
        return Response(json.dumps({"detail": detail}), problem.status, media_type="application/json")
    page = ErrorPage(title=problem.title, status=problem.status, message=problem.message, details=problem.details)
    return HTMLResponse(render(request, "error.html", page=page), problem.status)  # type: ignore[arg-type]


def add_error_handlers(app: FastAPI) -> None:
    """Let every error end in a page, or in JSON where JSON was asked for."""
    app.add_exception_handler(AccuBenchError, _on_our_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)


class UnexpectedErrors:
    """ASGI middleware that writes a traceback to the log and tells the visitor only where to find it.

    Args:
        app: The application.
        log: Where the traceback goes.
    """

    def __init__(self, app: ASGIApp, log: ServerLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        started = False

        async def send_noticing(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noticing)
        except Exception as error:
            if scope["type"] != "http":
                raise
            reference = secrets.token_hex(4)
            self._log.error(f"[{reference}] {scope['method']} {scope['path']}", error)
            if started:
                raise  # half an answer is on its way: only breaking the connection says that it is not whole
            response = problem_response(HTTPConnection(scope), _unexpected(reference))
            await response(scope, receive, send)


def _unexpected(reference: str) -> Problem:
    return Problem(
        500,
        "Something went wrong here",
        "This is a mistake in AccuBench, not yours. What happened is written in server.log, which Settings offers "
        f"for download, under the reference {reference}.",
    )


def _on_our_error(request: Request, error: Exception) -> Response:
    status, title = next((status, title) for kind, status, title in _STATUS if isinstance(error, kind))
    first, *rest = str(error).split("\n")
    return problem_response(request, Problem(status, title, first, tuple(line.strip() for line in rest)))


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = _NOT_FOUND if error.detail == "Not Found" else str(error.detail)
    title = _TITLES.get(error.status_code, "That did not work")
    response = problem_response(request, Problem(error.status_code, title, message))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [{"type": one["type"], "loc": [*one["loc"]], "msg": one["msg"]} for one in error.errors()]
    lines = tuple(f"{_where(one['loc'])}: {one['msg']}" for one in found)
    problem = Problem(422, _TITLES[422], "Correct it in the address or go back to the form.", lines)
    return problem_response(request, problem, found)


def _where(location: list[str | int]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])
