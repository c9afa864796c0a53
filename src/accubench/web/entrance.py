"""The way in: an address with the token, or a form that asks for it; afterwards a cookie."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from accubench.web.access import cookie_name, cookie_value, is_right_token, safe_next, wants_json
from accubench.web.pages import PageContext, render
from accubench.web.workbench import ServerSettings, WorkbenchDependency

__all__ = ["ask_for_token", "enter_by_address", "router"]

router = APIRouter()
_DELAY_S = 0.3  # makes trying many tokens slow, and is hardly noticed by who mistypes one


class TokenPage(PageContext):
    """The form that asks for the token."""

    next: str
    """Where the visitor wanted to go, as a path."""
    wrong: bool
    """Whether a token was given that is not the right one."""


def ask_for_token(request: Request, *, wrong: bool = False, goal: str | None = None) -> Response:
    """The form, or JSON where a program asks."""
    if wants_json(request.url.path, request.headers):
        detail = "The token is wrong." if wrong else "A token is needed; `accubench serve` printed it when it started."
        return JSONResponse({"detail": detail}, 401, {"WWW-Authenticate": 'Bearer realm="AccuBench"'})
    wanted = goal if goal is not None else _address_without_token(request)
    shown = TokenPage(title="Token needed", next=wanted if request.method != "POST" or goal else "/", wrong=wrong)
    return HTMLResponse(render(request, "token.html", page=shown), 401)


async def enter_by_address(request: Request, settings: ServerSettings, *, inside: bool) -> Response:
    """Take the token out of the address, so that it is not copied or bookmarked with it."""
    goal = _address_without_token(request)
    if is_right_token(request.query_params["token"], settings):
        return _let_in(goal, settings)
    if inside:
        return RedirectResponse(goal, 303)
    await asyncio.sleep(_DELAY_S)
    return ask_for_token(request, wrong=True)


@router.get("/token", include_in_schema=False)
def leave_form() -> Response:
    """Who is inside already has no use for the form."""
    return RedirectResponse("/", 303)


@router.post("/token", include_in_schema=False)
async def enter_by_form(
    request: Request,
    workbench: WorkbenchDependency,
    token: Annotated[str, Form()] = "",
    goal: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Check the token that was typed in, and go on to where the visitor wanted to go."""
    if is_right_token(token.strip(), workbench.settings):
        return _let_in(safe_next(goal), workbench.settings)
    await asyncio.sleep(_DELAY_S)
    return ask_for_token(request, wrong=True, goal=safe_next(goal))


def _let_in(goal: str, settings: ServerSettings) -> Response:
    response = RedirectResponse(goal, 303)
    response.set_cookie(cookie_name(settings), cookie_value(settings), httponly=True, samesite="strict", path="/")
    return response


def _address_without_token(request: Request) -> str:
    others = [part for part in request.url.query.split("&") if part and not part.startswith("token=")]
    return safe_next(request.url.path + (f"?{'&'.join(others)}" if others else ""))
