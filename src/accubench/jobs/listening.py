"""What a task says while it runs, brought to the files of its job."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from accubench.jobs.job_folder import JobFolder
from accubench.records.progress import Progress

__all__ = ["JobListener"]

_SHORTEST_PAUSE_S = 0.25


class JobListener:
    """Writes every count of images at once, so that it equals what is on disk, and other messages 4 times a second.

    A message without counts keeps those of the last one that had some.

    Args:
        folder: The files of the job.
        clock: Monotonic seconds.
        now: The time, for the log.
    """

    def __init__(self, folder: JobFolder, *, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock
        self._now = now
        self._newest = folder.progress()
        self._written_at = float("-inf")
        self._lock = threading.Lock()

    def __call__(self, progress: Progress) -> None:
        """Listen to one message."""
        with self._lock:
            counted = progress.total is not None
            if progress.message is not None:
                self._folder.say(f"{progress.stage}: {progress.message}", self._now())
            new_stage = self._newest is None or self._newest.stage != progress.stage
            self._newest = progress if counted or self._newest is None else _with_counts_of(self._newest, progress)
            if counted or new_stage or self._clock() - self._written_at >= _SHORTEST_PAUSE_S:
                self._folder.write_progress(self._newest)
                self._written_at = self._clock()


def _with_counts_of(earlier: Progress, progress: Progress) -> Progress:
    return replace(progress, done=earlier.done, total=earlier.total, right=earlier.right, judged=earlier.judged)
