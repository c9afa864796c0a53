"""The HTML report: one file that needs nothing else, not even a network.

Everything that a template prints is computed here, so that the template holds no arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from accubench.analysis import FAILED, worst_images
from accubench.export import facts
from accubench.export.charts import (
    Bar,
    IntervalBar,
    ReliabilityChart,
    confidence_bars,
    count_bars,
    interval_bar,
    rank_bars,
    reliability_chart,
)
from accubench.export.classes import ClassResult, ConfusedPair, class_results, confused_pairs, predicted_counts
from accubench.export.files import ImageJpeg
from accubench.export.page_rendering import address, picture, render
from accubench.export.page_table import EmbeddedTable, embedded_table
from accubench.records.report import Report, TopK

__all__ = ["GalleryImage", "PageContext", "html_page", "page_context"]

_GALLERY_IMAGES = 24
_PAIRS_SHOWN = 12
_CLASSES_COUNTED = 12
_FAILURES_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryImage:
    """One of the images worth looking at first."""

    image_name: str
    picture: str | None
    """The thumbnail as a data address, or None where there is none."""
    predicted: str
    predicted_confidence: float
    annotated: str | None
    annotated_confidence: float | None
    rank: int | None
    address: str
    """Shows the images with the same two classes in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """Everything that the page shows."""

    report: Report
    annotated: bool
    headline: str
    created: str
    warnings: tuple[str, ...]
    top_k: tuple[tuple[TopK, IntervalBar], ...]
    gallery: tuple[GalleryImage, ...]
    failures: tuple[tuple[str, str], ...]
    """Name and reason of failed images, as many as are listed."""
    pairs: tuple[tuple[ConfusedPair, str], ...]
    """With the address that shows their images in the table."""
    ranks: tuple[Bar, ...]
    confidences: tuple[Bar, ...]
    predicted: tuple[Bar, ...]
    predicted_classes: int
    classes: tuple[tuple[ClassResult, IntervalBar | None, str], ...]
    reliability: ReliabilityChart | None
    measured: tuple[facts.Fact, ...]
    run: tuple[facts.Fact, ...]
    reading: str
    mapping: str
    configuration: tuple[tuple[str, tuple[facts.ConfigurationValue, ...]], ...]
    """Values by section, in the order of the configuration."""
    images: EmbeddedTable


def html_page(report: Report, table: pl.DataFrame, *, image_jpeg: ImageJpeg) -> str:
    """The report as one HTML file.

    Args:
        report: The report.
        table: Its images, with the columns of `REPORT_COLUMNS`.
        image_jpeg: Asked for the pictures of the gallery, by image name and longer side in pixels.
    """
    return render("report.html", page_context(report, table, image_jpeg=image_jpeg))


def page_context(report: Report, table: pl.DataFrame, *, image_jpeg: ImageJpeg) -> PageContext:
    """Compute what the page shows."""
    annotated = report.mapping is not None
    calibration = report.summary.calibration
    predicted = predicted_counts(report, table)
    failed = table.filter(FAILED).head(_FAILURES_SHOWN)
    per_class = report.configuration.configuration.metrics.per_class and annotated
    return PageContext(
        report=report,
        annotated=annotated,
        headline=facts.headline(report),
        created=facts.date_text(report.created_at),
        warnings=facts.warnings(report),
        top_k=tuple((top, interval_bar(top.value, top.low, top.high)) for top in report.summary.top_k),
        gallery=_gallery(table, image_jpeg, annotated=annotated),
        failures=tuple(failed.select("image_name", pl.col("failure").fill_null("no reason was given")).iter_rows()),
        pairs=tuple(_with_addresses(confused_pairs(report, table, limit=_PAIRS_SHOWN))),
        ranks=rank_bars(table, report.scored_class_count) if annotated else (),
        confidences=confidence_bars(table),
        predicted=count_bars(predicted[:_CLASSES_COUNTED], total=report.summary.n),
        predicted_classes=len(predicted),
        classes=tuple(_class_rows(class_results(report, table))) if per_class else (),
        reliability=None if calibration is None else reliability_chart(calibration),
        measured=facts.measured_facts(report),
        run=facts.run_facts(report),
        reading=facts.reading_sentence(report.reading),
        mapping=facts.mapping_sentence(report),
        configuration=facts.configuration_sections(report),
        images=embedded_table(table, annotated=annotated),
    )


def _gallery(table: pl.DataFrame, image_jpeg: ImageJpeg, *, annotated: bool) -> tuple[GalleryImage, ...]:
    """The images that say most: the surest errors, or without annotations those the model was least sure of."""
    if annotated:
        chosen = worst_images(table, _GALLERY_IMAGES)
    else:
        evaluated = table.filter(~FAILED)
        chosen = evaluated.sort("predicted_confidence", maintain_order=True).head(_GALLERY_IMAGES)
    return tuple(_gallery_image(row, image_jpeg) for row in chosen.iter_rows(named=True))


def _gallery_image(row: dict[str, Any], image_jpeg: ImageJpeg) -> GalleryImage:
    image_name = str(row["image_name"])
    return GalleryImage(
        image_name=image_name,
        picture=picture(image_jpeg, image_name),
        predicted=_class_name(row, "predicted"),
        predicted_confidence=row["predicted_confidence"],
        annotated=None if row["annotated_class"] is None else _class_name(row, "annotated"),
        annotated_confidence=row["annotated_confidence"],
        rank=row["annotated_class_rank"],
        address=address(("image_name", "eq", image_name)),
    )


def _class_name(row: dict[str, Any], side: str) -> str:
    name = row[f"{side}_name"]
    return f"class {row[f'{side}_class']}" if name is None else str(name)


def _with_addresses(pairs: Iterable[ConfusedPair]) -> Iterable[tuple[ConfusedPair, str]]:
    for pair in pairs:
        annotated, predicted = str(pair.annotated_class), str(pair.predicted_class)
        yield pair, address(("annotated_class", "eq", annotated), ("predicted_class", "eq", predicted))


def _class_rows(results: Iterable[ClassResult]) -> Iterable[tuple[ClassResult, IntervalBar | None, str]]:
    for each in results:
        bounds = (each.recall, each.recall_low, each.recall_high)
        known = [bound for bound in bounds if bound is not None]
        bar = interval_bar(*known) if len(known) == len(bounds) else None
        yield each, bar, address(("annotated_class", "eq", str(each.class_id)))
