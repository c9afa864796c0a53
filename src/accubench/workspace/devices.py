"""Which devices this machine offers, and why others are absent."""

from __future__ import annotations

from functools import cache

from accubench.inference import available_devices
from accubench.records.device import Device

__all__ = ["devices"]

_ABSENT = {
    "CPU": ("processor", "OpenVINO has no plugin for this processor."),
    "GPU": (
        "Intel graphics",
        "OpenVINO finds no Intel graphics here. It needs one, and its compute driver (intel-opencl-icd on Debian).",
    ),
    "NPU": (
        "Intel neural processing unit",
        "OpenVINO finds no Intel NPU here. It needs a Core Ultra processor or newer, and its driver.",
    ),
}


@cache
def devices() -> tuple[Device, ...]:
    """All devices worth naming: those that there are, then AUTO, then the absent ones with the reason."""
    present = [
        Device(name=name, full_name=full_name.strip(), available=True)
        for name, full_name in available_devices().items()
    ]
    kinds = {device.name.partition(".")[0] for device in present}
    absent = [
        Device(name=name, full_name=full_name, available=False, reason=reason)
        for name, (full_name, reason) in _ABSENT.items()
        if name not in kinds
    ]
    chooser = Device(name="AUTO", full_name="the device that OpenVINO chooses", available=True)
    return (*present, chooser, *absent)
