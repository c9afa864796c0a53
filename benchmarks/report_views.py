"""How long what a report's pages ask for takes, on a large report: medians and 99th percentiles in milliseconds.

    python benchmarks/report_views.py WORKSPACE REPORT [--rounds 40] [--json FILE]

REPORT is what `large_report.py` printed. Every call has other arguments than those before it, so that nothing but
"the same view again" is answered from memory.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from accubench import AccuracyReport, Workspace
from accubench.records.report import EXPORT_COLUMNS


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("report")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with Workspace(given.workspace) as workspace:
        opening = [_timed(lambda: _opened(workspace, given.report)) for _ in range(5)]
        report = workspace.report(given.report)
        tagged = report.images["image_name"].gather_every(50).to_list()
        times = {"open a report": opening, **_measured(report, given.rounds)}
        report.tag(tagged, "benchmark")
        times |= {f"{name}, 1000 images tagged": found for name, found in _measured(report, given.rounds).items()}
        report.untag(tagged, "benchmark")
    results = {name: _summary(found) for name, found in times.items()}
    for name, result in results.items():
        print(f"{name:70} median {result['median_ms']:7.1f}   p99 {result['p99_ms']:7.1f}")
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=2), encoding="utf-8")


def _opened(workspace: Workspace, report_id: str) -> None:
    report = workspace.report(report_id)
    report.view(limit=50)


def _measured(report: AccuracyReport, rounds: int) -> dict[str, list[float]]:
    chance = random.Random(1)

    def bound() -> str:
        return f"predicted_confidence<{chance.random():.6f}"

    n = len(report.images)
    calls: dict[str, Callable[[], object]] = {
        "view, one filter, sorted": lambda: report.view(
            [bound()], erroneous=True, sort=chance.choice(EXPORT_COLUMNS), descending=True, limit=50
        ),
        "view, two filters and text search": lambda: report.view(
            [bound(), "image_name contains 00"], search=f"{chance.randrange(100):02d}", limit=50
        ),
        "positions of a new view": lambda: report.positions([bound()], sort="predicted_confidence"),
        "positions of the same view": lambda: report.positions(erroneous=True, sort="annotated_class_rank"),
        "facets of everything": report.facets,
        "facets of a new view": lambda: report.facets([bound()]),
        "one image, anywhere": lambda: report.image(chance.randrange(n)),
        "thumbnail": lambda: report.thumbnail(chance.randrange(n)),
        "decoded picture": lambda: report.decoded_jpeg(chance.randrange(n)),
        "what the model saw": lambda: report.seen_png(chance.randrange(n)),
        "confused pairs of a view": lambda: report.confused_pairs(50, [bound()]),
        "confusion of 20 classes": lambda: report.confusion_of(chance.sample(range(1000), 20)),
        "classes": report.per_class,
        "CSV of a view": lambda: report.export_view(".csv", [bound()]),
        "Parquet of a view": lambda: report.export_view(".parquet", [bound()]),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(_timed(call))
    return times


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def _summary(times_ms: list[float]) -> dict[str, float]:
    return {
        "median_ms": float(np.median(times_ms)),
        "p99_ms": float(np.percentile(times_ms, 99)),
        "first_ms": times_ms[0],
    }


if __name__ == "__main__":
    main()
