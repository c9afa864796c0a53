"""Every use case as a typed method; command line, web and notebooks call it."""

from accubench.analysis import OPERATORS, Filter, View, parse_filter
from accubench.datasets.archives import ARCHIVE_SUFFIXES
from accubench.records.facets import Facets, FacetValue
from accubench.records.image_detail import ImageDetail, TopPrediction
from accubench.workspace.accuracy_report import AccuracyReport
from accubench.workspace.dataset_images import DatasetImages
from accubench.workspace.gates import Gate, check_gates, parse_gate
from accubench.workspace.workspace import DEFAULT_FOLDER, SAMPLE_DATASET, SAMPLE_MODEL, Workspace, sample_path

__all__ = [
    "ARCHIVE_SUFFIXES",
    "DEFAULT_FOLDER",
    "OPERATORS",
    "SAMPLE_DATASET",
    "SAMPLE_MODEL",
    "AccuracyReport",
    "DatasetImages",
    "FacetValue",
    "Facets",
    "Filter",
    "Gate",
    "ImageDetail",
    "TopPrediction",
    "View",
    "Workspace",
    "check_gates",
    "parse_filter",
    "parse_gate",
    "sample_path",
]
