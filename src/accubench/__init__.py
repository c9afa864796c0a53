"""AccuBench: measure, understand and keep the accuracy of deployed image classifiers.

>>> import accubench
>>> sorted(name for name in accubench.__all__ if name[0].islower())
['errors', 'evaluate']

Importing the package loads nothing heavy; names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from accubench import errors
from accubench.errors import AccuBenchError

if TYPE_CHECKING:
    from pathlib import Path

    from accubench.workspace import AccuracyReport, ComparisonReport, DistanceReport, Workspace

    __version__: str

__all__ = [
    "AccuBenchError",
    "AccuracyReport",
    "ComparisonReport",
    "DistanceReport",
    "Workspace",
    "__version__",
    "errors",
    "evaluate",
]

_HOMES = dict.fromkeys(("AccuracyReport", "ComparisonReport", "DistanceReport", "Workspace"), "accubench.workspace")


def evaluate(
    model: str | Path, dataset: str | Path, *, workspace: str | Path | None = None, **options: Any
) -> AccuracyReport:
    """Evaluate a model on a dataset and return the accuracy report.

    Args:
        model: A model file, or a name in the workspace.
        dataset: A folder or table of images, or a name in the workspace.
        workspace: Where models, scores and reports are kept; ``accubench-workspace`` in the current folder by default.
        options: What `Workspace.evaluate` takes besides: ``config``, ``device``, ``precision``, ``labels``, ``fresh``.

    Returns:
        The report: ``.top1``, ``.images`` (a polars table), ``.confusion()`` and more.

    Raises:
        AccuBenchError: Something is wrong with the model, the dataset, the configuration or the device.
    """
    from accubench.workspace import Workspace

    return Workspace(workspace).evaluate(model, dataset, **options)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("accubench")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'accubench' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
