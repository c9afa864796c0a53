"""What is said of a comparison and of a tensor distance in sentences, the same on a page, in a log and in a notebook.

Differences are optimised minus parent, in percentage points; intervals are two-sided, 95 %.
"""

from __future__ import annotations

from accubench.export.facts import scored_sentence
from accubench.export.numbers import (
    MINUS,
    count_text,
    distance_text,
    percent_text,
    plural,
    points_text,
    ratio_text,
    signed_points_text,
)
from accubench.records.comparison import Comparison, Difference, SpeedComparison, SpeedFigure, Verdict
from accubench.records.report import EvaluatedModel
from accubench.records.tensor_distance import TensorDistance

__all__ = [
    "agreement_sentence",
    "comparison_sentence",
    "counts_sentence",
    "difference_interval",
    "distance_sentence",
    "flips_sentence",
    "size_bytes",
    "speed_sentence",
    "verdict_sentence",
]

_AS_FAST = 0.05
"""A ratio this near to 1 is no difference that a person would notice."""


def comparison_sentence(comparison: Comparison) -> str:
    """The headline: how much faster, what became of accuracy, on how many images, and whether that is acceptable.

    Returns:
        E.g. ``squeezenet-int8 is 1.94 times as fast as squeezenet and loses 0.27 points of top-1 accuracy (95 %
        interval -1.10 to +0.55) on 375 images: too few images to tell whether that is within the margin of 1 point;
        about 560 would settle it.``
    """
    summary = comparison.summary
    if not summary.n:
        return _nothing_compared(comparison)
    said = _about_accuracy(comparison) if summary.difference else _about_agreement(comparison)
    failed = f" {plural(summary.n_failed, 'image')} failed." if summary.n_failed else ""
    return said + failed


def flips_sentence(comparison: Comparison) -> str:
    """How many images changed their class, and what that means.

    Returns:
        E.g. ``11 of 375 images are predicted as another class than by the parent: 5 broken, 4 fixed, 2 moved.``
    """
    flips, n = comparison.summary.flips, comparison.summary.n
    if not n:
        return "No image was compared."
    if not flips.total:
        return f"Both models predict the same class on all {plural(n, 'image')}."
    kinds = [(flips.broken, "broken"), (flips.fixed, "fixed"), (flips.moved, "moved")]
    if flips.changed:
        kinds = [*[kind for kind in kinds if kind[0]], (flips.changed, "without annotation")]
    listed = ", ".join(f"{count_text(count)} {word}" for count, word in kinds)
    verb = "is" if flips.total == 1 else "are"
    return f"{count_text(flips.total)} of {plural(n, 'image')} {verb} predicted as another class: {listed}."


def counts_sentence(comparison: Comparison) -> str:
    """How many images were compared, failed, and were left out, and why.

    Returns:
        E.g. ``577 images compared, 3 failed, 20 left out because squeezenet-int8 was calibrated on them.``
    """
    summary = comparison.summary
    counted = f"{plural(summary.n, 'image')} compared, {count_text(summary.n_failed)} failed"
    if summary.n_left_out:
        name = comparison.optimised.model_name
        counted += f", {count_text(summary.n_left_out)} left out because {name} was calibrated on them"
    return f"{counted}. {scored_sentence(comparison.optimised)}".rstrip()


def agreement_sentence(comparison: Comparison) -> str:
    """On what share of the images both models predict the same class, and what that says of accuracy.

    Returns:
        E.g. ``Both models predict the same class on 364 of 375 images, 97.07 % (95 % interval 94.82 to 98.35 %);
        accuracy cannot have changed by more than 5.19 points (95 % confidence).``
    """
    agreement, ceiling = comparison.summary.agreement, comparison.summary.ceiling
    if agreement is None:
        return "No image was compared."
    bound = (
        ""
        if ceiling is None
        else f"; accuracy cannot have changed by more than {points_text(ceiling)} (95 % confidence)"
    )
    return (
        f"Both models predict the same class on {count_text(agreement.count)} of {plural(agreement.n, 'image')}, "
        f"{percent_text(agreement.value)} (95 % interval {100 * agreement.low:.2f} to {percent_text(agreement.high)})"
        f"{bound}."
    )


