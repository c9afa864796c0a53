"""The process that does the work of one job, and nothing else: cancelling or a crash of native code ends only it.

Started by the worker as ``python -m accubench.jobs.child WORKSPACE JOB PARENT``; the URL of the catalogue is in the
environment, because it may hold a password.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from accubench.errors import AccuBenchError, Cancelled, JobNotFoundError
from accubench.jobs.dying_with_parent import die_with_parent
from accubench.jobs.job_folder import JobFolder
from accubench.jobs.listening import JobListener
from accubench.records.job import JobOutcome

__all__ = ["DISK_FULL", "STOPPED", "main"]

STOPPED = 130
"""Exit status of a child that was asked to stop and did."""
DISK_FULL = 74
"""Exit status of a child that could not even write down what became of its work."""


def main() -> NoReturn:
    """Do the work of the job that the arguments name, write its outcome, and end the process."""
    workspace, job_id, parent = sys.argv[1:]
    die_with_parent(int(parent))
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: asked.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the worker, which decides
    folder = JobFolder(Path(workspace), job_id)
    _log_warnings(folder)
    status = _work(Path(workspace), job_id, folder, asked)
    # Nothing is left to do, and native libraries may wait for their threads when they are unloaded.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _work(workspace: Path, job_id: str, folder: JobFolder, asked: threading.Event) -> int:
    try:
        outcome = JobOutcome(result=_made(workspace, job_id, folder, asked))
    except Cancelled:
        return STOPPED
    except AccuBenchError as error:
        outcome = JobOutcome(error=str(error))
    except OSError as error:
        folder.say(traceback.format_exc(), datetime.now(UTC))
        outcome = JobOutcome(error=f"The operating system says: {error}. Check space and permissions; see the log.")
    except Exception as error:  # noqa: BLE001 - whatever it is, the job failed by it and says so
        folder.say(traceback.format_exc(), datetime.now(UTC))
        outcome = JobOutcome(error=f"Unexpected {type(error).__name__}: {error}. See the log.")
    try:
        folder.write_outcome(outcome)
    except OSError:
        traceback.print_exc()
        return DISK_FULL
    return 0


def _made(workspace: Path, job_id: str, folder: JobFolder, asked: threading.Event) -> dict[str, str]:
    from accubench.jobs.work import do_work
    from accubench.storage import Store
    from accubench.tasks.surroundings import Surroundings

    store = Store(workspace, os.environ.get("ACCUBENCH_DATABASE"))
    job = store.catalogue.job(job_id)
    if job is None:
        raise JobNotFoundError(f"There is no job '{job_id}' in {workspace}.")
    surroundings = Surroundings(
        store=store,
        now=lambda: datetime.now(UTC),
        clock=time.perf_counter,
        entropy=os.urandom,
        progress=JobListener(folder, clock=time.monotonic, now=lambda: datetime.now(UTC)),
        cancelled=asked.is_set,
    )
    return do_work(surroundings, job)


def _log_warnings(folder: JobFolder) -> None:
    """Let warnings of libraries go to the job's log."""

    def say(message: Warning | str, category: type[Warning], *_place: Any) -> None:
        folder.say(f"{category.__name__}: {message}", datetime.now(UTC))

    warnings.showwarning = say
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)


if __name__ == "__main__":
    main()
