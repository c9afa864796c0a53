"""The numbers of a comparison as people read them, in one order for every page, log and notebook."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from accubench.export.comparison_text import difference_interval, size_bytes, verdict_sentence
from accubench.export.facts import Fact
from accubench.export.numbers import (
    DASH,
    MINUS,
    TIMES,
    confidence_text,
    count_text,
    distance_text,
    interval_text,
    percent_text,
    plural,
    points_text,
    ratio_text,
    signed_points_text,
)
from accubench.records.comparison import Comparison, Difference, Share, SpeedFigure, Spread

__all__ = [
    "SideBySide",
    "accuracy_numbers",
    "flips_first",
    "prediction_numbers",
    "side_by_side",
]

_KINDS = ("broken", "fixed", "changed", "moved")


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """One number of both models, and how the one stands to the other."""

    label: str
    optimised: str
    parent: str
    change: str
    """Optimised minus parent, or a ratio above 1 where the optimised model is better."""
    detail: str
    """What the number is."""


def side_by_side(comparison: Comparison) -> tuple[SideBySide, ...]:
    """Accuracy, calibration, speed and size of both models side by side."""
    return (*_accuracies(comparison), *_calibrations(comparison), *_speeds(comparison), _sizes(comparison))


def accuracy_numbers(comparison: Comparison) -> tuple[Fact, ...]:
    """What is known of the change of accuracy; empty without annotations."""
    summary = comparison.summary
    difference, mcnemar = summary.difference, summary.mcnemar
    if difference is None or summary.verdict is None:
        return ()
    numbers = [
        Fact(
            label="Difference of top-1 accuracy",
            value=f"{signed_points_text(difference.value)} points",
            detail=f"Optimised minus parent, on {plural(difference.n, 'image')}.",
        ),
        *_intervals(difference),
        Fact(label="Verdict", value=summary.verdict.outcome, detail=verdict_sentence(comparison)),
    ]
    if mcnemar is not None:
        numbers += [
            Fact(
                label="McNemar, mid-p",
                value=confidence_text(mcnemar.mid_p),
                detail="How likely broken and fixed images would differ in number as much as this by chance alone.",
            ),
            Fact(
                label="McNemar, exact",
                value=confidence_text(mcnemar.exact_p),
                detail="The same by the exact conditional test, which errs on the side of caution.",
            ),
        ]
    return tuple(numbers)


def prediction_numbers(comparison: Comparison) -> tuple[Fact, ...]:
    """How near both models' predictions are to each other, annotated or not."""
    summary = comparison.summary
    kept = summary.top_k_kept
    numbers: list[Fact] = []
    if summary.agreement is not None:
        numbers.append(
            Fact(label="Agreement", value=_share_text(summary.agreement), detail="Both models predict the same class.")
        )
    if summary.ceiling is not None:
        numbers.append(
            Fact(
                label="Ceiling without labels",
                value=points_text(summary.ceiling),
                detail="Accuracy cannot have changed by more: only flips change it (Clopper-Pearson, 95 %).",
            )
        )
    if kept is not None:
        numbers += [
            Fact(
                label=f"Top-{kept.k} retention",
                value=percent_text(kept.value),
                detail=f"Mean share of the parent's {kept.k} highest classes that the optimised model keeps there.",
            ),
            Fact(
                label=f"Parent's class in top {kept.k}",
                value=_share_text(kept.parent_class_in_top_k),
                detail=f"The class predicted by the parent is among the optimised model's {kept.k} highest.",
            ),
        ]
    if summary.mean_kl is not None:
        numbers.append(
            Fact(
                label="Mean KL divergence",
                value=f"{distance_text(summary.mean_kl)} nats",
                detail="Of the optimised model's probabilities from the parent's; 0 where they are the same.",
            )
        )
    return tuple(numbers)


def flips_first(table: pl.DataFrame) -> pl.DataFrame:
    """The flips of a comparison's table: broken ones first, then fixed, then others; the farthest apart first."""
    return table.filter(pl.col("flip").is_not_null()).sort(
        pl.col("flip").replace_strict(_KINDS, range(len(_KINDS)), return_dtype=pl.Int8),
        "kl_divergence",
        descending=[False, True],
        nulls_last=True,
        maintain_order=True,
    )


