"""The head of a tensor distance's pages: the sentence, the distances of the class scores, and how they are spread."""

from __future__ import annotations

from accubench.export.comparison_text import distance_sentence
from accubench.export.numbers import count_text, distance_text
from accubench.records.tensor_distance import DistanceBin, Distribution, OutputDistance, TensorDistance
from accubench.web.comparison_head import ComparedModel, compared_model
from accubench.web.report_charts import Histogram, count_histogram
from accubench.web.report_head import HeadOfAnyKind, head_of_any_kind
from accubench.web.report_kinds import KINDS
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_shelf import ShelvedReport
from accubench.workspace import DistanceReport

__all__ = ["DistanceHead", "MeasureSpread", "distance_head", "measure_spreads"]


class MeasureSpread(Part):
    """How one distance is spread over the images."""

    name: str
    meaning: str
    distribution: Distribution
    numbers: tuple[tuple[str, str], ...]
    """Mean, quantiles and the greatest, as they are read."""
    worst_image: str
    worst_address: str
    """The images with the greatest distance first."""
    histogram: Histogram | None
    """On a logarithmic scale, zeros in a bar of their own at the left; each bar leads to its images."""
    low_text: str
    high_text: str
    """What the histogram's ends mean."""


class DistanceHead(HeadOfAnyKind):
    """What every view of a tensor distance begins with."""

    sentence: str
    optimised: ComparedModel
    parent: ComparedModel
    scores: OutputDistance
    """The output of class scores."""
    spreads: tuple[MeasureSpread, ...]
    """Its distances."""
    outputs: int
    counts: str
    """How many images were compared, failed, and are the same."""


def distance_head(shelved: ShelvedReport[DistanceReport], query: ReportQuery) -> DistanceHead:
    """Make the head.

    Args:
        shelved: The report.
        query: What is looked at.
    """
    report = shelved.report
    record, scores = report.record, report.record.outputs[0]
    return DistanceHead(
        **head_of_any_kind(report, query, n_failed=scores.n_failed),
        sentence=distance_sentence(record),
        optimised=compared_model("Optimised", record.optimised),
        parent=compared_model("Parent", record.parent),
        scores=scores,
        spreads=measure_spreads(record, scores),
        outputs=len(record.outputs),
        counts=(
            f"{count_text(scores.n)} compared, {count_text(scores.n_failed)} failed, "
            f"{count_text(scores.equal)} the same number by number"
        ),
    )


def measure_spreads(record: TensorDistance, output: OutputDistance) -> tuple[MeasureSpread, ...]:
    """How the distances of an output are spread, with the ways to the images."""
    return tuple(_spread(record, output, each) for each in output.distributions)


def _spread(record: TensorDistance, output: OutputDistance, found: Distribution) -> MeasureSpread:
    kind = KINDS["distance"]
    named = "" if output is record.outputs[0] else output.output

    def images(each: DistanceBin) -> str:
        filters = _bounds(found, each) if output.n_failed == 0 else ("status=compared", *_bounds(found, each))
        return report_address(record.id, ReportQuery(output=named, filters=filters))

    texts = [(_bin_text(each), each.count, images(each)) for each in found.bins]
    positive = [each for each in found.bins if each.high > 0]
    worst = ReportQuery(output=named, sort=found.measure, descending=True)
    return MeasureSpread(
        name=kind.labels[found.measure],
        meaning=_MEANINGS[found.measure],
        distribution=found,
        numbers=(
            ("Mean", distance_text(found.mean)),
            ("Median", distance_text(found.median)),
            ("90 %", distance_text(found.p90)),
            ("99 %", distance_text(found.p99)),
            ("Greatest", distance_text(found.greatest)),
        ),
        worst_image=found.worst_image,
        worst_address=report_address(record.id, worst),
        histogram=count_histogram(texts),
        low_text="0" if not positive or found.bins[0].high == 0 else distance_text(positive[0].low),
        high_text=distance_text(found.greatest),
    )


_MEANINGS = {
    "mse": "mean of (optimised - parent) squared",
    "cosine_distance": "1 - cosine of the angle between both outputs",
    "kl_divergence": "of the optimised model's probabilities from the parent's, in nats",
    "max_abs_difference": "of any number of the output",
}


def _bounds(found: Distribution, each: DistanceBin) -> tuple[str, ...]:
    """Filters that select exactly the images of a bin; bins include their lower edge, the last its upper, too."""
    if each.low == each.high:
        return (f"{found.measure}={each.low!r}",)
    last = each is found.bins[-1]
    return (f"{found.measure}>={each.low!r}", f"{found.measure}{'<=' if last else '<'}{each.high!r}")


def _bin_text(each: DistanceBin) -> str:
    where = "exactly 0" if each.high == 0 else f"{distance_text(each.low)} to {distance_text(each.high)}"
    return f"{where}: {count_text(each.count)} images"
