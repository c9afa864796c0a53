"""``accubench worker``: do the jobs of a workspace."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Annotated, Optional

import typer

from accubench.cli.options import DatabaseOption, DebugOption, WorkspaceOption
from accubench.cli.session import clear_errors

__all__ = ["worker"]

_LOOK_S = 0.2


def worker(
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the end of another worker of the same workspace.")
    ] = False,
    parent: Annotated[
        Optional[int],  # noqa: UP045 - typer reads annotations at run time
        typer.Option("--parent", metavar="PID", help="End when this process has ended.", hidden=True),
    ] = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Do the jobs of a workspace until stopped; `accubench serve` starts one by itself."""
    with clear_errors(debug=debug):
        from accubench.errors import Cancelled
        from accubench.jobs.starting import become_worker
        from accubench.workspace import DEFAULT_FOLDER

        stopping = _stop_on_signals()
        if parent is not None:
            threading.Thread(target=_stop_without, args=(parent, stopping), name="parent", daemon=True).start()
        else:
            typer.echo("Doing jobs until Ctrl-C; messages go to logs/worker.log in the workspace.", err=True)
        try:
            become_worker(workspace or Path(DEFAULT_FOLDER), database, wait=wait, stopping=stopping)
        except Cancelled:
            raise typer.Exit from None


def _stop_on_signals() -> threading.Event:
    """Let Ctrl-C and SIGTERM ask for the end, in place of what ends other commands."""
    stopping = threading.Event()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopping.set())
    return stopping


def _stop_without(parent: int, stopping: threading.Event) -> None:
    while os.getppid() == parent and not stopping.is_set():
        stopping.wait(_LOOK_S)
    stopping.set()
