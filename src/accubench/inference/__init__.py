"""Engines, devices, and the streaming pipeline decode -> preprocess -> infer -> rows."""

from accubench.inference.classifier import Classifier, ExecutionPrecision, engine_name
from accubench.inference.devices import available_devices, find_target, library_versions, usable_cores
from accubench.inference.pipeline import Block, predict

__all__ = [
    "Block",
    "Classifier",
    "ExecutionPrecision",
    "available_devices",
    "engine_name",
    "find_target",
    "library_versions",
    "predict",
    "usable_cores",
]
