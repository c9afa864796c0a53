"""Comparisons and tensor distances as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from accubench.cli.rendering import class_label, make_console, make_table
from accubench.cli.text import plain
from accubench.export import (
    DASH,
    DISTRIBUTION_TITLES,
    accuracy_numbers,
    confidence_text,
    counts_sentence,
    distance_text,
    distribution_cells,
    flips_first,
    flips_sentence,
    pair_warnings,
    prediction_numbers,
    side_by_side,
    signed_points_text,
    verdict_sentence,
    worst_distances,
)

if TYPE_CHECKING:
    import polars as pl

    from accubench.records.comparison import Comparison
    from accubench.records.tensor_distance import TensorDistance
    from accubench.workspace import ComparisonReport, DistanceReport

__all__ = ["show_compared_images", "show_comparison", "show_distance", "show_distances"]

_CLASSES_SHOWN = 5
_VERDICT_STYLES = {"pass": "bold green", "fail": "bold red", "inconclusive": "bold yellow"}


def show_comparison(report: ComparisonReport, *, rows: int = 5) -> None:
    """Print the headline, both models side by side, what became of the images, and the first flips."""
    console, record = make_console(), report.record
    _show_head(console, record, report.sentence)
    console.print(plain(counts_sentence(record)))
    _show_sides(console, record)
    _show_outcomes(console, record)
    _show_numbers(console, record)
    _show_classes(console, record)
    flips = flips_first(report.images)
    if rows and len(flips):
        show_compared_images(console, flips.head(rows), title="\nFlips")
        if len(flips) > rows:
            console.print(f"and {len(flips) - rows} more.")
    _show_failed(console, report.failed, rows)
    _show_foot(console, record)


def show_distance(report: DistanceReport, *, rows: int = 5) -> None:
    """Print the headline, how the distances of every output are spread, and the worst images."""
    console, record = make_console(), report.record
    _show_head(console, record, report.sentence)
    for output in record.outputs:
        table = make_table(*DISTRIBUTION_TITLES, title=f"\nOutput {plain(output.output)}, {output.columns} numbers")
        for each in output.distributions:
            table.add_row(*map(plain, distribution_cells(each)))
        console.print(table)
    worst = worst_distances(report.table, record.outputs[0], rows)
    if len(worst):
        show_distances(console, worst, title="\nWorst images")
    _show_failed(console, report.failed, rows)
    _show_foot(console, record)


def show_compared_images(console: Console, images: pl.DataFrame, title: str | None = None) -> None:
    """Print rows of a comparison's table: both classes, confidences and what changed."""
    annotated = images["annotated_class"].count() > 0
    tagged = "tags" in images.columns and images["tags"].count() > 0
    columns = ("Image", "Flip", "Parent", "Confidence", "Optimised", "Confidence", "Rank", "KL")
    more = [*(["Annotated"] if annotated else []), *(["Tags"] if tagged else [])]
    table = make_table(*columns, *more, title=title)
    for image in images.iter_rows(named=True):
        failed, rank = image["status"] == "failed", image["parent_class_rank"]
        table.add_row(
            plain(image["image_name"]),
            f"failed: {plain(image['failure'] or '')}" if failed else image["flip"] or DASH,
            class_label(image["parent_class"], image["parent_name"]),
            confidence_text(image["parent_confidence"]),
            class_label(image["optimised_class"], image["optimised_name"]),
            confidence_text(image["optimised_confidence"]),
            DASH if rank is None else str(rank),
            distance_text(image["kl_divergence"]),
            *([class_label(image["annotated_class"], image["annotated_name"])] if annotated else []),
            *([plain(image["tags"] or "")] if tagged else []),
        )
    console.print(table)


