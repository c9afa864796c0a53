"""Run one job in a child process: begin, watch, end, and put everything on record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accubench.errors import AccuBenchError, StorageFullError
from accubench.jobs.child import DISK_FULL
from accubench.jobs.deaths import count_deaths
from accubench.jobs.job_folder import JobFolder
from accubench.records.job import Job, JobOutcome, JobState
from accubench.storage import Store

__all__ = ["JobRunner"]

_POLL_S = 0.1
_GRACE_S = 1.2
_MOST_DEATHS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunner:
    """What the worker needs to run jobs; several threads may call it for different jobs."""

    store: Store
    database: str | None
    """URL of the catalogue, for child processes."""
    now: Callable[[], datetime]
    stopping: threading.Event
    """Set when the worker is to end: jobs go back to the queue."""

    def run(self, job_id: str) -> bool:
        """Bring a job to its end.

        Args:
            job_id: Which one; one that is gone or has ended already needs nothing.

        Returns:
            Whether it came to its end; False where the worker is stopping and the job is to go on later.
        """
        folder = JobFolder(self.store.folder, job_id)
        folder.prepare()
        job = self._begin(job_id, folder)
        if job is None:
            return True
        if self.stopping.is_set():
            return self._put_back(job, folder)
        status = self._watch(job, folder)
        return self._conclude(job, folder, status)

    # --- beginning ------------------------------------------------------------------------------

    def _begin(self, job_id: str, folder: JobFolder) -> Job | None:
        """Put the beginning on record; None where there is nothing to run."""
        job = self.store.catalogue.job(job_id)
        if job is None or job.ended:
            return None
        finished = folder.outcome()  # by a child whose worker died before it could say so
        if finished is not None:
            self._end(job, folder, "failed" if finished.error else "succeeded", finished)
            return None
        if job.state == "cancelling":
            self._end(job, folder, "cancelled")
            return None
        stored_parts = self.store.count_parts() if job.attempts else 0
        deaths = count_deaths(folder, attempts=job.attempts, stored_parts=stored_parts)
        if deaths >= _MOST_DEATHS:
            self._end(job, folder, "failed", JobOutcome(error=_poison(folder, deaths)))
            return None
        begun = job.model_copy(
            update={"state": "running", "attempts": job.attempts + 1, "started_at": job.started_at or self.now()}
        )
        if not self.store.catalogue.update_job(begun, only_if={"queued", "running"}):
            return self._begin(job_id, folder)  # cancelled in between
        folder.say(f"Attempt {begun.attempts}: {job.title}." if begun.attempts > 1 else f"{job.title}.", self.now())
        return begun

    # --- watching -------------------------------------------------------------------------------

    def _watch(self, job: Job, folder: JobFolder) -> int:
        """Run the child to its end, or end it when asked to; its exit status, negative for a signal."""
        child = self._start(job, folder)
        asked_at: float | None = None
        while True:
            with suppress(subprocess.TimeoutExpired):
                return child.wait(_POLL_S)
            if asked_at is None:
                if self.stopping.is_set() or self._is_cancelled(job.id):
                    child.terminate()
                    asked_at = time.monotonic()
            elif time.monotonic() - asked_at > _GRACE_S:
                child.kill()

    def _start(self, job: Job, folder: JobFolder) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name != "ACCUBENCH_DATABASE"}
        if self.database is not None:
            environment["ACCUBENCH_DATABASE"] = self.database
        # -P: files of the current folder must not stand in for modules.
        command = [sys.executable, "-P", "-m", "accubench.jobs.child", str(self.store.folder), job.id, str(os.getpid())]
        with folder.log_path.open("ab") as log:
            return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _is_cancelled(self, job_id: str) -> bool:
        try:
            job = self.store.catalogue.job(job_id)
        except AccuBenchError:  # a busy or full disk; the next look will tell
            return False
        return job is None or job.state == "cancelling"

    # --- ending ---------------------------------------------------------------------------------

    def _conclude(self, job: Job, folder: JobFolder, status: int) -> bool:
        outcome = folder.outcome()
        if outcome is not None:
            return self._end(job, folder, "failed" if outcome.error else "succeeded", outcome)
        if self._is_cancelled(job.id):
            return self._end(job, folder, "cancelled")
        if self.stopping.is_set():
            return self._put_back(job, folder)
        return self._end(job, folder, "failed", JobOutcome(error=_crash(status)))

    def _put_back(self, job: Job, folder: JobFolder) -> bool:
        folder.write_attempts({})
        folder.say("The worker was stopped; the job goes on at its next start.", self.now())
        queued = job.model_copy(update={"state": "queued", "progress": folder.progress()})
        if self.store.catalogue.update_job(queued, only_if={"running"}):
            return False
        return self._end(job, folder, "cancelled")

    def _end(self, job: Job, folder: JobFolder, state: JobState, outcome: JobOutcome | None = None) -> bool:
        update: dict[str, Any] = {
            "state": state,
            "outcome": outcome,
            "progress": folder.progress(),
            "ended_at": self.now(),
        }
        folder.say(_last_words(state, outcome), self.now())
        ended = job.model_copy(update=update)
        while True:
            try:
                self.store.catalogue.update_job(ended, only_if={"queued", "running", "cancelling"})
            except StorageFullError:
                if self.stopping.wait(1.0):
                    return False
            else:
                return True


def _last_words(state: JobState, outcome: JobOutcome | None) -> str:
    if outcome is not None and outcome.error:
        return f"Failed: {outcome.error}"
    return {"succeeded": "Done.", "cancelled": "Cancelled. Finished parts are kept."}.get(state, state)


def _crash(status: int) -> str:
    if status == DISK_FULL:
        return (
            "The disk is full: what became of the work could not be written down. Finished parts are kept; free some "
            "space and run it again to continue."
        )
    if status >= 0:
        return f"The process that did the work ended without a result (exit status {status}). See the log."
    try:
        name = f" ({signal.Signals(-status).name})"
    except ValueError:
        name = ""
    if -status == signal.SIGKILL:
        name = " (perhaps out of memory)"
    return f"The process that did the work was killed by signal {-status}{name}. See the log."


def _poison(folder: JobFolder, deaths: int) -> str:
    progress = folder.progress()
    stage = f" in the stage '{progress.stage}' at {progress.done} done" if progress else " before it said anything"
    return (
        f"The worker died {deaths} times{stage} without getting further in between, so the job is not begun again. "
        "Perhaps the machine ran out of memory; see the log, then run it again."
    )
