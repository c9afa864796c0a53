"""One worker for a workspace: two would each think that the other's running jobs were left by a dead one."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NoReturn

from accubench.errors import Cancelled, WorkspaceError
from accubench.storage import Store

__all__ = ["hold_worker_lock", "worker_is_alive"]

_NAME = "worker"
_PATIENCE_S = 1.0  # whoever only asks whether there is a worker holds the lock for a moment


def worker_is_alive(store: Store) -> bool:
    """Whether some process is the worker of this workspace."""

    class _HeldError(Exception):
        pass

    def held() -> NoReturn:
        raise _HeldError

    try:
        with store.lock(_NAME, waiting=held):
            return False
    except _HeldError:
        return True


def hold_worker_lock(store: Store, *, wait: bool, given_up: Callable[[], bool]) -> AbstractContextManager[None]:
    """Be the one worker while the body runs.

    Args:
        store: Whose worker.
        wait: Whether to wait for another worker's end.
        given_up: Asked regularly whether to wait no longer.

    Raises:
        WorkspaceError: Another worker is alive, and it was not asked to wait.
        Cancelled: Waiting was given up.
    """
    until = time.monotonic() + _PATIENCE_S

    def waiting() -> None:
        if given_up():
            raise Cancelled
        if not wait and time.monotonic() > until:
            raise WorkspaceError(
                f"Another worker is running for {store.folder}. One is enough: it takes jobs of all queues. "
                "`accubench serve` starts its own."
            )

    return store.lock(_NAME, waiting=waiting)
