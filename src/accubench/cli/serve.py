"""``accubench serve``."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from accubench.cli.options import DatabaseOption, DebugOption, WorkspaceOption
from accubench.cli.session import clear_errors

if TYPE_CHECKING:
    from accubench.web import ServerSettings

__all__ = ["serve"]


def serve(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; others than this machine's own need a token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes any that is free.")
    ] = 8000,
    token: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--token",
            envvar="ACCUBENCH_TOKEN",
            show_envvar=True,
            help="Who knows it may use the workbench (default: a new one each time).",
        ),
    ] = None,
    root: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(
            "--root",
            metavar="DIR",
            help="Folder below which files may be imported by path; repeatable (default: home and current folder).",
        ),
    ] = None,
    allow_host: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Further name that the server is addressed by, such as a proxy's; repeatable.",
        ),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the workbench in the browser.")] = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Open the workbench in the browser: serve its pages, and do its jobs in the background."""
    with clear_errors(debug=debug):
        from accubench.jobs import supervise
        from accubench.web import ServerSettings, Workbench
        from accubench.web.serving import bind, choose_token, serve_until_stopped
        from accubench.workspace import Workspace

        chosen = choose_token(token, host)
        roots = _roots(root)
        with bind(host, port) as listening, Workspace(workspace, database=database) as opened:
            settings = ServerSettings(
                token=chosen,
                host=host,
                port=listening.getsockname()[1],
                allowed_hosts=tuple(allow_host or ()),
                roots=roots,
            )
            # The server has its own way of stopping, with its worker; see `accubench.cli.stopping` for the usual one.
            signal.set_wakeup_fd(-1)
            with supervise(opened.folder, database):
                serve_until_stopped(
                    Workbench(workspace=opened, settings=settings),
                    listening,
                    started=lambda: _announce(settings, open_browser=open_browser),
                )
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)  # threads that still read for an answer nobody waits for must not hold up the end


def _announce(settings: ServerSettings, *, open_browser: bool) -> None:
    from accubench.web.access import is_loopback
    from accubench.web.serving import address_of

    address = address_of(settings)
    print(f"AccuBench workbench: {address}")
    print("Stop it with Ctrl-C; jobs go on when it is started again.", flush=True)
    if not is_loopback(settings.host):
        print(
            f"Caution: other machines can reach {settings.host}, and traffic is not encrypted; "
            "put a proxy with TLS before it on networks you do not trust.",
            file=sys.stderr,
            flush=True,
        )
    if open_browser:
        typer.launch(address)


def _roots(given: list[Path] | None) -> tuple[Path, ...]:
    from accubench.errors import UsageError

    chosen = given or [Path.home(), Path.cwd()]
    for folder in given or []:
        if not folder.is_dir():
            raise UsageError(f"There is no folder {folder} to import from (--root).")
    return tuple(dict.fromkeys(folder.resolve() for folder in chosen))
