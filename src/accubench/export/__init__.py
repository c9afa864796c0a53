"""Files out: csv, parquet, json and a self-contained html page; a summary for logs; figures and notebook HTML."""

from accubench.export.check_text import (
    CHECK_TITLES,
    check_cells,
    check_sentence,
    checked_classes,
    checked_images,
    flips_text,
)
from accubench.export.comparison_facts import (
    SideBySide,
    accuracy_numbers,
    flips_first,
    prediction_numbers,
    side_by_side,
)
from accubench.export.comparison_text import (
    agreement_sentence,
    comparison_sentence,
    counts_sentence,
    difference_interval,
    distance_sentence,
    flips_sentence,
    speed_sentence,
    verdict_sentence,
)
from accubench.export.correspondence_text import (
    CORRESPONDENCE_TITLES,
    correspondence_cells,
    correspondence_counts,
    correspondence_document,
)
from accubench.export.distance_facts import DISTRIBUTION_TITLES, distribution_cells, worst_distances
from accubench.export.facts import ConfigurationValue, configuration_values
from accubench.export.files import (
    EXPORT_SUFFIXES,
    ImageJpeg,
    check_export_path,
    check_file_path,
    export_report,
    write_atomically,
)
from accubench.export.markdown import markdown_summary
from accubench.export.notebook import notebook_html
from accubench.export.numbers import (
    DASH,
    class_text,
    confidence_text,
    distance_text,
    interval_text,
    percent_text,
    plural,
    points_text,
    ratio_text,
    short_class_text,
    signed_points_text,
)
from accubench.export.pair_facts import pair_warnings
from accubench.export.pair_markdown import comparison_markdown, distance_markdown
from accubench.export.pair_notebook import comparison_notebook_html, distance_notebook_html
from accubench.export.tables import csv_bytes, parquet_bytes

__all__ = [
    "CHECK_TITLES",
    "CORRESPONDENCE_TITLES",
    "DASH",
    "DISTRIBUTION_TITLES",
    "EXPORT_SUFFIXES",
    "ConfigurationValue",
    "ImageJpeg",
    "SideBySide",
    "accuracy_numbers",
    "agreement_sentence",
    "check_cells",
    "check_export_path",
    "check_file_path",
    "check_sentence",
    "checked_classes",
    "checked_images",
    "class_text",
    "comparison_markdown",
    "comparison_notebook_html",
    "comparison_sentence",
    "confidence_text",
    "configuration_values",
    "correspondence_cells",
    "correspondence_counts",
    "correspondence_document",
    "counts_sentence",
    "csv_bytes",
    "difference_interval",
    "distance_markdown",
    "distance_notebook_html",
    "distance_sentence",
    "distance_text",
    "distribution_cells",
    "export_report",
    "flips_first",
    "flips_sentence",
    "flips_text",
    "interval_text",
    "markdown_summary",
    "notebook_html",
    "pair_warnings",
    "parquet_bytes",
    "percent_text",
    "plural",
    "points_text",
    "prediction_numbers",
    "ratio_text",
    "short_class_text",
    "side_by_side",
    "signed_points_text",
    "speed_sentence",
    "verdict_sentence",
    "worst_distances",
    "write_atomically",
]
