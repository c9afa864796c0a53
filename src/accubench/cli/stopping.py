"""Stopping on Ctrl-C and SIGTERM: in good order where possible, and within two seconds whatever happens."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import NoReturn

__all__ = ["INTERRUPTED", "say_stopped", "stoppable"]

INTERRUPTED = 130
"""Exit status of a command that was stopped, as shells know it."""
_GRACE_S = 1.5
_MESSAGE = b"Stopped. What was finished is kept: the same command continues from there.\n"
_SHOW_CURSOR = b"\r\x1b[K\x1b[?25h"  # a progress bar hides it
_asked = threading.Event()
_said = threading.Lock()


@contextmanager
def stoppable() -> Generator[None]:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt in the body, and see to it that the process ends.

    Python runs signal handlers only between its own instructions, so that a model being read or compiled by native
    code would hold up Ctrl-C.
    A thread therefore waits for the signal too: after 1.5 seconds, or at the second signal, it ends the process.
    Nothing is lost by that: files appear whole or not at all, and the operating system frees the locks.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and `&` in scripts leave them
            signal.signal(number, _interrupt)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_insist, args=(reading,), name="stopping", daemon=True).start()
    try:
        yield
    finally:
        if _asked.is_set():
            say_stopped()
            # Nothing is left to do, and native libraries may wait for their threads when they are unloaded.
            os._exit(INTERRUPTED)


def say_stopped() -> None:
    """Tell the user, once, that the command was stopped and can be continued."""
    if _said.acquire(blocking=False):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os.write(2, _MESSAGE)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    _asked.set()
    raise KeyboardInterrupt


def _insist(reading: int) -> None:
    os.read(reading, 1)
    select.select([reading], [], [], _GRACE_S)
    if _said.acquire(blocking=False):
        os.write(2, (_SHOW_CURSOR if os.isatty(2) else b"") + _MESSAGE)
    os._exit(INTERRUPTED)
