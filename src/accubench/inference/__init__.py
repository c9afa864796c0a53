"""Engines, devices, and the streaming pipeline decode -> preprocess -> infer -> rows."""

from accubench.inference.classifier import Classifier
from accubench.inference.devices import available_devices, find_target, library_versions, usable_cores
from accubench.inference.network import CompiledForms, ExecutionPrecision, Hint, NetworkSource, engine_name
from accubench.inference.pipeline import Block, predict

__all__ = [
    "Block",
    "Classifier",
    "CompiledForms",
    "ExecutionPrecision",
    "Hint",
    "NetworkSource",
    "available_devices",
    "engine_name",
    "find_target",
    "library_versions",
    "predict",
    "usable_cores",
]
