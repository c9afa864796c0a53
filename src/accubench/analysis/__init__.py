"""Pure functions on columns and arrays: accuracy, intervals, confusion, calibration, and views of a report's table.

No files, no clock, no models. Names are imported when they are first used, because polars takes its time;
`accubench.analysis.calibration.calibration` shares its name with its module and is reached there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accubench.analysis.accuracy import top_k_accuracy, top_k_table
    from accubench.analysis.calibration import (
        expected_calibration_error,
        negative_log_likelihood,
        reliability,
        squared_error,
    )
    from accubench.analysis.confusion import confusion_matrix, confusion_pairs, most_confused
    from accubench.analysis.intervals import wilson
    from accubench.analysis.per_class import PER_CLASS_COLUMNS, macro_averages, per_class_table
    from accubench.analysis.ranking import failed_scores, predicted_class, rank_of, tied, top_classes
    from accubench.analysis.rows import SCORE_COLUMNS, score_columns, score_table
    from accubench.analysis.scores import (
        ScoreRange,
        class_scores,
        dequantize,
        looks_like_probabilities,
        probabilities,
        softmax,
    )
    from accubench.analysis.summary import summarize
    from accubench.analysis.table_view import OPERATORS, Filter, View, parse_filter, select, select_positions

__all__ = [
    "OPERATORS",
    "PER_CLASS_COLUMNS",
    "SCORE_COLUMNS",
    "Filter",
    "ScoreRange",
    "View",
    "class_scores",
    "confusion_matrix",
    "confusion_pairs",
    "dequantize",
    "expected_calibration_error",
    "failed_scores",
    "looks_like_probabilities",
    "macro_averages",
    "most_confused",
    "negative_log_likelihood",
    "parse_filter",
    "per_class_table",
    "predicted_class",
    "probabilities",
    "rank_of",
    "reliability",
    "score_columns",
    "score_table",
    "select",
    "select_positions",
    "softmax",
    "squared_error",
    "summarize",
    "tied",
    "top_classes",
    "top_k_accuracy",
    "top_k_table",
    "wilson",
]

_MODULES = {
    "accuracy": ("top_k_accuracy", "top_k_table"),
    "calibration": ("expected_calibration_error", "negative_log_likelihood", "reliability", "squared_error"),
    "confusion": ("confusion_matrix", "confusion_pairs", "most_confused"),
    "intervals": ("wilson",),
    "per_class": ("PER_CLASS_COLUMNS", "macro_averages", "per_class_table"),
    "ranking": ("failed_scores", "predicted_class", "rank_of", "tied", "top_classes"),
    "rows": ("SCORE_COLUMNS", "score_columns", "score_table"),
    "scores": (
        "ScoreRange",
        "class_scores",
        "dequantize",
        "looks_like_probabilities",
        "probabilities",
        "softmax",
    ),
    "summary": ("summarize",),
    "table_view": ("OPERATORS", "Filter", "View", "parse_filter", "select", "select_positions"),
}
_HOME_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
