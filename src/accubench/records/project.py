"""A model, a dataset and a target that belong together."""

from __future__ import annotations

from datetime import datetime

from accubench.records.base import Record
from accubench.records.benchmark import Benchmark, BenchmarkRun
from accubench.records.comparison import Comparison
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.report import Report
from accubench.records.target import Target
from accubench.records.tensor_distance import TensorDistance

__all__ = ["Project", "ProjectOverview"]

_PRECISIONS = {"float32": "FP32", "float16": "FP16", "bfloat16": "BF16", "int8": "INT8", "uint8": "INT8"}


class Project(Record):
    """Collects the baseline inferences and reports of one model x dataset x target."""

    id: str
    model_id: str
    dataset_id: str
    target: Target
    created_at: datetime


class ProjectOverview(Record):
    """A project with everything that is known of it so far."""

    project: Project
    model: Model
    dataset: Dataset
    benchmarks: tuple[Benchmark, ...] = ()
    """Measurements of the model on the project's target, newest first."""
    reports: tuple[Report, ...] = ()
    """Accuracy reports of the project, newest first."""
    comparisons: tuple[Comparison, ...] = ()
    """Comparisons of the project's model with its parent, newest first."""
    distances: tuple[TensorDistance, ...] = ()
    """Tensor distances of the project's model to its parent, newest first."""
    parent_project_id: str | None = None
    """The project of the parent model on the same dataset and target, for an optimised model."""

    @property
    def benchmark(self) -> Benchmark | None:
        """The newest measurement of speed."""
        return next(iter(self.benchmarks), None)

    @property
    def report(self) -> Report | None:
        """The newest accuracy report."""
        return next(iter(self.reports), None)

    @property
    def comparison(self) -> Comparison | None:
        """The newest comparison of the model with what it was optimised from."""
        return next((each for each in self.comparisons if each.parent.model_id == self.model.parent_id), None)

    @property
    def precision(self) -> str:
        """What most of the model's weights are stored in: ``FP32``, ``FP16``, ``INT8``."""
        counts = self.model.description.weight_precisions
        if not counts:
            return "no weights"
        most = max(counts, key=lambda name: counts[name])
        return _PRECISIONS.get(most, most.upper())

    def speed(self, hint: str) -> BenchmarkRun | None:
        """The newest measured speed under ``throughput`` or ``latency``."""
        return None if self.benchmark is None else next((run for run in self.benchmark.runs if run.hint == hint), None)
