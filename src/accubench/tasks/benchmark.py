"""Benchmark a model: throughput and latency on a target, inference alone."""

from __future__ import annotations

from typing import Literal

import numpy as np

from accubench.benchmarking import measure_speed
from accubench.inference import find_target, library_versions
from accubench.records.benchmark import Benchmark, BenchmarkRun
from accubench.records.execution import Execution, ExecutionPrecision
from accubench.records.model import Model
from accubench.records.target import Target
from accubench.tasks.opening import open_to_measure
from accubench.tasks.surroundings import Surroundings

__all__ = ["benchmark"]

_SEED = 0
_HINTS: tuple[Literal["throughput", "latency"], ...] = ("throughput", "latency")


def benchmark(
    surroundings: Surroundings,
    model: Model,
    *,
    device: str = "CPU",
    precision: ExecutionPrecision = "f32",
    seconds: float = 10.0,
    baseline: bool = False,
) -> Benchmark:
    """Measure a model's speed under both performance hints and store the figures.

    Args:
        surroundings: Where figures are kept, and who listens.
        model: The model.
        device: OpenVINO's name of the device.
        precision: What floating-point layers are executed in.
        seconds: How long to measure under each hint.
        baseline: Whether this is the short run that a project starts with.

    Raises:
        InferenceError: The device is absent or refused the model.
        UnsupportedModelError: The model leaves its input size open.
        Cancelled: The user asked to stop.
    """
    target, execution = find_target(device), Execution(precision=precision)
    store = surroundings.store
    with store.lock(f"target {target.key}", waiting=surroundings.waiting_for(f"device {target.device}")):
        runs = tuple(_run(surroundings, model, target, execution, seconds=seconds, hint=hint) for hint in _HINTS)
    result = Benchmark(
        id=surroundings.new_id("benchmark"),
        model_id=model.id,
        target=target,
        runs=runs,
        baseline=baseline,
        versions=library_versions(),
        created_at=surroundings.now(),
    )
    store.catalogue.add_benchmark(result)
    return result


def _run(
    surroundings: Surroundings,
    model: Model,
    target: Target,
    execution: Execution,
    *,
    seconds: float,
    hint: Literal["throughput", "latency"],
) -> BenchmarkRun:
    surroundings.say("benchmark", f"Measuring {model.name} for {hint} on {target.device}, {seconds:g} seconds.")
    with open_to_measure(surroundings.store, model, target, execution, hint) as classifier:
        return measure_speed(
            classifier,
            hint=hint,
            seconds=seconds,
            clock=surroundings.clock,
            random=np.random.default_rng(_SEED),
            cancelled=surroundings.cancelled,
        )