def verdict_sentence(comparison: Comparison) -> str:
    """The verdict with the bounds that led to it, or why there is none.

    Returns:
        E.g. ``Pass: the whole 95 % interval (Newcombe), -0.90 to +0.50 points, is above -1 point.``
    """
    summary = comparison.summary
    verdict, difference = summary.verdict, summary.difference
    if not summary.n:
        return "No verdict: no image was compared."
    if verdict is None or difference is None:
        if summary.labelled_flips is not None:
            lack = "has" if summary.flips.changed == 1 else "have"
            return f"No verdict: {plural(summary.flips.changed, 'flip')} {lack} no label yet; label them all."
        known = "No verdict: without annotations only agreement is known"
        return f"{known}. Label the flips to know the difference." if summary.flips.total else f"{known}."
    return _reasoned(verdict, difference)


def speed_sentence(comparison: Comparison) -> str:
    """Both figures of speed of both models with their ratios and the spread of the rounds.

    Returns:
        E.g. ``Throughput 412.3 against 212.5 images/s, 1.94 times as fast (rounds 1.90 to 1.98); latency 2.10 against
        3.91 ms, 1.86 times as fast (rounds 1.80 to 1.90). Both models in turns, 5 rounds of 1 s each; medians.``
    """
    speed = comparison.speed
    if speed is None:
        return "Speed was not measured."
    parts = "; ".join(_figure_clause(figure) for figure in speed.figures)
    rounds = len(speed.figures[0].ratio.rounds)
    return (
        f"{parts[:1].upper()}{parts[1:]}. Both models in turns, {plural(rounds, 'round')} of {speed.seconds:g} s each"
        f"{'; medians' if rounds > 1 else ''}."
    )


def distance_sentence(distance: TensorDistance) -> str:
    """How far the class scores of both models are from each other.

    Returns:
        E.g. ``The outputs of squeezenet-int8 and squeezenet differ by a mean squared error of 0.0123 on average over
        375 images, most on n02123045/cat.jpg (0.31).``
    """
    scores = distance.outputs[0]
    names = f"{distance.optimised.model_name} and {distance.parent.model_name}"
    failed = f" {plural(scores.n_failed, 'image')} failed." if scores.n_failed else ""
    if not scores.n:
        return f"No image could be compared.{failed}"
    if scores.equal == scores.n:
        all_images = plural(scores.n, "image")
        return f"The class scores of {names} are the same, number by number, on all {all_images}.{failed}"
    found = next(each for each in scores.distributions if each.measure == "mse")
    same = f"; on {plural(scores.equal, 'image')} they are the same" if scores.equal else ""
    return (
        f"The class scores of {names} differ by a mean squared error of {distance_text(found.mean)} on average over "
        f"{plural(scores.n, 'image')}, most on {found.worst_image} ({distance_text(found.greatest)}){same}.{failed}"
    )


def difference_interval(difference: Difference) -> str:
    """The interval of a difference that is shown first, e.g. ``-1.10 to +0.55``: Newcombe's, or else Tango's."""
    if difference.low is None or difference.high is None:
        return _bounds(difference.tango_low, difference.tango_high)
    return _bounds(difference.low, difference.high)


def size_bytes(model: EvaluatedModel) -> int:
    """Size of the files that hold the network."""
    return sum(file.size_bytes for file in model.model_files if file.network)


def _nothing_compared(comparison: Comparison) -> str:
    summary = comparison.summary
    if summary.n_failed:
        one_sided = "".join(
            f" {plural(count, 'image')} could be evaluated by {name} only."
            for count, name in (
                (summary.n_only_optimised, comparison.optimised.model_name),
                (summary.n_only_parent, comparison.parent.model_name),
            )
            if count
        )
        failed = f"{count_text(summary.n_failed)} of {plural(summary.n_images, 'image')} failed"
        return f"No image could be compared: {failed}.{one_sided}"
    if summary.n_left_out:
        return (
            f"No image was compared: {comparison.optimised.model_name} was calibrated on all "
            f"{plural(summary.n_left_out, 'image')}. Compare on other images."
        )
    return "No image was compared: the dataset has none."


def _about_accuracy(comparison: Comparison) -> str:
    """The sentence where the difference of accuracy is known."""
    summary = comparison.summary
    difference = summary.difference
    assert difference is not None
    interval = f"95 % interval {difference_interval(difference)}"
    change = f"{_change(difference)} ({interval}) on {_images(comparison, difference)}"
    verdict = f": {_judgement(summary.verdict)}" if summary.verdict else ""
    optimised, parent = comparison.optimised.model_name, comparison.parent.model_name
    speed = _how_fast(comparison.speed)
    if speed is None:
        return f"{optimised} {change}, compared with {parent}{verdict}."
    return f"{optimised} is {speed} {parent} and {change}{verdict}."


