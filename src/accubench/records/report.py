"""Report 1, the accuracy report: headline, table columns, and everything the headline needs to be understood."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from accubench.errors import Finding
from accubench.records.accuracy_configuration import ResolvedConfiguration
from accubench.records.base import Record
from accubench.records.class_names import ClassNames
from accubench.records.dataset import Subset
from accubench.records.execution import EngineName, execution_words
from accubench.records.model import ModelFile, ModelFormat, Quantization
from accubench.records.target import Target
from accubench.records.top_k import TopK

__all__ = [
    "EXPORT_COLUMNS",
    "REPORT_COLUMNS",
    "AccuracySummary",
    "Calibration",
    "EvaluatedModel",
    "LabelMapping",
    "MacroAverages",
    "ReliabilityBin",
    "Report",
    "ReportHeader",
    "ScoreReading",
    "TopK",
]

REPORT_COLUMNS: dict[str, tuple[str, str, str]] = {
    "image_name": ("String", "Image Name", "Path of the image below the dataset's root."),
    "predicted_class": (
        "Int32",
        "Predicted Class",
        "Arg-max of the scores as an output of the model; a tie goes to the lowest id.",
    ),
    "predicted_name": ("String", "Predicted Class Name", "Name of the predicted class."),
    "annotated_class": ("Int32", "Class Defined in Dataset Annotations", "Annotated class as an output of the model."),
    "annotated_name": ("String", "Annotated Class Name", "Name of the annotated class."),
    "annotated_class_rank": (
        "Int32",
        "Rank of Class Defined in Dataset Annotations in Model Predictions",
        "Position of the annotated class when scores are sorted downwards, lower id first among equals; 0 is the top.",
    ),
    "predicted_confidence": (
        "Float64",
        "Model Confidence in Predicted Class",
        "Probability of the predicted class.",
    ),
    "annotated_confidence": (
        "Float64",
        "Model Confidence in Class Defined in Dataset Annotations",
        "Probability of the annotated class.",
    ),
    "dataset_class": ("Int64", "Dataset Class", "Annotated class as an id of the dataset."),
    "status": ("String", "Status", "`evaluated` or `failed`."),
    "failure": ("String", "Failure", "Why a failed image failed."),
    "tied": ("Boolean", "Tied", "Whether another class has the same score as the predicted one."),
    "squared_error": ("Float64", "Squared Error", "Sum over classes of (probability - annotated) squared (Brier)."),
}
"""Columns of a report's stored table, in this order: polars type, title, meaning; one row per image, dataset order."""

EXPORT_COLUMNS = tuple(REPORT_COLUMNS)[:11]
"""The columns of exported tables; scripts rely on names and order."""


class MacroAverages(Record):
    """Unweighted means over the classes that occur in the annotations."""

    precision: float
    recall: float
    f1: float
    classes: int
    """Number of classes averaged."""


class ReliabilityBin(Record):
    """Images of similar confidence: how sure the model was, how often it was right."""

    low: float
    """Least confidence that occurs in the bin."""
    high: float
    """Greatest confidence that occurs in the bin."""
    n: int
    right: int
    mean_confidence: float
    accuracy: float
    """right / n."""
    accuracy_low: float
    """Lower bound of the accuracy's two-sided 95 % Wilson score interval."""
    accuracy_high: float


class Calibration(Record):
    """How far confidences can be taken at their word."""

    ece: float
    """Expected calibration error over equal-mass bins of the predicted confidence."""
    brier: float
    """Mean over images of the squared error summed over classes; 0 is perfect, 2 the worst."""
    nll: float
    """Mean negative natural logarithm of the annotated class's probability, probabilities below 1e-12 taken as that."""
    clipped: int
    """Images whose annotated probability was below 1e-12."""
    bins: tuple[ReliabilityBin, ...]


class ScoreReading(Record):
    """How stored scores were turned into confidences."""

    kind: Literal["logits", "probabilities"]
    reason: str
    """Who said so: the configuration, the graph, or the numbers."""
    quantization: Quantization | None = None
    sigmoid: bool = False
    """True where one output stands for two classes."""
    scored_classes: tuple[int, ...] | None = None
    """The outputs that are scored, ascending, as if the model had no others; None for all."""


class LabelMapping(Record):
    """How classes of the dataset became outputs of the model."""

    kind: Literal["identity", "offset", "map", "name"]
    description: str
    """A sentence, e.g. ``annotation id + 1 = model output (output 0 is a background class)``."""
    outputs: dict[int, int]
    """Model output by dataset class, for every class that occurs."""
    doubts: tuple[str, ...] = ()
    """What speaks against it, each a sentence with its remedy, e.g. that output 0 may be a background class."""


class AccuracySummary(Record):
    """The numbers of report 1; those that need annotations are None without them."""

    n_images: int
    n: int
    """Images evaluated."""
    n_failed: int
    n_ties: int
    """Evaluated images on which the highest score is shared."""
    top_k: tuple[TopK, ...] = ()
    macro: MacroAverages | None = None
    calibration: Calibration | None = None
    mean_confidence: float | None = None

    @property
    def top1(self) -> TopK | None:
        """Top-1 accuracy, or None without annotations."""
        return next((top for top in self.top_k if top.k == 1), None)


class EvaluatedModel(Record):
    """A model as it was evaluated on a dataset: its scores, how they were read, and the numbers that came out."""

    model_id: str
    model_name: str
    model_version: int
    model_format: ModelFormat
    model_files: tuple[ModelFile, ...]
    """Every file of the model, the main one first; a network and its weights may be two."""
    predictions_id: str
    configuration: ResolvedConfiguration
    reading: ScoreReading
    mapping: LabelMapping | None
    class_names: ClassNames | None
    """Names by model output."""
    class_count: int
    summary: AccuracySummary
    reused_predictions: bool
    """True where no image was inferred for this report."""
    engine: EngineName = "openvino"
    execution_precision: str
    """What floating-point layers were executed in."""
    integer_kernels: bool = True
    """False: quantised layers were computed in floating point."""

    @property
    def execution_text(self) -> str:
        """Engine, precision and kernels in one phrase, e.g. ``OpenVINO in f32``."""
        return execution_words(self.engine, self.execution_precision, integer_kernels=self.integer_kernels)

    @property
    def scored_class_count(self) -> int:
        """Number of classes among which the model chose: all its outputs, or the annotated classes only."""
        scored = self.reading.scored_classes
        return self.class_count if scored is None else len(scored)

    def class_name(self, class_id: int | None) -> str | None:
        """The name of an output of the model, or None where there is no class or no name is known."""
        return None if self.class_names is None else self.class_names.name(class_id)


class ReportHeader(Record):
    """What reports of every kind have."""

    id: str
    project_id: str
    dataset_id: str
    dataset_name: str
    dataset_version: int
    subset: Subset | None = None
    """How the dataset's images were chosen, where it is a part of a larger one."""
    target: Target
    findings: tuple[Finding, ...] = ()
    """Warnings a reader must know."""
    versions: dict[str, str]
    created_at: datetime
    duration_s: float


class Report(ReportHeader, EvaluatedModel):
    """An accuracy evaluation on a validation dataset, kept with everything it depended on."""

    kind: Literal["accuracy"] = "accuracy"
    check_id: str | None = None
    """The numerics check that its numbers were held to; None where there was none."""
    images_per_second: float | None = None
    """Images inferred per second of this run; None where nothing was inferred."""

    @property
    def evaluated_models(self) -> tuple[EvaluatedModel, ...]:
        """The models whose scores the report is made of."""
        return (self,)
