"""Every use case as a typed method; command line, web and notebooks call it."""

from accubench.workspace.accuracy_report import AccuracyReport
from accubench.workspace.gates import Gate, check_gates, parse_gate
from accubench.workspace.workspace import DEFAULT_FOLDER, SAMPLE_DATASET, SAMPLE_MODEL, Workspace, sample_path

__all__ = [
    "DEFAULT_FOLDER",
    "SAMPLE_DATASET",
    "SAMPLE_MODEL",
    "AccuracyReport",
    "Gate",
    "Workspace",
    "check_gates",
    "parse_gate",
    "sample_path",
]
