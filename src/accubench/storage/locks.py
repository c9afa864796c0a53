"""Locks between processes, held by the operating system so that a dead process never keeps one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from accubench.storage.disk import storage_errors

__all__ = ["hold_lock"]

_POLL_S = 0.2


@contextmanager
def hold_lock(folder: Path, name: str, *, waiting: Callable[[], None]) -> Generator[None]:
    """Hold the lock `name` while the body runs; wait for it as long as it takes.

    Args:
        folder: Where lock files live.
        name: What is locked, any text.
        waiting: Called every 0.2 seconds while another process holds the lock; it may raise to give up.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock")
    with storage_errors(folder):
        _acquire(lock, waiting)
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, waiting: Callable[[], None]) -> None:
    while True:
        try:
            lock.acquire(timeout=_POLL_S)
        except Timeout:
            waiting()
        else:
            return
