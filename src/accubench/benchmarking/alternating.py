"""Speed of two models measured in alternation, so that what slows the machine down for a while hits both alike.

One long run of each, one after the other, would credit the model that ran while the machine was cool or idle.
Rounds of short runs (parent, optimised, parent, optimised, ...) share such changes between both; the ratio is taken
within each round, where both had the same conditions, and the median over rounds stands for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Literal

import numpy as np

from accubench.benchmarking.speed import measure_speed
from accubench.inference import Classifier
from accubench.records.benchmark import BenchmarkRun
from accubench.records.comparison import SpeedFigure, Spread

__all__ = ["measure_in_alternation", "spread"]

_LONGEST_WARM_UP_S = 0.5


def measure_in_alternation(
    optimised: Classifier,
    parent: Classifier,
    *,
    hint: Literal["throughput", "latency"],
    rounds: int,
    seconds: float,
    clock: Callable[[], float],
    seed: int,
    after_run: Callable[[], None] = lambda: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SpeedFigure:
    """Measure both models in turns, after a short run of each that is not counted.

    Args:
        optimised: The optimised model, compiled with the hint.
        parent: The parent model, compiled with the hint.
        hint: What they were compiled for: images per second are reported for throughput, milliseconds for latency.
        rounds: How many times both are measured.
        seconds: How long each is measured in each round.
        clock: Monotonic seconds.
        seed: Of the random image; models with the same input are given the same image.
        after_run: Called after every counted run, twice a round.
        cancelled: Asked about ten times a second.

    Raises:
        Cancelled: `cancelled` said so.
        InferenceError: The device failed.
    """

    def run(classifier: Classifier, time_s: float) -> BenchmarkRun:
        random = np.random.default_rng(seed)
        return measure_speed(classifier, hint=hint, seconds=time_s, clock=clock, random=random, cancelled=cancelled)

    runs: dict[Classifier, list[BenchmarkRun]] = {parent: [], optimised: []}
    for classifier in runs:
        run(classifier, min(seconds, _LONGEST_WARM_UP_S))
    for _ in range(rounds):
        for classifier, measured in runs.items():
            measured.append(run(classifier, seconds))
            after_run()
    return _figure(hint, runs[optimised], runs[parent])


def spread(values: Sequence[float]) -> Spread:
    """Median, least and greatest of the rounds of a measurement, and all of them in the order measured."""
    return Spread(median=median(values), low=min(values), high=max(values), rounds=tuple(values))


def _figure(
    hint: Literal["throughput", "latency"], optimised: Sequence[BenchmarkRun], parent: Sequence[BenchmarkRun]
) -> SpeedFigure:
    if hint == "throughput":
        ours, theirs = ([run.throughput_fps for run in runs] for runs in (optimised, parent))
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    else:
        ours, theirs = ([run.latency_median_ms for run in runs] for runs in (optimised, parent))
        ratios = [other / mine for mine, other in zip(ours, theirs, strict=True)]
    return SpeedFigure(
        hint=hint,
        figure="images_per_second" if hint == "throughput" else "latency_ms",
        optimised=spread(ours),
        parent=spread(theirs),
        ratio=spread(ratios),
    )
