"""Peak memory at 500 and 50,000 images, time to the first inference, and how long a stored report takes to read."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

EVALUATE = """
import json, sys, time
started = time.perf_counter()
from accubench import Workspace
moments = {}
def listen(progress):
    now = time.perf_counter() - started
    if progress.total is not None:
        moments.setdefault("first inference", now)
        if progress.done == progress.total:
            moments["last image"] = now
with Workspace(sys.argv[1], progress=listen) as workspace:
    workspace.evaluate(sys.argv[2], sys.argv[3], config=sys.argv[4], fresh=True)
moments["end"] = time.perf_counter() - started
print(json.dumps({**moments, "peak_mb": int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024}))
"""


def evaluate_in_a_process(workspace: Path, model: Path, dataset: Path, config: str) -> dict[str, float]:
    """Seconds from the start of the interpreter's work to first inference, last image and end; peak memory in MB."""
    command = [sys.executable, "-c", EVALUATE, str(workspace), str(model), str(dataset), config]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def reading_times_ms(workspace: Path, repeats: int = 7) -> dict[str, dict[str, float]]:
    """Milliseconds that queries on the newest report take, each on a report opened anew."""
    from accubench import Workspace
    from accubench.analysis import Filter, select

    queries = {
        "open, top-3": lambda report: report.top_k(3),
        "open, confusion matrix": lambda report: report.confusion(),
        "open, per-class figures": lambda report: report.per_class(),
        "open, most confused pairs": lambda report: report.most_confused(50),
        "open, filtered and sorted page with count": lambda report: select(
            report.images,
            [Filter("predicted_confidence", "<", "0.5"), Filter("image_name", "contains", "n02")],
            erroneous=True,
            sort="annotated_class_rank",
            descending=True,
            limit=50,
        ),
    }
    results = {}
    with Workspace(workspace) as opened:
        for name, query in queries.items():
            times = []
            for _ in range(repeats):
                started = time.perf_counter()
                query(opened.report("latest"))
                times.append((time.perf_counter() - started) * 1000)
            results[name] = {"median": statistics.median(times), "min": min(times), "max": max(times)}
    return results
