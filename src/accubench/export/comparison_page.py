"""The HTML page of a comparison: one file that needs nothing else, with the look of the accuracy report's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from accubench.export.charts import DifferenceBar, ReliabilityChart, difference_bar, reliability_chart
from accubench.export.comparison_facts import (
    SideBySide,
    accuracy_numbers,
    flips_first,
    prediction_numbers,
    side_by_side,
)
from accubench.export.comparison_text import (
    comparison_sentence,
    counts_sentence,
    difference_interval,
    flips_sentence,
    speed_sentence,
    verdict_sentence,
)
from accubench.export.facts import ConfigurationValue, Fact, date_text, mapping_sentence
from accubench.export.files import ImageJpeg
from accubench.export.numbers import (
    TIMES,
    class_text,
    count_text,
    distance_text,
    percent_text,
    plural,
    points_text,
    ratio_text,
    signed_points_text,
)
from accubench.export.page_rendering import address, picture, render
from accubench.export.pair_facts import pair_configurations, pair_facts, pair_run_facts, pair_warnings
from accubench.export.pair_tables import PairTable, comparison_table
from accubench.records.comparison import Comparison, Verdict

__all__ = ["ComparisonPage", "comparison_page", "comparison_page_html"]

_FLIPS_SHOWN = 24
_FAILURES_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One number in large type, and what belongs to it."""

    name: str
    value: str
    unit: str
    notes: tuple[str, ...]
    style: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipImage:
    """One of the flips worth looking at first."""

    image_name: str
    picture: str | None
    flip: str
    parent: str
    parent_confidence: float | None
    parent_style: str
    optimised: str
    optimised_confidence: float | None
    optimised_style: str
    annotated: str | None
    address: str
    """Shows the image in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCell:
    """A cell of the 2 x 2 table of outcomes, with the words for its images and the addresses that show them."""

    count: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPage:
    """Everything that the page shows."""

    report: Comparison
    annotated: bool
    headline: str
    counted: str
    created: str
    warnings: tuple[str, ...]
    cards: tuple[Card, ...]
    bar: DifferenceBar | None
    verdict: str
    sides: tuple[SideBySide, ...]
    speed: str
    outcomes: tuple[tuple[str, OutcomeCell, OutcomeCell], ...]
    """Rows: what the parent was, then the optimised model right and wrong."""
    numbers: tuple[Fact, ...]
    flips: tuple[FlipImage, ...]
    flips_said: str
    classes: tuple[tuple[str, tuple[str, ...], str], ...]
    """Class, cells, and the address of its images."""
    classes_said: str
    reliability: tuple[tuple[str, ReliabilityChart], ...]
    failures: tuple[tuple[str, str], ...]
    failed: int
    measured: tuple[Fact, ...]
    run: tuple[Fact, ...]
    mapping: str
    configurations: tuple[tuple[str, tuple[tuple[str, tuple[ConfigurationValue, ...]], ...]], ...]
    """Of both models together, or of each where they differ."""
    images: PairTable


def comparison_page_html(comparison: Comparison, table: pl.DataFrame, *, image_jpeg: ImageJpeg) -> str:
    """A comparison as one HTML file.

    Args:
        comparison: The comparison.
        table: Its images, with the columns of `COMPARISON_COLUMNS`.
        image_jpeg: Asked for the pictures of flips, by image name and longer side in pixels.
    """
    return render("comparison.html", comparison_page(comparison, table, image_jpeg=image_jpeg))


def comparison_page(comparison: Comparison, table: pl.DataFrame, *, image_jpeg: ImageJpeg) -> ComparisonPage:
    """Compute what the page shows."""
    summary = comparison.summary
    annotated = bool(table["annotated_class"].count())
    failed = table.filter(pl.col("status") == "failed").head(_FAILURES_SHOWN)
    return ComparisonPage(
        report=comparison,
        annotated=annotated,
        headline=comparison_sentence(comparison),
        counted=counts_sentence(comparison),
        created=date_text(comparison.created_at),
        warnings=pair_warnings(comparison),
        cards=tuple(_cards(comparison)),
        bar=_bar(comparison),
        verdict=verdict_sentence(comparison),
        sides=side_by_side(comparison),
        speed=speed_sentence(comparison),
        outcomes=_outcomes(comparison),
        numbers=(*accuracy_numbers(comparison), *prediction_numbers(comparison)),
        flips=tuple(
            _flip_image(row, image_jpeg) for row in flips_first(table).head(_FLIPS_SHOWN).iter_rows(named=True)
        ),
        flips_said=flips_sentence(comparison),
        classes=_classes(comparison),
        classes_said=(
            f"{plural(summary.n_classes_tested, 'class')} with at least {plural(summary.min_support, 'image')} were "
            "tested; q is the p-value after Benjamini and Hochberg over all of them."
        ),
        reliability=_reliability(comparison),
        failures=tuple(failed.select("image_name", pl.col("failure").fill_null("no reason was given")).iter_rows()),
        failed=summary.n_failed,
        measured=pair_facts(comparison),
        run=pair_run_facts(comparison),
        mapping=mapping_sentence(comparison.optimised),
        configurations=pair_configurations(comparison),
        images=comparison_table(table, annotated=annotated),
    )


def _bar(comparison: Comparison) -> DifferenceBar | None:
    difference, verdict = comparison.summary.difference, comparison.summary.verdict
    if difference is None or verdict is None:
        return None
    return difference_bar(difference.value, *_decisive(comparison, verdict), margin=verdict.margin)


def _decisive(comparison: Comparison, verdict: Verdict) -> tuple[float, float]:
    difference = comparison.summary.difference
    assert difference is not None
    if verdict.interval == "newcombe" and difference.low is not None and difference.high is not None:
        return difference.low, difference.high
    return difference.tango_low, difference.tango_high


def _cards(comparison: Comparison) -> list[Card]:
    summary = comparison.summary
    difference, verdict = summary.difference, summary.verdict
    cards: list[Card] = []
    if difference is not None and verdict is not None:
        interval = f"95 % interval {difference_interval(difference)}"
        cards += [
            Card(name="Top-1 accuracy", value=signed_points_text(difference.value), unit="points", notes=(interval,)),
            Card(
                name="Verdict",
                value=verdict.outcome,
                unit="",
                notes=_verdict_notes(verdict),
                style=f"word verdict-{verdict.outcome}",
            ),
        ]
    elif summary.ceiling is not None:
        notes = ("the most that accuracy can have changed", "95 % confidence, without annotations")
        cards.append(Card(name="Ceiling", value=f"{100 * summary.ceiling:.2f}", unit="points", notes=notes))
    if summary.agreement is not None:
        interval = f"95 % interval {100 * summary.agreement.low:.2f} to {percent_text(summary.agreement.high)}"
        share = f"{100 * summary.agreement.value:.2f}"
        cards.append(Card(name="Agreement", value=share, unit="%", notes=(interval,)))
    cards.append(Card(name="Flips", value=count_text(summary.flips.total), unit="", notes=_flip_notes(comparison)))
    if comparison.speed is not None:
        ratio = comparison.speed.figures[0].ratio
        rounds = f"rounds {ratio_text(ratio.low)} to {ratio_text(ratio.high)}"
        cards.append(
            Card(name="Throughput", value=ratio_text(ratio.median), unit=f"{TIMES} as fast", notes=(rounds,)),
        )
    return cards


def _verdict_notes(verdict: Verdict) -> tuple[str, ...]:
    margin = f"margin {points_text(verdict.margin, decimals=None)}"
    needed = verdict.images_needed
    return (margin,) if needed is None else (margin, f"about {plural(needed, 'image')} would settle it")


def _flip_notes(comparison: Comparison) -> tuple[str, ...]:
    flips = comparison.summary.flips
    kinds = ((flips.broken, "broken"), (flips.fixed, "fixed"), (flips.moved, "moved"), (flips.changed, "without label"))
    counted = ", ".join(f"{count_text(count)} {word}" for count, word in kinds if count)
    return (*((counted,) if counted else ()), f"of {plural(comparison.summary.n, 'image')}")


def _outcomes(comparison: Comparison) -> tuple[tuple[str, OutcomeCell, OutcomeCell], ...]:
    outcomes, flips = comparison.summary.outcomes, comparison.summary.flips
    if outcomes is None:
        return ()
    alike = f"{count_text(outcomes.both_wrong - flips.moved)} alike"
    moved = f"{count_text(flips.moved)} moved"
    return (
        (
            "Parent right",
            _cell(outcomes.both_right, ("both right", "right")),
            _cell(outcomes.broken, ("broken", "broken")),
        ),
        (
            "Parent wrong",
            _cell(outcomes.fixed, ("fixed", "fixed")),
            _cell(outcomes.both_wrong, (alike, "wrong"), (moved, "moved")),
        ),
    )


def _cell(count: int, *parts: tuple[str, str]) -> OutcomeCell:
    """A cell whose words lead to the images with a result."""
    links = tuple((text, address(("result", "eq", result))) for text, result in parts)
    return OutcomeCell(count=count_text(count), parts=links)


def _flip_image(row: dict[str, Any], image_jpeg: ImageJpeg) -> FlipImage:
    image_name, flip = str(row["image_name"]), str(row["flip"])
    return FlipImage(
        image_name=image_name,
        picture=picture(image_jpeg, image_name),
        flip=flip,
        parent=class_text(row["parent_class"], row["parent_name"]),
        parent_confidence=row["parent_confidence"],
        parent_style="wrong" if flip in {"fixed", "moved"} else "",
        optimised=class_text(row["optimised_class"], row["optimised_name"]),
        optimised_confidence=row["optimised_confidence"],
        optimised_style="wrong" if flip in {"broken", "moved"} else "",
        annotated=None if row["annotated_class"] is None else class_text(row["annotated_class"], row["annotated_name"]),
        address=address(("image_name", "eq", image_name)),
    )


def _classes(comparison: Comparison) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    return tuple(
        (
            class_text(each.class_id, each.name),
            (
                count_text(each.n),
                count_text(each.broken),
                count_text(each.fixed),
                signed_points_text(each.difference),
                distance_text(each.p),
                distance_text(each.q),
            ),
            address(("annotated_class", "eq", str(each.class_id))),
        )
        for each in comparison.summary.classes
    )


def _reliability(comparison: Comparison) -> tuple[tuple[str, ReliabilityChart], ...]:
    return tuple(
        (model.model_name, reliability_chart(model.summary.calibration))
        for model in comparison.evaluated_models
        if model.summary.calibration is not None
    )
