"""Whether short evaluations in a row all end: within one process, cancelled ones among them, and as processes.

    python benchmarks/short_runs.py [--runs 500] [--processes 100]

OpenVINO's threads can deadlock with Python's lock when requests or models are released while callbacks run.
A run that takes longer than a minute ends everything with the tracebacks of all threads and exit status 1.
"""

from __future__ import annotations

import argparse
import faulthandler
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from accubench import Workspace
from accubench.errors import Cancelled
from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, sample_path

_LIMIT_S = 60
_ONE_RUN = "import sys; from accubench import evaluate; evaluate(sys.argv[1], sys.argv[2], workspace=sys.argv[3])"


def in_one_process(runs: int, folder: Path) -> list[float]:
    """Seconds of each of so many evaluations; every third is cancelled at once, in its middle or near its end."""
    seconds = []
    model, dataset = sample_path(SAMPLE_MODEL), sample_path(SAMPLE_DATASET)
    for run in range(runs):
        asked = 0

        def cancelled(run: int = run) -> bool:
            nonlocal asked
            asked += 1
            return run % 3 == 0 and asked > 1 + run % 7

        faulthandler.dump_traceback_later(_LIMIT_S, exit=True)
        started = time.perf_counter()
        with Workspace(folder, cancelled=cancelled) as workspace, suppress(Cancelled):
            workspace.evaluate(model, dataset, fresh=True)
        seconds.append(time.perf_counter() - started)
    faulthandler.cancel_dump_traceback_later()
    return seconds


def as_processes(runs: int, folder: Path) -> list[float]:
    """Seconds of each of so many processes that evaluate once and end."""
    seconds = []
    for run in range(runs):
        command = [sys.executable, "-c", _ONE_RUN, str(sample_path(SAMPLE_MODEL)), str(sample_path(SAMPLE_DATASET))]
        started = time.perf_counter()
        subprocess.run([*command, str(folder / str(run))], check=True, timeout=_LIMIT_S, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return seconds


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--processes", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, seconds in (
            ("in one process", in_one_process(arguments.runs, Path(folder) / "one")),
            ("as processes", as_processes(arguments.processes, Path(folder))),
        ):
            print(f"{len(seconds)} runs {name}: all ended, slowest {max(seconds):.2f} s", flush=True)


if __name__ == "__main__":
    main()
