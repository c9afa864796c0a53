"""What each kind of job takes: written down when it is queued, read again by the process that does it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from accubench.records.base import Record
from accubench.records.job import JobKind

__all__ = [
    "ARGUMENTS",
    "BenchmarkArguments",
    "CreateProjectArguments",
    "EvaluateArguments",
    "ImportDatasetArguments",
    "ImportModelArguments",
]


class ImportModelArguments(Record):
    """Bring a model file into the workspace."""

    path: str
    name: str | None = None
    input_size_hw: tuple[int, int] | None = None
    scores_output: str | None = None


class ImportDatasetArguments(Record):
    """Bring a dataset into the workspace by reference."""

    path: str
    name: str | None = None
    options: dict[str, str] = Field(default_factory=dict)
    """``split``, ``annotations``, ``labels``, ``path_column``, ``label_column``."""
    roots: tuple[str, ...] = ()
    """Folders that images must lie in, links resolved; none for anywhere."""


class CreateProjectArguments(Record):
    """Make the project of a model, a dataset and a device, and measure its baseline."""

    model_id: str
    dataset_id: str
    device: str = "CPU"
    seconds: float = Field(default=3.0, gt=0, lt=86_400)
    """How long to measure under each of the two performance hints."""


class BenchmarkArguments(Record):
    """Measure the speed of a project's model on its target."""

    project_id: str
    seconds: float = Field(default=10.0, gt=0, lt=86_400)


class EvaluateArguments(Record):
    """Make an accuracy report of a project."""

    project_id: str
    configuration_yaml: str | None = None
    """The accuracy configuration; by default inferred from the model."""
    precision: Literal["f32", "f16", "bf16", "default"] = "f32"
    fresh: bool = False


ARGUMENTS: dict[JobKind, type[Record]] = {
    "import_model": ImportModelArguments,
    "import_dataset": ImportDatasetArguments,
    "create_project": CreateProjectArguments,
    "benchmark": BenchmarkArguments,
    "evaluate": EvaluateArguments,
}
"""The record of each kind of job."""
