"""Which devices there are, and the target that a run is made on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from accubench.errors import InferenceError
from accubench.inference.engines import engine_name, engine_package
from accubench.models.openvino_runtime import load_openvino
from accubench.records.execution import EngineName
from accubench.records.numerics_check import Processor
from accubench.records.target import Target

__all__ = [
    "available_devices",
    "find_processor",
    "find_target",
    "instruction_limit",
    "library_versions",
    "usable_cores",
]

_DOT_PRODUCTS = {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp"}
_WITHOUT_DOT_PRODUCTS = {"SSE41", "AVX", "AVX2", "AVX512_MIC", "AVX512_MIC_4OPS", "AVX512_CORE"}
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


def instruction_limit() -> str | None:
    """The set of instructions that the environment limits OpenVINO's kernels to; None where it does not."""
    limit = (os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "").upper()
    return None if limit in {"", "ALL", "DEFAULT"} else limit


def find_processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Processor:
    """The processor, and whether OpenVINO's integer kernels have dot products that do not saturate.

    Without them, kernels add two products of 8-bit numbers in 16 bits, where large sums are cut off.

    Args:
        cpuinfo: Where Linux tells the instructions.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    told = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    flags = set((told.get("flags") or told.get("features") or "").split())
    limit = instruction_limit()
    able = bool(flags & _DOT_PRODUCTS) if flags else None
    return Processor(
        name=told.get("model name") or platform.processor() or platform.machine(),
        integer_dot_products=False if limit in _WITHOUT_DOT_PRODUCTS else able,
        limited_to=limit,
    )
