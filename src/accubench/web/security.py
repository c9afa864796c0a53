"""What stands before every page: known hosts, own origins, who knows the token, sizes, and headers on every answer."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accubench.web.access import has_access, is_known_host, is_own_origin
from accubench.web.entrance import ask_for_token, enter_by_address
from accubench.web.errors import Problem, problem_response
from accubench.web.workbench import ServerSettings

__all__ = ["CONTENT_SECURITY_POLICY", "LARGEST_FORM_BYTES", "Guard"]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LARGEST_FORM_BYTES = 1_000_000
"""Of the body of a request that is not an upload."""
_METHODS = ("GET", "HEAD", "POST")
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms. Other sites get nothing either way.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """ASGI middleware around the whole application; it refuses before any page's code runs.

    Args:
        app: The application.
        settings: Of the server.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application do so."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        send = _with_headers(send, static=scope["path"].startswith("/static/"))
        limit = self._limit_bytes(scope["path"])
        refusal = self._refuse(HTTPConnection(scope), limit) or await self._keep_out(Request(scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # the server sends no body in answer to it
            scope = {**scope, "method": "GET"}
        await self._app(scope, _limited(receive, limit), send)

    def _refuse(self, request: HTTPConnection, limit: int) -> Response | None:
        """What is wrong with a request whoever sends it."""
        problem = _host_problem(request.headers, self._settings)
        method = request.scope["method"]
        if problem is None and method not in _METHODS:
            problem = Problem(405, "There is no such method", f"This server knows {', '.join(_METHODS)} only.")
        if problem is None and method == "POST" and not is_own_origin(request.headers):
            problem = Problem(
                403,
                "This request came from elsewhere",
                "Only pages of this workbench may change something in it. Open the page itself and try again.",
            )
        if problem is None and _announced_bytes(request.headers) > limit:
            problem = _too_large(limit)
        if problem is None:
            return None
        response = problem_response(request, problem)
        if problem.status == 405:
            response.headers["Allow"] = ", ".join(_METHODS)
        return response

    async def _keep_out(self, request: Request) -> Response | None:
        """The way in for who gives the token, the form that asks for it, or None for who may pass."""
        if request.url.path.startswith("/static/"):
            return None
        inside = has_access(request.headers, request.cookies, self._settings)
        if request.method in {"GET", "HEAD"} and "token" in request.query_params:
            return await enter_by_address(request, self._settings, inside=inside)
        if inside or (request.url.path == "/token" and request.method == "POST"):
            return None
        return ask_for_token(request)

    def _limit_bytes(self, path: str) -> int:
        if path.endswith("/upload"):
            return self._settings.largest_upload_bytes + LARGEST_FORM_BYTES  # what stands between the files
        return LARGEST_FORM_BYTES


def _host_problem(headers: Headers, settings: ServerSettings) -> Problem | None:
    given = headers.getlist("host")
    if len(given) != 1:
        return Problem(400, "Bad request", "The request must have exactly one Host header.")
    if is_known_host(given[0], settings):
        return None
    return Problem(
        421,
        "This server is not known by that name",
        "The address in the browser names a host that this workbench was not told of. "
        "Use the address that `accubench serve` printed, or start it with `--allow-host NAME`.",
    )


def _announced_bytes(headers: Headers) -> int:
    announced = headers.get("content-length", "0")
    return int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 20 else 0


def _too_large(limit: int) -> Problem:
    return Problem(
        413,
        "That is too large",
        f"At most {limit:,} bytes can be sent here. For larger files, import from a path on the server.",
    )


def _limited(receive: Receive, limit: int) -> Receive:
    """Count what arrives, because a body need not announce its size, or may lie about it."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413, _too_large(limit).message)
        return message

    return receive_limited


def _with_headers(send: Send, *, static: bool) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            # Static files change with the version that is installed: browsers ask whether theirs is still the one.
            headers.setdefault("Cache-Control", "private, no-cache" if static else "no-store")
        await send(message)

    return send_with_headers
