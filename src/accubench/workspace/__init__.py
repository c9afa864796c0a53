"""Every use case as a typed method; command line, web and notebooks call it."""

from accubench.analysis import OPERATORS, Filter, View, parse_filter
from accubench.datasets.archives import ARCHIVE_SUFFIXES
from accubench.records.facets import Facets, FacetValue
from accubench.records.image_detail import ComparedImage, ImageDetail, MeasuredImage, TopPrediction
from accubench.tasks.naming import checked_name
from accubench.workspace.accuracy_report import AccuracyReport
from accubench.workspace.comparison_report import ComparisonReport
from accubench.workspace.dataset_images import DatasetImages
from accubench.workspace.distance_report import DistanceReport
from accubench.workspace.gates import Gate, RequiredVerdict, check_gates, check_verdict, parse_gate
from accubench.workspace.report_methods import FoundReport
from accubench.workspace.viewed_report import ViewedReport
from accubench.workspace.workspace import DEFAULT_FOLDER, SAMPLE_DATASET, SAMPLE_MODEL, Workspace, sample_path

__all__ = [
    "ARCHIVE_SUFFIXES",
    "DEFAULT_FOLDER",
    "OPERATORS",
    "SAMPLE_DATASET",
    "SAMPLE_MODEL",
    "AccuracyReport",
    "ComparedImage",
    "ComparisonReport",
    "DatasetImages",
    "DistanceReport",
    "FacetValue",
    "Facets",
    "Filter",
    "FoundReport",
    "Gate",
    "ImageDetail",
    "MeasuredImage",
    "RequiredVerdict",
    "TopPrediction",
    "View",
    "ViewedReport",
    "Workspace",
    "check_gates",
    "check_verdict",
    "checked_name",
    "parse_filter",
    "parse_gate",
    "sample_path",
]
