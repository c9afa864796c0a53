"""Throughput and latency of a compiled model: batch 1, random input, inference alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from accubench.errors import Cancelled
from accubench.inference import Classifier
from accubench.records.benchmark import BenchmarkRun

__all__ = ["measure_speed"]

Clock = Callable[[], float]
_WARM_UP = 0.2  # share of the time that is not counted
_POLL_S = 0.1


def measure_speed(
    classifier: Classifier,
    *,
    hint: Literal["throughput", "latency"],
    seconds: float,
    clock: Clock,
    random: np.random.Generator,
    cancelled: Callable[[], bool] = lambda: False,
) -> BenchmarkRun:
    """Infer as fast as the hint allows and report what came out.

    As many threads as the device wants requests in flight (one for the latency hint) each start an inference and wait
    for it; the first fifth of the time warms up and is not counted.
    Latency is the wall-clock time from starting a request to having its scores.

    Args:
        classifier: The model, compiled with the same hint.
        hint: What it was compiled for.
        seconds: How long to measure, warm-up included.
        clock: Monotonic seconds, such as `time.perf_counter`.
        random: Where the input image comes from.
        cancelled: Asked about ten times a second.

    Raises:
        Cancelled: `cancelled` said so.
    """
    requests = classifier.optimal_requests if hint == "throughput" else 1
    image = _random_image(classifier, random)
    started = clock()
    counted_from, end = started + _WARM_UP * seconds, started + seconds
    spans: list[list[tuple[float, float]]] = [[] for _ in range(requests)]
    failures: list[BaseException] = []
    stopping = threading.Event()

    def infer_until_the_end(mine: list[tuple[float, float]]) -> None:
        try:
            begun = clock()
            # Once in any case: on a busy machine a thread may start when a short time is over already.
            while not stopping.is_set() and (begun < end or not mine):
                classifier.scores(image)
                mine.append((begun, clock()))
                begun = clock()
        except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
            failures.append(error)
            stopping.set()

    threads = [threading.Thread(target=infer_until_the_end, args=(mine,), daemon=True) for mine in spans]
    for thread in threads:
        thread.start()
    try:
        # A bare join would not let Ctrl-C through until the time is over.
        while any(thread.is_alive() for thread in threads):
            if cancelled():
                raise Cancelled
            stopping.wait(_POLL_S)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    return _run(classifier, hint, requests, [span for mine in spans for span in mine], counted_from)


def _run(
    classifier: Classifier,
    hint: Literal["throughput", "latency"],
    requests: int,
    spans: list[tuple[float, float]],
    counted_from: float,
) -> BenchmarkRun:
    times = np.array(spans)
    counted = times[times[:, 0] >= counted_from]
    if not len(counted):  # a model slower than the time given: better one honest figure than none
        counted = times
    latencies_ms = (counted[:, 1] - counted[:, 0]) * 1000
    duration_s = float(counted[:, 1].max() - counted[:, 0].min())
    median, p90, p99 = np.percentile(latencies_ms, [50, 90, 99])
    return BenchmarkRun(
        hint=hint,
        throughput_fps=len(counted) / duration_s,
        latency_median_ms=float(median),
        latency_p90_ms=float(p90),
        latency_p99_ms=float(p99),
        iterations=len(counted),
        duration_s=duration_s,
        streams=classifier.streams,
        requests=requests,
        threads=classifier.threads,
        execution_precision=classifier.execution_precision,
    )


def _random_image(classifier: Classifier, random: np.random.Generator) -> NDArray[Any]:
    pixels = random.integers(0, 256, classifier.shape_hwc, dtype=np.uint8)
    return pixels if classifier.dtype.kind != "f" else (pixels.astype(classifier.dtype) - 127.5) / 127.5
