"""What a workspace takes of the disk, and its logs."""

from __future__ import annotations

from accubench.records.base import Record

__all__ = ["DiskPart", "DiskUse", "LogFile"]


class DiskPart(Record):
    """One part of the workspace folder."""

    name: str
    """Name of the folder, or ``other``."""
    size_bytes: int
    n_files: int


class DiskUse(Record):
    """The workspace on its disk."""

    parts: tuple[DiskPart, ...]
    """By folder, in the order of `accubench.workspace.housekeeping.PARTS`; the rest last."""
    free_bytes: int
    """What is left on the disk."""
    disk_bytes: int
    """How large the disk is."""

    @property
    def size_bytes(self) -> int:
        """All parts together."""
        return sum(part.size_bytes for part in self.parts)


class LogFile(Record):
    """A file that the server, its worker or a job writes what happened to."""

    name: str
    """Its path below the workspace folder."""
    size_bytes: int
