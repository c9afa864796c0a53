"""Workspaces with a worker, and evaluations that take their time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import polars as pl

from accubench.jobs import supervise
from accubench.records.job import Job
from accubench.workspace import Workspace

T = TypeVar("T")

SLOW_YAML = """\
preprocessing:
- decode: {color: RGB}
- resize: {size: 1400, mode: stretch, library: pillow, interpolation: lanczos}
- resize: {size: 8, mode: stretch, library: pillow, interpolation: lanczos}
- normalize: {mean: [0, 0, 0], scale: [255, 255, 255]}
"""
"""Gives the same classes as the quick way, at some forty images a second."""


def until(look: Callable[[], T], *, seconds: float = 60.0) -> T:
    """Look again and again until there is something."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"nothing was seen within {seconds} s"
        time.sleep(0.02)


def ended(workspace: Workspace, job: Job, *, seconds: float = 60.0) -> Job:
    """The job when it has ended."""

    def look() -> Job | None:
        now = workspace.jobs.job(job.id)
        return now if now.ended else None

    return until(look, seconds=seconds)


def make_project(workspace: Workspace, model: Path, dataset: Path) -> str:
    """A project without jobs."""
    from accubench.inference import find_target
    from accubench.tasks.evaluate import find_or_make_project

    imported = workspace.import_model(model), workspace.import_dataset(dataset)
    return find_or_make_project(workspace._surroundings(), *imported, find_target("CPU")).id


@contextmanager
def supervised(workspace: Workspace) -> Iterator[None]:
    with supervise(workspace.folder):
        yield


def processes(*words: str) -> list[int]:
    """Ids of processes whose command line holds all words."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            try:
                command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                state = (place / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state != "Z" and all(word in command for word in words):
                found.append(int(place.name))
    return found


def worker_of(workspace: Workspace) -> list[int]:
    return processes("accubench worker", f"--workspace {workspace.folder} ")


def children_of(workspace: Workspace) -> list[int]:
    return processes("accubench.jobs.child", f"{workspace.folder} ")


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    os.kill(pid, number)


def finished_rows(workspace: Workspace) -> set[int]:
    parts = workspace.folder.glob("predictions/*/part-*.parquet")
    return {row for part in parts for row in pl.read_parquet(part, columns=["row"])["row"].to_list()}


def stored_bytes(workspace: Workspace) -> dict[str, bytes]:
    scores = {path.name: path.read_bytes() for path in workspace.folder.glob("predictions/*/*.parquet")}
    (table,) = [path.read_bytes() for path in workspace.folder.glob("reports/*/table.parquet")]
    return {**scores, "table": table}