def show_distances(console: Console, images: pl.DataFrame, title: str | None = None) -> None:
    """Print rows of a tensor distance's table."""
    tagged = "tags" in images.columns and images["tags"].count() > 0
    columns = ("Image", "MSE", "Cosine", "KL", "Largest difference", "Class")
    table = make_table(*columns, *(["Tags"] if tagged else []), title=title)
    for image in images.iter_rows(named=True):
        agreed = image["agreed"]
        table.add_row(
            plain(image["image_name"]),
            f"failed: {plain(image['failure'] or '')}" if image["status"] == "failed" else distance_text(image["mse"]),
            *map(distance_text, (image["cosine_distance"], image["kl_divergence"], image["max_abs_difference"])),
            DASH if agreed is None else "the same" if agreed else "another",
            *([plain(image["tags"] or "")] if tagged else []),
        )
    console.print(table)


def _show_head(console: Console, record: Comparison | TensorDistance, sentence: str) -> None:
    target = record.target
    names = f"{record.optimised.model_name} and {record.parent.model_name} on {record.dataset_name}"
    console.print()
    console.print(Text(plain(names), style="bold"))
    if record.subset is not None:
        console.print(Text(record.subset.sentence, style="dim"))
    console.print(Text(f"{target.device} ({plain(target.device_name)})", style="dim"))
    console.print()
    console.print(Text(plain(sentence), style="bold"))
    for warning in pair_warnings(record):
        console.print(Text.assemble(("Warning: ", "yellow"), plain(warning)), overflow="fold")


def _show_sides(console: Console, record: Comparison) -> None:
    optimised, parent = plain(record.optimised.model_name), plain(record.parent.model_name)
    table = make_table("", optimised, parent, "Change", title="\nSide by side")
    for row in side_by_side(record):
        table.add_row(row.label, row.optimised, row.parent, row.change)
    console.print(table)


def _show_outcomes(console: Console, record: Comparison) -> None:
    outcomes, flips = record.summary.outcomes, record.summary.flips
    if outcomes is not None:
        table = make_table("", "Optimised right", "Optimised wrong", title="\nWhat became of the images")
        table.add_row("Parent right", str(outcomes.both_right), f"{outcomes.broken} broken")
        table.add_row("Parent wrong", f"{outcomes.fixed} fixed", f"{outcomes.both_wrong}, of them {flips.moved} moved")
        console.print(table)
    else:
        console.print()
    console.print(flips_sentence(record))


def _show_numbers(console: Console, record: Comparison) -> None:
    verdict = record.summary.verdict
    style = "" if verdict is None else _VERDICT_STYLES[verdict.outcome]
    word, colon, reason = verdict_sentence(record).partition(":")
    console.print()
    console.print(Text.assemble((word + colon, style), reason))
    numbers = (*accuracy_numbers(record), *prediction_numbers(record))
    table = make_table("Number", "Value", title="\nIn numbers")
    for number in numbers:
        if number.label != "Verdict":
            table.add_row(number.label, number.value)
    if numbers:
        console.print(table)


def _show_classes(console: Console, record: Comparison) -> None:
    summary = record.summary
    if not summary.classes:
        return
    tested = f"{summary.n_classes_tested} tested, at least {summary.min_support} images each"
    table = make_table("Class", "Images", "Broken", "Fixed", "Points", "q", title=f"\nClasses hurt most ({tested})")
    for each in summary.classes[:_CLASSES_SHOWN]:
        table.add_row(
            class_label(each.class_id, each.name),
            str(each.n),
            str(each.broken),
            str(each.fixed),
            signed_points_text(each.difference),
            distance_text(each.q),
        )
    console.print(table)


def _show_failed(console: Console, failed: pl.DataFrame, rows: int) -> None:
    if not rows or not len(failed):
        return
    table = make_table("Image", "Reason", title="\nFailed images")
    for name, reason in failed.head(rows).iter_rows():
        table.add_row(plain(name), plain(reason or ""))
    console.print(table)
    if len(failed) > rows:
        console.print(f"and {len(failed) - rows} more.")


def _show_foot(console: Console, record: Comparison | TensorDistance) -> None:
    reused = [model.model_name for model in record.evaluated_models if model.reused_predictions]
    how = f"; predictions of {' and '.join(reused)} were stored already (--fresh infers anew)" if reused else ""
    console.print()
    console.print(Text(plain(f"Report {record.id} in {record.duration_s:.1f} s{how}."), style="dim"))
