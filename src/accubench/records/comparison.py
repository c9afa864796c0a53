"""Report 2, the comparison of optimised and parent model predictions: what changed, on which images, and how surely."""

from __future__ import annotations

from typing import Literal

from accubench.records.base import Record
from accubench.records.report import EvaluatedModel, ReportHeader

__all__ = [
    "COMPARISON_COLUMNS",
    "ClassChange",
    "ClassMatching",
    "Comparison",
    "ComparisonSummary",
    "Difference",
    "Flip",
    "FlipCounts",
    "McNemar",
    "Outcomes",
    "Share",
    "SpeedComparison",
    "SpeedFigure",
    "Spread",
    "TopKKept",
    "Verdict",
]

Flip = Literal["broken", "fixed", "moved", "changed"]
"""``broken``: right -> wrong; ``fixed``: wrong -> right; ``moved``: wrong -> another wrong class; ``changed``: not
annotated, so that nobody knows which of these it is."""

COMPARISON_COLUMNS: dict[str, tuple[str, str, str]] = {
    "image_name": ("String", "Image Name", "Path of the image below the dataset's root."),
    "optimised_class": (
        "Int32",
        "Class Predicted by Optimised Model",
        "Arg-max of the optimised model's scores, as an output of it.",
    ),
    "optimised_name": ("String", "Class Predicted by Optimised Model, Name", "Name of that class."),
    "parent_class": (
        "Int32",
        "Class Predicted by Parent Model",
        "Arg-max of the parent model's scores, as an output of the parent.",
    ),
    "parent_name": ("String", "Class Predicted by Parent Model, Name", "Name of that class."),
    "parent_class_rank": (
        "Int32",
        "Rank of Class Predicted by Parent Model in Optimised Model Predictions",
        "Position of the parent's class when the optimised model's scores are sorted downwards; 0 where both agree.",
    ),
    "optimised_confidence": (
        "Float64",
        "Optimised Model Confidence in Class Predicted by Optimised Model",
        "The optimised model's probability of its own predicted class.",
    ),
    "optimised_confidence_in_parent_class": (
        "Float64",
        "Optimised Model Confidence in Class Predicted by Parent Model",
        "The optimised model's probability of the class that the parent predicts.",
    ),
    "parent_confidence": (
        "Float64",
        "Parent Model Confidence in Class Predicted by Parent Model",
        "The parent model's probability of its own predicted class.",
    ),
    "flip": ("String", "Flip", "`broken`, `fixed`, `moved`, or `changed` without annotation; empty where both agree."),
    "annotated_class": (
        "Int32",
        "Class Defined in Dataset Annotations",
        "Annotated class as an output of the optimised model.",
    ),
    "annotated_name": ("String", "Annotated Class Name", "Name of the annotated class."),
    "optimised_annotated_rank": (
        "Int32",
        "Rank of Annotated Class in Optimised Model Predictions",
        "Position of the annotated class when the optimised model's scores are sorted downwards; 0 is the top.",
    ),
    "parent_annotated_rank": (
        "Int32",
        "Rank of Annotated Class in Parent Model Predictions",
        "Position of the annotated class when the parent model's scores are sorted downwards; 0 is the top.",
    ),
    "kl_divergence": (
        "Float64",
        "KL Divergence",
        "Kullback-Leibler divergence of the optimised model's probabilities from the parent's, in nats.",
    ),
    "top_classes_kept": (
        "Int32",
        "Top Classes Kept",
        "How many of the parent's five highest classes are among the optimised model's five highest.",
    ),
    "dataset_class": ("Int64", "Dataset Class", "Annotated class as an id of the dataset."),
    "agreed": ("Boolean", "Agreed", "Whether both models predict the same class; false for a flip."),
    "status": ("String", "Status", "`compared`; `failed` where a model could not be evaluated on the image."),
    "failure": ("String", "Failure", "Which model failed on the image, and why."),
    "position": ("Int64", "Row of the Dataset", "The image's row in the dataset, from 0."),
}
"""Columns of a comparison's stored table, in this order: polars type, title, meaning; one row per image."""


class Share(Record):
    """A share of images with its interval."""

    count: int
    n: int
    value: float
    low: float
    """Lower bound of the two-sided 95 % interval."""
    high: float


class FlipCounts(Record):
    """Images whose predicted class differs between both models, by what that means."""

    broken: int = 0
    fixed: int = 0
    moved: int = 0
    changed: int = 0
    """Flips without annotation."""

    @property
    def total(self) -> int:
        """All flips."""
        return self.broken + self.fixed + self.moved + self.changed


class Outcomes(Record):
    """The 2 x 2 table of outcomes on annotated images."""

    both_right: int
    broken: int
    """Right by the parent, wrong by the optimised model."""
    fixed: int
    """Wrong by the parent, right by the optimised model."""
    both_wrong: int

    @property
    def n(self) -> int:
        """Annotated images that both models were evaluated on."""
        return self.both_right + self.broken + self.fixed + self.both_wrong


