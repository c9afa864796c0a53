"""The one place that imports OpenVINO, with its telemetry switched off before the first import."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__all__ = ["load_openvino"]


def load_openvino() -> ModuleType:
    """Import OpenVINO without its usage reporting and return the module.

    OpenVINO sends an event when it is imported, through the package ``openvino_telemetry``; where that package cannot
    be imported it falls back to a stub of its own that sends nothing.
    A module set to None in `sys.modules` cannot be imported, which is what is used here.
    """
    if "openvino" not in sys.modules and "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    return importlib.import_module("openvino")
