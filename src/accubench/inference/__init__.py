"""Engines, devices, and the streaming pipeline decode -> preprocess -> infer -> rows."""

from accubench.inference.classifier import Classifier
from accubench.inference.devices import (
    available_devices,
    find_processor,
    find_target,
    instruction_limit,
    library_versions,
    usable_cores,
)
from accubench.inference.engines import (
    check_execution,
    engine_name,
    install_command,
    is_installed,
    open_reference,
    reference_engine,
)
from accubench.inference.network import CompiledForms, Hint, NetworkSource
from accubench.inference.openvino_classifier import OpenVINOClassifier
from accubench.inference.pipeline import Block, predict
from accubench.inference.reference_classifier import ModelSource

__all__ = [
    "Block",
    "Classifier",
    "CompiledForms",
    "Hint",
    "ModelSource",
    "NetworkSource",
    "OpenVINOClassifier",
    "available_devices",
    "check_execution",
    "engine_name",
    "find_processor",
    "find_target",
    "install_command",
    "instruction_limit",
    "is_installed",
    "library_versions",
    "open_reference",
    "predict",
    "reference_engine",
    "usable_cores",
]
