"""Making a model faster: INT8 by NNCF, with and without a goal for the accuracy, and writing it as OpenVINO IR."""

from __future__ import annotations

from accubench.optimization.goal import GoalResult, TriedCandidate, quantize_to_goal
from accubench.optimization.operations import count_quantized_operations
from accubench.optimization.quantizing import quantize_network
from accubench.optimization.writing import write_network

__all__ = [
    "GoalResult",
    "TriedCandidate",
    "count_quantized_operations",
    "quantize_network",
    "quantize_to_goal",
    "write_network",
]
