"""Measuring the speed of a model, alone or in alternation with another."""

from accubench.benchmarking.alternating import measure_in_alternation
from accubench.benchmarking.speed import measure_speed

__all__ = ["measure_in_alternation", "measure_speed"]
