"""Every error AccuBench raises on purpose, grouped by what a caller would do about it.

::

    AccuBenchError                  catch this to catch all of ours
    ├── UsageError                  an option or argument is wrong: correct the call
    ├── ModelError                  about one model
    │   ├── ModelNotFoundError      no such file, or no such model in the workspace
    │   ├── UnknownModelFormatError the file is of no format we read
    │   ├── BrokenModelError        the format is known, the content is damaged
    │   └── UnsupportedModelError   intact, but not a classifier we can evaluate (layer, inputs, outputs, shape)
    ├── DatasetError                about one dataset
    │   ├── DatasetNotFoundError    no such path, or no such dataset in the workspace
    │   ├── UnknownLayoutError      no layout fits: what was looked for and what was found
    │   └── DatasetProblemsError    the layout is known; carries all findings of the check at once
    ├── LabelError                  classes of model and dataset do not fit each other, or a label file is wrong
    ├── ConfigurationError          an accuracy configuration is wrong; carries every problem with its place
    ├── ImageError                  one image cannot be used: becomes a failed row, never ends a run
    ├── InferenceError              the device or engine refused
    │   └── EngineMissingError      a reference engine is not installed: the message has the command
    ├── ReportNotFoundError         no such report in the workspace
    ├── ProjectNotFoundError        no such project in the workspace
    ├── CheckNotFoundError          no such numerics check in the workspace
    ├── JobNotFoundError            no such job in the workspace
    ├── InUseError                  other things depend on what should be deleted: delete them first
    ├── WorkspaceError              the workspace folder or catalogue cannot be used
    │   └── StorageFullError        the disk is full: free space and run the same command again
    └── ExportError                 a file could not be written, or its suffix is not one we write

    Cancelled                       not an error and not an Exception: control flow, so that no
                                    ``except Exception`` swallows it

Messages say what happened, to which thing, and what to try.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "AccuBenchError",
    "BrokenModelError",
    "Cancelled",
    "CheckNotFoundError",
    "ConfigurationError",
    "DatasetError",
    "DatasetNotFoundError",
    "DatasetProblemsError",
    "EngineMissingError",
    "ExportError",
    "Finding",
    "ImageError",
    "InUseError",
    "InferenceError",
    "JobNotFoundError",
    "LabelError",
    "ModelError",
    "ModelNotFoundError",
    "ProjectNotFoundError",
    "ReportNotFoundError",
    "StorageFullError",
    "UnknownLayoutError",
    "UnknownModelFormatError",
    "UnsupportedModelError",
    "UsageError",
    "WorkspaceError",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a check noticed about a dataset, a label file or a configuration.

    >>> print(Finding(code="missing-image", message="a.jpg does not exist.", file="val.txt", line=3))
    val.txt:3: a.jpg does not exist.
    """

    code: str
    """A stable word for the kind of finding, such as ``missing-image``."""
    message: str
    """What is wrong, with which thing, and what was expected."""
    severity: Literal["error", "warning"] = "error"
    file: str | None = None
    """The file to look into, as the user named it or relative to the dataset's root."""
    line: int | None = None
    """1-based line in `file`."""
    column: int | None = None
    """1-based column in `line`."""
    remedy: str | None = None
    """What to try, where there is more to say than the message does."""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} {self.remedy}" if self.remedy else text


class AccuBenchError(Exception):
    """Anything AccuBench refuses or cannot do, with a message for the person who asked."""


class UsageError(AccuBenchError):
    """An option or argument is wrong."""


class ModelError(AccuBenchError):
    """Something is wrong with one model."""


class ModelNotFoundError(ModelError):
    """There is no such model file, and no model of that name in the workspace."""


class UnknownModelFormatError(ModelError):
    """The file is of no model format that AccuBench reads."""


class BrokenModelError(ModelError):
    """The format is known but the file is damaged or incomplete."""


class UnsupportedModelError(ModelError):
    """The model is intact but cannot be evaluated as an image classifier."""


class DatasetError(AccuBenchError):
    """Something is wrong with one dataset."""


class DatasetNotFoundError(DatasetError):
    """There is no such dataset path, and no dataset of that name in the workspace."""


class UnknownLayoutError(DatasetError):
    """The folder or file has none of the layouts that AccuBench reads."""


class _FindingsError(AccuBenchError):
    """An error that carries every problem found, so that one run shows them all."""

    shown = 20
    """How many findings the message spells out; the rest is counted."""

    def __init__(self, summary: str, findings: Sequence[Finding]) -> None:
        self.summary = summary
        self.findings = tuple(findings)
        lines = [summary, *(f"  {finding}" for finding in self.findings[: self.shown])]
        if len(self.findings) > self.shown:
            lines.append(f"  and {len(self.findings) - self.shown} more.")
        super().__init__("\n".join(lines))


class DatasetProblemsError(DatasetError, _FindingsError):
    """The dataset's layout is known but its content has problems; `findings` holds all of them."""


class LabelError(AccuBenchError):
    """The classes of model and dataset do not fit, or a label file is wrong."""


class ConfigurationError(_FindingsError):
    """An accuracy configuration is wrong; `findings` holds every problem with file, line and column."""


class ImageError(AccuBenchError):
    """One image cannot be read or prepared; its row becomes *failed* with this message as the reason."""


class InferenceError(AccuBenchError):
    """A device is absent or an engine refused the model."""


class EngineMissingError(InferenceError):
    """An engine that was asked for is not installed; the message has the command that installs it."""


class ReportNotFoundError(AccuBenchError):
    """There is no such report in the workspace."""


class ProjectNotFoundError(AccuBenchError):
    """There is no such project in the workspace."""


class CheckNotFoundError(AccuBenchError):
    """There is no such numerics check in the workspace."""


class JobNotFoundError(AccuBenchError):
    """There is no such job in the workspace."""


class InUseError(AccuBenchError):
    """Other things depend on what should be deleted; the message names them."""


class WorkspaceError(AccuBenchError):
    """The workspace folder or its catalogue cannot be used."""


class StorageFullError(WorkspaceError):
    """The disk is full; what was finished is kept and the same command continues."""


class ExportError(AccuBenchError):
    """A report could not be written to the file asked for."""


class Cancelled(BaseException):
    """The user asked to stop; finished parts are kept."""
