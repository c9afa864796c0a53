"""What goes, or stands in the way, when something is deleted."""

from __future__ import annotations

from typing import Literal

from accubench.records.base import Record

__all__ = ["DeletableKind", "Dependents", "Named"]

DeletableKind = Literal["model", "dataset", "project", "report"]


class Named(Record):
    """Something in the workspace, as a person knows it."""

    id: str
    name: str


class Dependents(Record):
    """Everything that depends on a model, a dataset, a project or a report."""

    kind: DeletableKind
    id: str
    name: str
    project_id: str = ""
    """For a report, the project that it belongs to."""
    projects: tuple[Named, ...] = ()
    reports: tuple[Named, ...] = ()
    predictions: tuple[str, ...] = ()
    """Ids of predictions that no other report uses."""
    n_bytes: int = 0
    """Size of everything that would be deleted, itself included; 0 where it was not asked for."""
    uploaded: bool = False
    """For a dataset, whether its images were uploaded or unpacked and so go with it; others are never touched."""
    jobs: tuple[Named, ...] = ()
    """Jobs that are queued or run with it: they must end first."""

    @property
    def any(self) -> bool:
        """Whether projects or reports go with it."""
        return bool(self.projects or self.reports)

    def sentence(self) -> str:
        """What goes with it, in words.

        >>> Dependents(kind="model", id="m", name="a", projects=(Named(id="p", name="a on b"),)).sentence()
        '1 project (a on b)'
        """
        return " and ".join(
            _counted(word, of) for word, of in (("project", self.projects), ("report", self.reports)) if of
        )


def _counted(word: str, things: tuple[Named, ...], shown: int = 5) -> str:
    names = ", ".join(thing.name for thing in things[:shown]) + (", ..." if len(things) > shown else "")
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'} ({names})"
