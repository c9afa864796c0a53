"""The workbench as a person starts it: `accubench serve` in a process of its own, and the processes below it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

_ADDRESS = re.compile(r"http://\S+")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """One running `accubench serve`."""

    process_id: int
    invitation: str
    """The printed address, token included."""
    workspace: Path

    @property
    def address(self) -> str:
        """Scheme, host and port, without the token."""
        parts = urlsplit(self.invitation)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def worker_id(self) -> int | None:
        """Process id of the worker, or None while there is none."""
        workers = [pid for pid in descendants(self.process_id) if b"worker" in _command(pid).split(b"\0")]
        return workers[0] if workers else None

    @property
    def native_ids(self) -> set[int]:
        """Process ids of everything that the worker started: where heavy work runs."""
        worker = self.worker_id
        return set() if worker is None else set(descendants(worker))


@contextmanager
def serve(workspace: Path, roots: Sequence[Path] = (), *, start_s: float = 60) -> Iterator[RunningServer]:
    """Start the workbench on a free port and stop it as Ctrl-C does."""
    command = [sys.executable, "-m", "accubench", "serve", "--port", "0", "--workspace", str(workspace)]
    for root in roots:
        command += ["--root", str(root)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ACCUBENCH_")}
    process = subprocess.Popen(
        command,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    reader = threading.Thread(target=_keep_lines, args=(process, lines), daemon=True)
    reader.start()

    def printed() -> str | None:
        if process.poll() is not None:
            raise AssertionError(f"accubench serve ended with {process.returncode}:\n{''.join(lines)}")
        return next((match[0] for line in list(lines) if (match := _ADDRESS.search(line))), None)

    try:
        invitation = eventually(printed, seconds=start_s, what="accubench serve to print its address")
        yield RunningServer(process.pid, invitation, workspace)
    finally:
        below = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"accubench serve did not end on Ctrl-C:\n{''.join(lines[-40:])}") from None
        finally:
            reader.join(5)
            if process.stdout is not None:
                process.stdout.close()
    eventually(lambda: not [pid for pid in below if is_alive(pid)], seconds=10, what="the server's processes to end")


def eventually(ask: Callable[[], T], *, seconds: float, what: str) -> T:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds:g} s for {what}.")
        time.sleep(0.02)
    return answer


def descendants(process_id: int) -> list[int]:
    """Process ids of children, grandchildren and so on, as the kernel tells them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [process_id]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def is_alive(process_id: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    fields = _stat(process_id)
    return bool(fields) and fields[0] not in {"Z", "X"}


def cpu_seconds(process_ids: Sequence[int]) -> float:
    """Time that the processes spent on any core so far, all their threads together."""
    ticks = [int(fields[11]) + int(fields[12]) for pid in process_ids if (fields := _stat(pid))]
    return sum(ticks) / _TICKS_PER_SECOND


def _stat(process_id: int) -> list[str]:
    """State, parent and the rest of /proc/<pid>/stat; empty where the process is gone."""
    try:
        text = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _command(process_id: int) -> bytes:
    try:
        return Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return b""


def _keep_lines(process: subprocess.Popen[str], lines: list[str]) -> None:
    assert process.stdout is not None
    lines.extend(process.stdout)
