"""Create a project: bring model, dataset and target together, and measure the baseline."""

from __future__ import annotations

from accubench.inference import find_target
from accubench.records.benchmark import Benchmark
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.project import Project
from accubench.tasks.benchmark import benchmark
from accubench.tasks.project_of import find_or_make_project
from accubench.tasks.surroundings import Surroundings

__all__ = ["BASELINE_SECONDS", "create_project"]

BASELINE_SECONDS = 3.0
"""How long the baseline is measured under each of the two performance hints."""


def create_project(
    surroundings: Surroundings,
    model: Model,
    dataset: Dataset,
    *,
    device: str = "CPU",
    seconds: float = BASELINE_SECONDS,
) -> tuple[Project, Benchmark]:
    """Make the project, or find it, and run its baseline inference.

    Args:
        surroundings: Where things are kept, and who listens.
        model: The model.
        dataset: The dataset that it is going to be evaluated on.
        device: OpenVINO's name of the device.
        seconds: How long to measure under each performance hint.

    Raises:
        InferenceError: The device is absent or refused the model.
        UnsupportedModelError: The model leaves its input size open.
        Cancelled: The user asked to stop.
    """
    project = find_or_make_project(surroundings, model, dataset, find_target(device))
    return project, benchmark(surroundings, model, device=device, seconds=seconds, baseline=True)