class Difference(Record):
    """Top-1 accuracy of the optimised model minus that of its parent, as shares, with 95 % two-sided intervals."""

    value: float
    n: int
    low: float | None
    """Lower bound by Newcombe 1998, method 10; None where only the flips are labelled."""
    high: float | None
    tango_low: float
    """Lower bound of Tango's score interval, 1998."""
    tango_high: float


class McNemar(Record):
    """Two-sided p-values of the hypothesis that as many images are broken as fixed."""

    mid_p: float
    exact_p: float
    """Exact conditional."""


class Verdict(Record):
    """Whether the optimised model is as good as its parent, but for a margin."""

    margin: float
    """Greatest drop that is accepted, as a share: 0.01 is one point."""
    outcome: Literal["pass", "fail", "inconclusive"]
    """``pass``: the lower bound is above -margin; ``fail``: the upper bound is below it; else ``inconclusive``."""
    interval: Literal["newcombe", "tango"]
    """Whose bounds decided."""
    images_needed: int | None = None
    """For an inconclusive verdict: images, these included, that would settle it if rates stay as they are; None where
    no number would, because the difference is the margin itself."""


class TopKKept(Record):
    """How much of the parent's top k the optimised model keeps."""

    k: int
    value: float
    """Mean share of the parent's k highest classes that are among the optimised model's k highest."""
    parent_class_in_top_k: Share
    """Images whose class predicted by the parent is among the optimised model's k highest."""


class ClassChange(Record):
    """What happened to the images of one annotated class."""

    class_id: int
    """As an output of the optimised model."""
    name: str | None
    n: int
    broken: int
    fixed: int
    difference: float
    """(fixed - broken) / n."""
    p: float
    """McNemar mid-p, two-sided."""
    q: float
    """The p-value after Benjamini and Hochberg, over all classes with enough images."""


class ComparisonSummary(Record):
    """The numbers of report 2; those that need annotations are None without them."""

    n_images: int
    """Rows of the table: images that were to be compared."""
    n: int
    """Images that both models were evaluated on."""
    n_failed: int
    """Images that at least one model failed on."""
    n_only_optimised: int = 0
    """Of the failed images, those that only the optimised model was evaluated on."""
    n_only_parent: int = 0
    only_optimised: tuple[str, ...] = ()
    """Their names, at most 20."""
    only_parent: tuple[str, ...] = ()
    n_left_out: int = 0
    """Images left out because the optimised model was calibrated on them."""
    flips: FlipCounts
    agreement: Share | None
    """Images on which both models predict the same class, with its Wilson interval; None where nothing was compared."""
    ceiling: float | None
    """Upper Clopper-Pearson bound of the share of flips: accuracy cannot have changed by more (95 %, two-sided)."""
    outcomes: Outcomes | None = None
    difference: Difference | None = None
    mcnemar: McNemar | None = None
    verdict: Verdict | None = None
    top_k_kept: TopKKept | None = None
    mean_kl: float | None = None
    """Mean KL divergence of the optimised model's probabilities from the parent's, in nats."""
    classes: tuple[ClassChange, ...] = ()
    """Classes with flips that matter and enough images, the ones hurt most first."""
    n_classes_tested: int = 0
    """Classes with at least `min_support` images, flips or not: those that q-values correct for."""
    min_support: int = 10
    labelled_flips: int | None = None
    """Flips that a person labelled; with all of them, the difference is exact for these images without other labels."""


class ClassMatching(Record):
    """Which outputs of two models mean the same class."""

    kind: Literal["identity", "offset", "names", "annotations"]
    description: str
    """A sentence, e.g. ``both models have the same 1000 outputs``."""
    parent_outputs: tuple[int, ...]
    """For each output of the optimised model the output of its parent that means the same class; -1 for none."""


class Spread(Record):
    """Rounds of a measurement."""

    median: float
    low: float
    """Least of the rounds."""
    high: float
    rounds: tuple[float, ...]
    """In the order measured."""


class SpeedFigure(Record):
    """One figure of both models, measured in alternation."""

    hint: Literal["throughput", "latency"]
    figure: Literal["images_per_second", "latency_ms"]
    optimised: Spread
    parent: Spread
    ratio: Spread
    """Of each round: optimised / parent for images per second, parent / optimised for latency; above 1 is faster."""


class SpeedComparison(Record):
    """Speed of both models on one target: parent, optimised, parent, optimised, ... with the same random input."""

    figures: tuple[SpeedFigure, ...]
    seconds: float
    """How long each round measured each model under each hint."""
    execution_precisions: tuple[str, str]
    """Of the optimised model and its parent."""


class Comparison(ReportHeader):
    """A comparison of optimised and parent model predictions, kept with everything it depended on."""

    kind: Literal["comparison"] = "comparison"
    optimised: EvaluatedModel
    """Its summary is over the images compared."""
    parent: EvaluatedModel
    lineage: bool
    """Whether the one was made from the other here; False for models that were optimised elsewhere."""
    matching: ClassMatching
    summary: ComparisonSummary
    speed: SpeedComparison | None = None
    """None where it was not measured."""
    labels_source: str | None = None
    """Name of the file that labels of the flips were read from."""

    @property
    def evaluated_models(self) -> tuple[EvaluatedModel, ...]:
        """The models whose scores the report is made of."""
        return (self.optimised, self.parent)
