"""Pure functions on columns and arrays: accuracy, intervals, flips and distances of two models, views of a table.

No files, no clock, no models.
`accubench.analysis.calibration.calibration` shares its name with its module and is reached there.
"""

from accubench.analysis.accuracy import top_k_accuracy, top_k_table
from accubench.analysis.calibration import (
    expected_calibration_error,
    negative_log_likelihood,
    reliability,
    squared_error,
)
from accubench.analysis.comparison_summary import summarize_comparison
from accubench.analysis.confusion import confusion_among, confusion_matrix, confusion_pairs, most_confused
from accubench.analysis.distances import distance_scores, summarize_distance
from accubench.analysis.facets import facets
from accubench.analysis.flip_labels import label_flips
from accubench.analysis.flips import COMPARED_COLUMNS, FLIPS, TOP_CLASSES, compare_scores
from accubench.analysis.intervals import wilson
from accubench.analysis.multiple_testing import benjamini_hochberg
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
from accubench.analysis.selections import ERRONEOUS, FAILED, worst_images
from accubench.analysis.summary import summarize
from accubench.analysis.table_view import OPERATORS, Filter, View, parse_filter, select, select_positions
from accubench.analysis.verdicts import difference_of, images_needed, verdict

__all__ = [
    "COMPARED_COLUMNS",
    "ERRONEOUS",
    "FAILED",
    "FLIPS",
    "OPERATORS",
    "PER_CLASS_COLUMNS",
    "SCORE_COLUMNS",
    "TOP_CLASSES",
    "Filter",
    "ScoreRange",
    "View",
    "benjamini_hochberg",
    "class_scores",
    "compare_scores",
    "confusion_among",
    "confusion_matrix",
    "confusion_pairs",
    "dequantize",
    "difference_of",
    "distance_scores",
    "expected_calibration_error",
    "facets",
    "failed_scores",
    "images_needed",
    "label_flips",
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
    "summarize_comparison",
    "summarize_distance",
    "tied",
    "top_classes",
    "top_k_accuracy",
    "top_k_table",
    "verdict",
    "wilson",
    "worst_images",
]
