"""The worker: takes jobs from the catalogue, lets DBOS queue and recover them, runs each in a child process.

The catalogue says what there is to do; DBOS says which worker does it, in which order, and what was left by a worker
that died.
A job is one workflow with one step, of the same id.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from logging.handlers import RotatingFileHandler
from pathlib import Path

from dbos import DBOS

from accubench.errors import AccuBenchError
from accubench.jobs.engine import APPLICATION_VERSION, configure_engine
from accubench.jobs.running import JobRunner
from accubench.jobs.worker_lock import hold_worker_lock
from accubench.records.job import ENDED, Job, JobOutcome, JobState
from accubench.storage import Store

__all__ = ["run_worker"]

_LOG = logging.getLogger("accubench.jobs")
_QUEUE = "jobs"
_WORKFLOW = "run_job"
_UNENDED: tuple[JobState, ...] = ("queued", "running", "cancelling")
_POLL_S = 0.2
_CHECK_S = 1.0
_REFUSED_LOOKS = 5  # a workflow that was taken from the queue begins within milliseconds
_KEPT = timedelta(days=7)
_STOP_S = 4.0
_RETRY_S = 2.0


def run_worker(folder: Path, database: str | None, *, wait: bool, stopping: threading.Event) -> None:
    """Be the worker of a workspace until `stopping` is set, and then end the process.

    Args:
        folder: The workspace folder.
        database: URL of the catalogue; SQLite inside `folder` by default.
        wait: Whether to wait for the end of another worker of the same workspace.
        stopping: Set by whoever wants the worker to end; running jobs go back to the queue.

    Raises:
        WorkspaceError: The workspace cannot be used, or another worker is alive.
        Cancelled: `stopping` was set while another worker was alive.
    """
    store = Store(folder, database)
    with hold_worker_lock(store, wait=wait, given_up=stopping.is_set):
        _log_to_file(store.folder)
        runner = JobRunner(store=store, database=database, now=lambda: datetime.now(UTC), stopping=stopping)
        worker = _Worker(store, runner, stopping)
        worker.launch()
        _LOG.info("Worker %d begins.", os.getpid())
        worker.serve()
        worker.wait_for_children()
        _LOG.info("Worker %d ends.", os.getpid())
        logging.shutdown()
        # Workflows that were put back wait in their threads, so that DBOS takes them for unfinished at the next start.
        os._exit(0)


class _Worker:
    def __init__(self, store: Store, runner: JobRunner, stopping: threading.Event) -> None:
        self._store = store
        self._runner = runner
        self._stopping = stopping
        self._handed_over: set[str] = set()
        self._begun: set[str] = set()
        self._active: set[str] = set()
        self._looks: dict[str, int] = {}
        """How often a workflow was seen taken from the queue and not begun."""

    # --- the workflow ---------------------------------------------------------------------------

    def launch(self) -> None:
        """Start DBOS; what was left by a dead worker is queued again by it."""
        configure_engine(self._store.folder)

        @DBOS.step(name="run")
        def run(job_id: str) -> None:
            self._run(job_id)

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)  # `deaths` counts, and knows about progress
        def run_job(job_id: str) -> None:
            run(job_id)

        DBOS.launch()
        DBOS.register_queue(_QUEUE, partition_concurrency=1, polling_interval_sec=_POLL_S)
        self._forget_old()

    def _run(self, job_id: str) -> None:
        self._active.add(job_id)
        self._begun.add(job_id)
        done = not self._stopping.is_set() and self._run_until_recorded(job_id)
        self._active.discard(job_id)
        if not done:
            threading.Event().wait()  # until the process ends

    def _run_until_recorded(self, job_id: str) -> bool:
        """Run a job; where its beginning or end cannot be put on record, for want of space say, try again."""
        while True:
            try:
                return self._runner.run(job_id)
            except (AccuBenchError, OSError) as error:
                _LOG.error("%s: %s", job_id, error)
                if self._stopping.wait(_RETRY_S):
                    return False

    # --- handing over ---------------------------------------------------------------------------

    def serve(self) -> None:
        """Hand over new jobs, and look after those that were, until asked to stop."""
        checked_at = float("-inf")
        while not self._stopping.wait(_POLL_S):
            try:
                unended = self._store.catalogue.jobs(states=_UNENDED)
                for job in reversed(unended):  # oldest first
                    if job.id not in self._handed_over:
                        self._hand_over(job)
                if unended and time.monotonic() - checked_at > _CHECK_S:
                    checked_at = time.monotonic()
                    self._look_after(unended)
            except AccuBenchError as error:  # a full disk, say: work goes on when there is space again
                _LOG.error("%s", error)
            except Exception:  # noqa: BLE001 - the worker lives on
                _LOG.exception("Jobs could not be handed over.")

    def _hand_over(self, job: Job) -> None:
        known = self._workflows([job.id]).get(job.id)
        if known is not None and not _is_awaited(known):
            # Of an older version that this one cannot continue, or ended while its job was not: begin anew.
            DBOS.delete_workflow(job.id)
        if known is None or not _is_awaited(known):
            DBOS.enqueue_workflow_with_options(
                {
                    "workflow_name": _WORKFLOW,
                    "queue_name": _QUEUE,
                    "workflow_id": job.id,
                    "queue_partition_key": job.queue,
                    "app_version": APPLICATION_VERSION,
                },
                job.id,
            )
        self._handed_over.add(job.id)

    def _look_after(self, unended: list[Job]) -> None:
        """Notice entries that DBOS refuses to run, so that neither their jobs nor those behind them wait for ever."""
        taken = {
            found.workflow_id for found in DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        }
        self._looks = {job_id: self._looks.get(job_id, 0) + 1 for job_id in taken - self._begun}
        for job_id, looks in self._looks.items():
            if looks >= _REFUSED_LOOKS:
                DBOS.cancel_workflow(job_id)
                self._fail_refused(job_id)
        known = self._workflows([job.id for job in unended])
        for job in unended:
            entry = known.get(job.id)
            if job.id in self._handed_over and job.id not in self._active and (entry is None or not _is_awaited(entry)):
                self._fail_refused(job.id)

    def _fail_refused(self, job_id: str) -> None:
        job = self._store.catalogue.job(job_id)
        if job is None or job.state in ENDED:
            return
        _LOG.error("The entry of %s in the database of jobs was refused.", job_id)
        error = (
            "Its entry in the database of jobs (jobs.sqlite) cannot be read or was changed by something else than "
            "AccuBench, so it was not run. Submit it again; logs/worker.log says more."
        )
        failed = {"state": "failed", "outcome": JobOutcome(error=error), "ended_at": datetime.now(UTC)}
        self._store.catalogue.update_job(job.model_copy(update=failed), only_if=_UNENDED)

    def _workflows(self, ids: list[str]) -> dict[str, tuple[str, str | None]]:
        # Contents of rows are read only where they are needed: by the workflow itself.
        found = DBOS.list_workflows(workflow_ids=ids, load_input=False, load_output=False)
        return {workflow.workflow_id: (workflow.status, workflow.app_version) for workflow in found}

    def _forget_old(self) -> None:
        """Delete what DBOS keeps of jobs that ended long ago; their records stay in the catalogue."""
        before = (datetime.now(UTC) - _KEPT).isoformat()
        old = DBOS.list_workflows(completed_before=before, load_input=False, load_output=False)
        if old:
            DBOS.delete_workflows([workflow.workflow_id for workflow in old])

    # --- ending ---------------------------------------------------------------------------------

    def wait_for_children(self) -> None:
        """Wait until every running job was put back."""
        until = time.monotonic() + _STOP_S
        while self._active and time.monotonic() < until:
            time.sleep(0.02)


def _is_awaited(entry: tuple[str, str | None]) -> bool:
    status, version = entry
    return status in {"ENQUEUED", "PENDING"} and version == APPLICATION_VERSION


def _log_to_file(folder: Path) -> None:
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    handler = RotatingFileHandler(logs / "worker.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    _LOG.setLevel(logging.INFO)
    for logger in (_LOG, logging.getLogger("dbos")):
        logger.handlers[:] = [handler]  # DBOS would write to the terminal
        logger.propagate = False
