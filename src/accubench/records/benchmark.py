"""Measured speed of a model."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from accubench.records.base import Record
from accubench.records.target import Target

__all__ = ["Benchmark", "BenchmarkRun"]


class BenchmarkRun(Record):
    """Speed under one performance hint."""

    hint: Literal["throughput", "latency"]
    throughput_fps: float
    """Images per second."""
    latency_median_ms: float
    latency_p90_ms: float
    latency_p99_ms: float
    iterations: int
    """Inferences counted, after warm-up."""
    duration_s: float
    streams: int
    requests: int
    """Inference requests in flight."""
    threads: int
    """Inference threads that the device was given."""
    execution_precision: str


class Benchmark(Record):
    """Speed of one model on one target, batch 1, random input."""

    id: str
    model_id: str
    target: Target
    runs: tuple[BenchmarkRun, ...]
    baseline: bool = False
    """True for the short run that a project starts with."""
    versions: dict[str, str]
    created_at: datetime
