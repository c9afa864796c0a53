"""Devices that inference may run on, present or absent."""

from __future__ import annotations

from accubench.records.base import Record

__all__ = ["Device"]


class Device(Record):
    """One device of OpenVINO as this machine has it, or has it not."""

    name: str
    """OpenVINO's name: CPU, GPU, NPU, AUTO."""
    full_name: str
    available: bool
    reason: str | None = None
    """Why it is absent."""
