"""What every page is given: the workspace, and the server's settings."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from accubench.workspace import Workspace

__all__ = ["ServerSettings", "Workbench", "WorkbenchDependency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How the server was started."""

    token: str
    """Who knows it may use the workbench."""
    host: str = "127.0.0.1"
    port: int = 8000
    allowed_hosts: tuple[str, ...] = ()
    """Further names that the server may be addressed by, such as a reverse proxy's, each with or without a port."""
    roots: tuple[Path, ...] = ()
    """Folders below which models and datasets may be imported by path, absolute and with links resolved."""
    largest_upload_bytes: int = 10 << 30
    """Of one upload, all its files together."""


@dataclass(slots=True, kw_only=True)
class Workbench:
    """One running server's objects; the same for all requests."""

    workspace: Workspace
    settings: ServerSettings
    caches: dict[str, object] = field(default_factory=dict)
    """What pages keep between requests, by the name of the module that keeps it."""
    closing: threading.Event = field(default_factory=threading.Event)
    """Set when the server is about to end, so that answers without an end of their own end too."""


def _workbench(request: Request) -> Workbench:
    found: Workbench = request.app.state.workbench
    return found


WorkbenchDependency = Annotated[Workbench, Depends(_workbench)]
"""Annotate a handler's parameter with this to be given the workbench."""
