"""The machine and device that inference runs on."""

from __future__ import annotations

from accubench.records.base import Record

__all__ = ["Target"]


class Target(Record):
    """A machine and an OpenVINO device on it."""

    device: str
    """OpenVINO's name: CPU, GPU, NPU, AUTO."""
    device_name: str
    """Full name of the processor."""
    machine: str
    """Host name."""
    cores: int
    """Logical processors that this process may use."""

    @property
    def key(self) -> str:
        """What makes two targets the same one."""
        return f"{self.machine}/{self.device}/{self.device_name}"
