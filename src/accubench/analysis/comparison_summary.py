"""The numbers above a comparison's table, computed from the table and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from accubench.analysis.flips import TOP_CLASSES
from accubench.analysis.intervals import wilson
from accubench.analysis.multiple_testing import benjamini_hochberg
from accubench.analysis.paired import PairedCounts, clopper_pearson, mcnemar
from accubench.analysis.verdicts import difference_of, verdict
from accubench.records.comparison import (
    ClassChange,
    ComparisonSummary,
    FlipCounts,
    McNemar,
    Outcomes,
    Share,
    TopKKept,
)

__all__ = ["summarize_comparison"]

_CLASSES_LISTED = 20
_NAMES_LISTED = 20


def summarize_comparison(
    table: pl.DataFrame,
    *,
    margin: float,
    class_name: Callable[[int | None], str | None],
    n_left_out: int = 0,
    min_support: int = 10,
    top_k: int = TOP_CLASSES,
) -> ComparisonSummary:
    """The summary of report 2.

    Failed images count in `n_images` and `n_failed` and nowhere else. A failed image that has an ``optimised_class``
    and no ``parent_class`` is one that only the optimised model was evaluated on, and the other way round.

    Outcomes, difference, tests and classes are over the compared images that the dataset annotates, which have an
    ``optimised_annotated_rank``; without any they are None. Listed are classes with more images broken than fixed, by
    q-value, then difference, then id, at most 20.

    Flips that a person labelled (`label_flips`) have an ``annotated_class``, but no rank of it. Once no flip is left
    without annotation and label, the difference is over all compared images, and exact: images without a flip cannot
    change it. But nobody knows how many of them are right, so that outcomes and Newcombe's bounds are None then, and
    Tango's, which need no more than the flips, decide.

    Args:
        table: A comparison's table with the columns of `COMPARISON_COLUMNS` (names of classes are not needed).
        margin: Greatest drop of accuracy that is accepted, as a share.
        class_name: Gives the name of an output of the optimised model, or None.
        n_left_out: Images left out because the optimised model was calibrated on them.
        min_support: Images that a class must have to be tested.
        top_k: Out of how many ``top_classes_kept`` counts: `TOP_CLASSES`, or the number of classes where that is less.

    >>> table = pl.DataFrame({
    ...     "image_name": ["a.png", "b.png", "c.png"],
    ...     "status": ["compared", "compared", "failed"],
    ...     "optimised_class": [0, 1, 0], "parent_class": [0, 0, None], "parent_class_rank": [0, 1, None],
    ...     "flip": [None, "broken", None], "agreed": [True, False, None],
    ...     "annotated_class": [0, 0, 0], "optimised_annotated_rank": [0, 1, None],
    ...     "kl_divergence": [0.0, 0.5, None], "top_classes_kept": [2, 2, None],
    ... })
    >>> summary = summarize_comparison(table, margin=0.01, class_name=lambda class_id: None, top_k=2)
    >>> summary.n, summary.only_optimised, summary.outcomes, summary.mean_kl
    (2, ('c.png',), Outcomes(both_right=1, broken=1, fixed=0, both_wrong=0), 0.25)
    """
    compared = table.filter(pl.col("status") == "compared")
    annotated = compared.filter(pl.col("optimised_annotated_rank").is_not_null())
    only_optimised, only_parent = _evaluated_by_one(table)
    flips = _flip_counts(compared)
    labelled = _labelled(compared)
    summary = ComparisonSummary(
        n_images=len(table),
        n=len(compared),
        n_failed=len(table) - len(compared),
        n_only_optimised=len(only_optimised),
        n_only_parent=len(only_parent),
        only_optimised=tuple(only_optimised[:_NAMES_LISTED]),
        only_parent=tuple(only_parent[:_NAMES_LISTED]),
        n_left_out=n_left_out,
        flips=flips,
        agreement=_share(len(compared) - flips.total, len(compared)) if len(compared) else None,
        ceiling=clopper_pearson(flips.total, len(compared))[1] if len(compared) else None,
        top_k_kept=_top_k_kept(compared, top_k),
        mean_kl=_mean(compared["kl_divergence"]),
        min_support=min_support,
        labelled_flips=labelled or None,
    )
    if labelled and not flips.changed:
        return summary.model_copy(update=_judged_by_flips(flips, len(compared), margin))
    if len(annotated):
        return summary.model_copy(update=_judged(annotated, margin, min_support, class_name))
    return summary


def _evaluated_by_one(table: pl.DataFrame) -> tuple[list[str], list[str]]:
    """Names of images that only the optimised model, and that only its parent was evaluated on."""
    failed = table.filter(pl.col("status") != "compared")
    optimised, parent = pl.col("optimised_class").is_not_null(), pl.col("parent_class").is_not_null()
    by_one = (failed.filter(optimised & ~parent), failed.filter(parent & ~optimised))
    return by_one[0]["image_name"].to_list(), by_one[1]["image_name"].to_list()


def _flip_counts(compared: pl.DataFrame) -> FlipCounts:
    return FlipCounts.model_validate(dict(compared["flip"].drop_nulls().value_counts().rows()))


def _labelled(compared: pl.DataFrame) -> int:
    """Flips that have a class from a person: an annotated class, but no rank of it."""
    by_person = pl.col("annotated_class").is_not_null() & pl.col("optimised_annotated_rank").is_null()
    return len(compared.filter(by_person))


def _mean(column: pl.Series) -> float | None:
    values_n = column.drop_nulls().to_numpy()
    return float(values_n.mean()) if len(values_n) else None


def _share(count: int, n: int) -> Share:
    low, high = wilson(count, n)
    return Share(count=count, n=n, value=count / n, low=low, high=high)


def _top_k_kept(compared: pl.DataFrame, k: int) -> TopKKept | None:
    if not len(compared):
        return None
    in_top_k = int((compared["parent_class_rank"] < k).sum())
    kept = float(compared["top_classes_kept"].to_numpy().mean()) / k
    return TopKKept(k=k, value=kept, parent_class_in_top_k=_share(in_top_k, len(compared)))


def _judged_by_flips(flips: FlipCounts, n: int, margin: float) -> dict[str, object]:
    """What follows when all flips are known to be broken, fixed or moved, but other images may be right or wrong."""
    counts = PairedCounts(
        both_right=0, broken=flips.broken, fixed=flips.fixed, both_wrong=n - flips.broken - flips.fixed
    )
    return {
        "difference": difference_of(counts, all_outcomes_known=False),
        "mcnemar": _mcnemar(flips.broken, flips.fixed),
        "verdict": verdict(counts, margin, interval="tango"),
    }


def _judged(
    annotated: pl.DataFrame, margin: float, min_support: int, class_name: Callable[[int | None], str | None]
) -> dict[str, object]:
    broken, fixed = (int((annotated["flip"] == kind).sum()) for kind in ("broken", "fixed"))
    both_right = int((annotated["agreed"] & (annotated["optimised_annotated_rank"] == 0)).sum())
    both_wrong = len(annotated) - both_right - broken - fixed
    counts = PairedCounts(both_right=both_right, broken=broken, fixed=fixed, both_wrong=both_wrong)
    tested = _tested_classes(annotated, min_support)
    return {
        "outcomes": Outcomes(both_right=both_right, broken=broken, fixed=fixed, both_wrong=both_wrong),
        "difference": difference_of(counts),
        "mcnemar": _mcnemar(broken, fixed),
        "verdict": verdict(counts, margin),
        "classes": _hurt_classes(tested, class_name),
        "n_classes_tested": len(tested),
    }


def _mcnemar(broken: int, fixed: int) -> McNemar:
    mid_p, exact_p = mcnemar(broken, fixed)
    return McNemar(mid_p=mid_p, exact_p=exact_p)


def _tested_classes(annotated: pl.DataFrame, min_support: int) -> pl.DataFrame:
    """Per class with enough images: how many were broken and fixed, p and q."""
    counted = (
        annotated.group_by("annotated_class")
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            (pl.col("flip") == "broken").sum().cast(pl.Int64).alias("broken"),
            (pl.col("flip") == "fixed").sum().cast(pl.Int64).alias("fixed"),
        )
        .filter(pl.col("n") >= min_support)
    )
    p = [mcnemar(broken, fixed)[0] for broken, fixed in counted.select("broken", "fixed").iter_rows()]
    return counted.with_columns(
        ((pl.col("fixed") - pl.col("broken")) / pl.col("n")).alias("difference"),
        pl.Series("p", p, dtype=pl.Float64),
        pl.Series("q", benjamini_hochberg(p), dtype=pl.Float64),
    )


def _hurt_classes(tested: pl.DataFrame, class_name: Callable[[int | None], str | None]) -> tuple[ClassChange, ...]:
    hurt = tested.filter(pl.col("broken") > pl.col("fixed")).sort("q", "difference", "annotated_class")
    return tuple(
        ClassChange(
            class_id=row["annotated_class"],
            name=class_name(row["annotated_class"]),
            **{name: row[name] for name in ("n", "broken", "fixed", "difference", "p", "q")},
        )
        for row in hurt.head(_CLASSES_LISTED).iter_rows(named=True)
    )
