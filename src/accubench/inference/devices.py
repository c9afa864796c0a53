"""Which devices there are, and the target that a run is made on."""

from __future__ import annotations

import os
import platform

from accubench.errors import InferenceError
from accubench.inference.engines import engine_name, engine_package
from accubench.models.openvino_runtime import load_openvino
from accubench.records.execution import EngineName
from accubench.records.target import Target

__all__ = ["available_devices", "find_target", "library_versions", "usable_cores"]

_CHOOSERS = {"AUTO", "MULTI", "HETERO", "BATCH"}  # devices of OpenVINO that stand for others


def available_devices() -> dict[str, str]:
    """The OpenVINO devices of this machine with their full names, e.g. ``{"CPU": "AMD EPYC ..."}``."""
    core = load_openvino().Core()
    return {device: str(core.get_property(device, "FULL_DEVICE_NAME")) for device in core.available_devices}


def find_target(device: str) -> Target:
    """Describe this machine and one of its devices.

    Args:
        device: OpenVINO's name of a device, such as ``CPU``, ``GPU.1`` or ``AUTO``.

    Raises:
        InferenceError: There is no such device here; the message lists those that there are.
    """
    devices = available_devices()
    name = device.upper()
    chooser = name.partition(":")[0] in _CHOOSERS
    if name not in devices and not chooser:
        listed = "; ".join(f"{known} ({full_name})" for known, full_name in devices.items())
        raise InferenceError(f"There is no device '{device}' on this machine. Available: {listed}, and AUTO.")
    return Target(
        device=name,
        device_name="chosen by OpenVINO" if chooser else devices[name].strip(),
        machine=platform.node() or "this machine",
        cores=usable_cores(),
    )


def usable_cores() -> int:
    """Number of logical processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def library_versions(*engines: EngineName) -> dict[str, str]:
    """Versions of everything that has a say in the scores.

    Args:
        engines: Those that execute a model, where it is not OpenVINO alone, which reads every model.

    Raises:
        EngineMissingError: One of them is not installed.
    """
    from importlib.metadata import version

    for engine in engines:
        engine_name(engine)
    wanted = ("openvino", *(engine_package(engine) for engine in engines))
    names = dict.fromkeys(("accubench", *wanted, "numpy", "opencv-python-headless", "pillow", "simplejpeg"))
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
