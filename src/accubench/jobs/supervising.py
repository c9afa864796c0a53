"""Keep a worker alive for as long as a server runs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["supervise"]

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 30.0
_SOUND_S = 10.0  # a worker that lived that long did not die of its start
_STOP_S = 5.0


@contextmanager
def supervise(folder: Path, database: str | None = None) -> Generator[None]:
    """Run ``accubench worker`` while the body runs; start it again whenever it dies, less often when it keeps dying.

    A worker that is still there from a server that was killed is waited for.

    Args:
        folder: The workspace folder.
        database: URL of the catalogue; SQLite inside `folder` by default.
    """
    ending = threading.Event()
    thread = threading.Thread(target=_keep_alive, args=(folder, database, ending), name="supervise", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(_STOP_S + 2)


def _keep_alive(folder: Path, database: str | None, ending: threading.Event) -> None:
    pause_s = _FIRST_PAUSE_S
    while not ending.is_set():
        begun = time.monotonic()
        with suppress(OSError):  # no memory or no process to be had: try again later
            worker = _start(folder, database)
            while worker.poll() is None:
                if ending.wait(0.1):
                    _stop(worker)
                    return
        lived_s = time.monotonic() - begun
        pause_s = _FIRST_PAUSE_S if lived_s > _SOUND_S else min(2 * pause_s, _LONGEST_PAUSE_S)
        ending.wait(pause_s)


def _start(folder: Path, database: str | None) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != "ACCUBENCH_DATABASE"}
    if database is not None:
        environment["ACCUBENCH_DATABASE"] = database  # not as an argument: a URL may hold a password
    # -P: files of the current folder must not stand in for modules.
    command = [sys.executable, "-P", "-m", "accubench", "worker"]
    command += ["--workspace", str(folder.absolute()), "--wait", "--parent", str(os.getpid())]
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "worker.log").open("ab") as log:
        # A session of its own: Ctrl-C in the terminal is the server's, which then stops the worker in good order.
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _stop(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
