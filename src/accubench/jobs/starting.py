"""Becoming the worker, in the order that keeps DBOS quiet."""

from __future__ import annotations

import os
import threading
from pathlib import Path

__all__ = ["become_worker"]


def become_worker(folder: Path, database: str | None, *, wait: bool, stopping: threading.Event) -> None:
    """Be the worker of a workspace until `stopping` is set, and then end the process; see `worker.run_worker`.

    DBOS reads variables when it is imported that would have it talk to a service in the network, so they go before.

    Args:
        folder: The workspace folder.
        database: URL of the catalogue; SQLite inside `folder` by default.
        wait: Whether to wait for the end of another worker of the same workspace.
        stopping: Set by whoever wants the worker to end; running jobs go back to the queue.

    Raises:
        WorkspaceError: The workspace cannot be used, or another worker is alive.
        Cancelled: `stopping` was set while another worker was alive.
    """
    for name in [name for name in os.environ if name.startswith("DBOS_")]:
        del os.environ[name]
    from accubench.jobs.worker import run_worker

    run_worker(folder, database, wait=wait, stopping=stopping)