def _about_agreement(comparison: Comparison) -> str:
    """The sentence without annotations."""
    summary = comparison.summary
    agreement = summary.agreement
    assert agreement is not None
    share = f"all {plural(agreement.n, 'image')}"
    if agreement.count < agreement.n:
        share = f"{percent_text(agreement.value)} of {plural(agreement.n, 'image')}"
    optimised, parent = comparison.optimised.model_name, comparison.parent.model_name
    speed = _how_fast(comparison.speed)
    said = (
        f"{optimised} and {parent} predict the same class on {share}"
        if speed is None
        else f"{optimised} is {speed} {parent} and predicts the same class on {share}"
    )
    if summary.ceiling is not None:
        said += f"; accuracy cannot have changed by more than {points_text(summary.ceiling)} (95 % confidence)"
    if summary.labelled_flips is not None:
        said += f"; {count_text(summary.labelled_flips)} of {plural(summary.flips.total, 'flip')} are labelled"
    return said + "."


def _images(comparison: Comparison, difference: Difference) -> str:
    summary = comparison.summary
    if difference.low is None and summary.labelled_flips is not None:
        labelled = plural(summary.labelled_flips, "flip")
        return f"{plural(difference.n, 'image')}, of which only the {labelled} are labelled"
    if difference.n < summary.n:
        return f"{count_text(difference.n)} annotated of {plural(summary.n, 'image')}"
    return plural(difference.n, "image")


def _change(difference: Difference) -> str:
    shown = points_text(difference.value)
    if difference.value == 0:
        return "has the same top-1 accuracy"
    return f"{'gains' if difference.value > 0 else 'loses'} {shown} of top-1 accuracy"


def _judgement(verdict: Verdict) -> str:
    margin = f"the margin of {points_text(verdict.margin, decimals=None)}"
    if verdict.outcome == "pass":
        return f"within {margin}"
    if verdict.outcome == "fail":
        return f"a loss beyond {margin}"
    if verdict.images_needed is None:
        return f"as much as {margin}, so that no number of images tells on which side it is"
    about = count_text(verdict.images_needed)
    return f"too few images to tell whether that is within {margin}; about {about} would settle it"


def _reasoned(verdict: Verdict, difference: Difference) -> str:
    bounds = _bounds(*_verdict_bounds(verdict, difference))
    interval = f"95 % interval ({verdict.interval.capitalize()}), {bounds} points"
    limit = f"{MINUS}{points_text(verdict.margin, decimals=None)}" if verdict.margin else "0 points"
    if verdict.outcome == "pass":
        return f"Pass: the whole {interval}, is above {limit}."
    if verdict.outcome == "fail":
        return f"Fail: the whole {interval}, is below {limit}."
    if verdict.images_needed is None:
        return (
            f"Inconclusive: {limit} lies inside the {interval}, and is the difference itself, so that no number of "
            "images settles it."
        )
    return (
        f"Inconclusive: {limit} lies inside the {interval}. About {plural(verdict.images_needed, 'image')}, these "
        "included, would settle it if rates stay as they are."
    )


def _how_fast(speed: SpeedComparison | None) -> str | None:
    """``1.94 times as fast as``, by images per second, or by latency where there is nothing else."""
    if speed is None or not speed.figures:
        return None
    ratio = speed.figures[0].ratio.median
    return "as fast as" if abs(ratio - 1) < _AS_FAST else f"{ratio_text(ratio)} times as fast as"


def _figure_clause(figure: SpeedFigure) -> str:
    ratio = figure.ratio
    spread = f" (rounds {ratio_text(ratio.low)} to {ratio_text(ratio.high)})" if len(ratio.rounds) > 1 else ""
    if figure.figure == "images_per_second":
        name, values = "throughput", f"{figure.optimised.median:.1f} against {figure.parent.median:.1f} images/s"
    else:
        name, values = "latency", f"{figure.optimised.median:.2f} against {figure.parent.median:.2f} ms"
    return f"{name} {values}, {ratio_text(ratio.median)} times as fast{spread}"


def _verdict_bounds(verdict: Verdict, difference: Difference) -> tuple[float | None, float | None]:
    if verdict.interval == "newcombe":
        return difference.low, difference.high
    return difference.tango_low, difference.tango_high


def _bounds(low: float | None, high: float | None) -> str:
    return f"{signed_points_text(low)} to {signed_points_text(high)}"