def _intervals(difference: Difference) -> list[Fact]:
    tango = f"{signed_points_text(difference.tango_low)} to {signed_points_text(difference.tango_high)} points"
    found = [
        Fact(label="95 % interval, Tango", value=tango, detail="Tango's score interval for paired shares, 1998."),
    ]
    if difference.low is not None:
        newcombe = f"{difference_interval(difference)} points"
        detail = "Newcombe's interval for paired shares, method 10, 1998."
        found.insert(0, Fact(label="95 % interval, Newcombe", value=newcombe, detail=detail))
    return found


def _accuracies(comparison: Comparison) -> list[SideBySide]:
    optimised, parent = comparison.optimised.summary, comparison.parent.summary
    of_parent = {top.k: top for top in parent.top_k}
    rows: list[SideBySide] = []
    for ours in optimised.top_k:
        theirs = of_parent.get(ours.k)
        if theirs is None:
            continue
        change = f"{signed_points_text(ours.value - theirs.value)} points"
        if ours.k == 1 and comparison.summary.difference is not None:
            change += f" ({difference_interval(comparison.summary.difference)})"
        rows.append(
            SideBySide(
                label=f"Top-{ours.k} accuracy",
                optimised=f"{percent_text(ours.value)} ({interval_text(ours)})",
                parent=f"{percent_text(theirs.value)} ({interval_text(theirs)})",
                change=change,
                detail="With 95 % Wilson intervals; the interval of the difference is paired (Newcombe).",
            )
        )
    return rows


def _calibrations(comparison: Comparison) -> list[SideBySide]:
    ours, theirs = comparison.optimised.summary.calibration, comparison.parent.summary.calibration
    if ours is None or theirs is None:
        return []
    return [
        SideBySide(
            label="ECE",
            optimised=percent_text(ours.ece),
            parent=percent_text(theirs.ece),
            change=f"{signed_points_text(ours.ece - theirs.ece)} points",
            detail="Expected calibration error: mean distance between confidence and accuracy; lower is better.",
        ),
        *(
            SideBySide(
                label=label,
                optimised=f"{mine:.4f}",
                parent=f"{other:.4f}",
                change=f"{mine - other:+.4f}".replace("-", MINUS),
                detail=detail,
            )
            for label, mine, other, detail in (
                ("Brier score", ours.brier, theirs.brier, "Squared error of all probabilities; lower is better."),
                ("NLL", ours.nll, theirs.nll, "How surprised the model is by the annotated class; lower is better."),
            )
        ),
    ]


def _speeds(comparison: Comparison) -> list[SideBySide]:
    if comparison.speed is None:
        return []
    return [_speed_row(figure) for figure in comparison.speed.figures]


def _speed_row(figure: SpeedFigure) -> SideBySide:
    label, unit, decimals = (
        ("Throughput", "images/s", 1) if figure.figure == "images_per_second" else ("Latency", "ms", 2)
    )
    ratio = figure.ratio

    def shown(spread: Spread) -> str:
        rounds = f" ({spread.low:.{decimals}f} to {spread.high:.{decimals}f})" if len(spread.rounds) > 1 else ""
        return f"{spread.median:.{decimals}f} {unit}{rounds}"

    rounds = f" ({ratio_text(ratio.low)} to {ratio_text(ratio.high)})" if len(ratio.rounds) > 1 else ""
    return SideBySide(
        label=label,
        optimised=shown(figure.optimised),
        parent=shown(figure.parent),
        change=f"{ratio_text(ratio.median)} {TIMES} as fast{rounds}",
        detail=f"Medians of rounds in which both were measured in turns, {figure.hint} hint; in brackets their spread.",
    )


def _sizes(comparison: Comparison) -> SideBySide:
    ours, theirs = size_bytes(comparison.optimised), size_bytes(comparison.parent)
    return SideBySide(
        label="File size",
        optimised=f"{ours / 1e6:.2f} MB",
        parent=f"{theirs / 1e6:.2f} MB",
        change=_size_change(ours, theirs),
        detail="Of the files that hold the network.",
    )


def _size_change(ours: int, theirs: int) -> str:
    if not (ours and theirs):
        return DASH
    if ours > theirs:
        return f"{ratio_text(ours / theirs)} {TIMES} as large"
    return f"{ratio_text(theirs / ours)} {TIMES} as small"


def _share_text(share: Share) -> str:
    interval = f"{100 * share.low:.2f} to {percent_text(share.high)}"
    return f"{percent_text(share.value)} ({interval}), {count_text(share.count)} of {count_text(share.n)}"
