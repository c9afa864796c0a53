"""Measuring the speed of a model."""

from accubench.benchmarking.speed import measure_speed

__all__ = ["measure_speed"]
