"""What each kind of job takes: written down when it is queued, read again by the process that does it."""

from __future__ import annotations

from pydantic import Field

from accubench.records.base import Record
from accubench.records.execution import EngineName, Execution, ExecutionPrecision
from accubench.records.job import JobKind
from accubench.records.quantization import QuantizationSettings

__all__ = [
    "ARGUMENTS",
    "BenchmarkArguments",
    "CheckArguments",
    "CheckDatasetArguments",
    "CompareArguments",
    "CreateProjectArguments",
    "DistanceArguments",
    "EvaluateArguments",
    "ExecutedArguments",
    "ImportDatasetArguments",
    "ImportModelArguments",
    "QuantizeArguments",
]


class ImportModelArguments(Record):
    """Bring a model file into the workspace."""

    path: str
    name: str | None = None
    input_size_hw: tuple[int, int] | None = None
    scores_output: str | None = None


class ImportDatasetArguments(Record):
    """Bring a dataset into the workspace by reference, or a part of one that is there."""

    path: str
    dataset_id: str | None = None
    """Where given, a part of this dataset is wanted, which the path is only named for."""
    name: str | None = None
    options: dict[str, str] = Field(default_factory=dict)
    """``split``, ``annotations``, ``labels``, ``path_column``, ``label_column``, ``limit``, ``every``."""
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


class ExecutedArguments(Record):
    """What jobs take that execute a model on images, besides what is theirs."""

    engine: EngineName = "openvino"
    precision: ExecutionPrecision = "f32"
    integer_kernels: bool = True

    @property
    def execution(self) -> Execution:
        """How the model is executed."""
        return Execution(engine=self.engine, precision=self.precision, integer_kernels=self.integer_kernels)


class EvaluateArguments(ExecutedArguments):
    """Make an accuracy report of a project."""

    project_id: str
    configuration_yaml: str | None = None
    """The accuracy configuration; by default inferred from the model."""
    fresh: bool = False
    check: bool = True
    """Whether the numbers are checked where they never were."""


class QuantizeArguments(Record):
    """Make an INT8 model of a project's model, and its project on the same dataset and target."""

    project_id: str
    dataset_id: str | None = None
    """Calibration images; by default those of the project."""
    validation_dataset_id: str | None = None
    """For the accuracy-aware method; by default the project's dataset without the calibration images."""
    configuration_yaml: str | None = None
    """The accuracy configuration; by default inferred from the model."""
    settings: QuantizationSettings = QuantizationSettings()
    name: str | None = None
    """What to call the new model; by default the parent's name with ``-int8``."""
    seconds: float = Field(default=3.0, gt=0, lt=86_400)
    """How long the baseline inference of the new project measures under each performance hint."""


class CompareArguments(ExecutedArguments):
    """Compare a project's model with its parent, or with any model over the same classes."""

    project_id: str
    parent_model_id: str
    configuration_yaml: str | None = None
    """The accuracy configuration for both; by default what the optimised model was calibrated with, else inferred."""
    margin: float = Field(default=0.01, gt=0, le=1)
    include_calibration: bool = False
    speed_rounds: int = Field(default=5, ge=0, le=100)
    """Rounds of the measurement of speed; 0 for none."""
    fresh: bool = False


class CheckArguments(Record):
    """Check whether the numbers of a project's model are its own."""

    project_id: str
    configuration_yaml: str | None = None
    """The accuracy configuration; by default inferred from the model."""
    precision: ExecutionPrecision = "f32"
    integer_kernels: bool = True
    images: int | None = Field(default=64, ge=1)
    """How many images; null for all."""


class CheckDatasetArguments(Record):
    """Look at every image of a dataset once."""

    dataset_id: str
    fresh: bool = False
    """Whether to look again though the outcome is known; one made after the job was queued is fresh enough."""


class DistanceArguments(ExecutedArguments):
    """Measure how far the outputs of a project's model are from those of its parent."""

    project_id: str
    parent_model_id: str
    configuration_yaml: str | None = None
    include_calibration: bool = False
    fresh: bool = False


ARGUMENTS: dict[JobKind, type[Record]] = {
    "import_model": ImportModelArguments,
    "import_dataset": ImportDatasetArguments,
    "create_project": CreateProjectArguments,
    "benchmark": BenchmarkArguments,
    "evaluate": EvaluateArguments,
    "quantize": QuantizeArguments,
    "compare": CompareArguments,
    "distance": DistanceArguments,
    "check": CheckArguments,
    "check_dataset": CheckDatasetArguments,
}
"""The record of each kind of job."""
