"""Serve the workbench: a socket, the server around it, and an end that comes when it is asked for."""

from __future__ import annotations

import errno
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from urllib.parse import quote

import uvicorn

from accubench.errors import UsageError
from accubench.web.access import is_loopback
from accubench.web.app import create_app
from accubench.web.pages import compile_templates
from accubench.web.server_log import ServerLog
from accubench.web.workbench import ServerSettings, Workbench

__all__ = ["address_of", "bind", "choose_token", "serve_until_stopped"]

_SHORTEST_SHARED_TOKEN = 16
_LONGEST_TOKEN = 512
_GRACE_S = 1  # for answers that are on their way when the server is stopped
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - where to find a server that listens everywhere


def choose_token(given: str | None, host: str) -> str:
    """The token that was given, or a new one where only this machine can reach the server.

    Raises:
        UsageError: Others can reach the server and no token, or a short one, was given.
    """
    if given is not None and not (given.isascii() and given.isprintable() and 0 < len(given.strip()) == len(given)):
        raise UsageError("The token must be printable ASCII without spaces at its ends.")
    if given is not None and len(given) > _LONGEST_TOKEN:
        raise UsageError(f"The token must have at most {_LONGEST_TOKEN} characters.")
    if not is_loopback(host) and (given is None or len(given) < _SHORTEST_SHARED_TOKEN):
        raise UsageError(
            f"Other machines can reach a server on {host}: choose a token of at least {_SHORTEST_SHARED_TOKEN} "
            "characters with --token. Or leave --host away and use an SSH tunnel: ssh -L 8000:127.0.0.1:8000 MACHINE."
        )
    return given or secrets.token_urlsafe(24)


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens; connections wait in it until the server takes them.

    Args:
        host: A name or address of this machine.
        port: 0 for any that is free.

    Raises:
        UsageError: The port is taken, or the host is none of this machine's.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"There is no host '{host}' to listen on: {error}.") from error
    # Of a name with both kinds of address browsers find either; the older kind is what tools expect.
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise UsageError(_why_not(error, host, port)) from error
    return listening


def address_of(settings: ServerSettings) -> str:
    """What to open in a browser, token included."""
    host = _EVERYWHERE.get(settings.host, settings.host)
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{shown}:{settings.port}/?token={quote(settings.token, safe='')}"


def serve_until_stopped(workbench: Workbench, listening: socket.socket, *, started: Callable[[], None]) -> None:
    """Answer requests until Ctrl-C or SIGTERM; streams are ended then, other answers have a second to finish.

    Args:
        workbench: What is served.
        listening: From `bind`.
        started: Called once when requests are answered.
    """
    log = ServerLog(workbench.workspace.folder / "logs")
    logger = logging.getLogger("uvicorn")
    logger.addHandler(log)
    config = uvicorn.Config(
        create_app(workbench),
        log_config=None,
        log_level="warning",
        access_log=False,  # it would hold tokens
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=False,  # nothing here asks where a visitor is
        ws="none",
    )
    try:
        _Server(config, workbench, started).run(sockets=[listening])
    finally:
        logger.removeHandler(log)


class _Server(uvicorn.Server):
    """A server that tells the workbench when it is about to end, and does not send itself the signal again."""

    def __init__(self, config: uvicorn.Config, workbench: Workbench, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._workbench = workbench
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell_started()
        # Else the first page of every kind would wait for its templates.
        threading.Thread(target=compile_templates, name="templates", daemon=True).start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.force_exit = self.should_exit  # the second time
        self.should_exit = True
        self._workbench.closing.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use, perhaps by another workbench. "
            "Stop that one, or choose another port with --port; --port 0 takes any that is free."
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {port} may not be used by you. Choose one above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine. Choose another with --host."
    return f"Listening on {host}, port {port}, is impossible: {error.strerror or error}."
