"""Confused pairs and single classes of a report, with their names, for pages, logs and figures."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from accubench.analysis import confusion_pairs, most_confused, per_class_table
from accubench.records.report import Report

__all__ = ["ClassResult", "ConfusedPair", "class_results", "confused_pairs", "predicted_counts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusedPair:
    """A class that is taken for another one."""

    annotated_class: int
    annotated_name: str | None
    predicted_class: int
    predicted_name: str | None
    images: int
    share_of_annotated: float
    """Of the images annotated with that class, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassResult:
    """How well one class does; shares are None where their denominator is 0."""

    class_id: int
    name: str | None
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    f1: float


def confused_pairs(report: Report, table: pl.DataFrame, *, limit: int) -> tuple[ConfusedPair, ...]:
    """The most frequent errors, most images first."""
    pairs = confusion_pairs(table["predicted_class"], table["annotated_class"])
    return tuple(
        ConfusedPair(
            annotated_name=report.class_name(row["annotated_class"]),
            predicted_name=report.class_name(row["predicted_class"]),
            **row,
        )
        for row in most_confused(pairs, limit).iter_rows(named=True)
    )


def class_results(report: Report, table: pl.DataFrame) -> tuple[ClassResult, ...]:
    """Every class that is annotated or predicted on some image, the weakest first.

    Weakest is the one with the lowest recall and, among equals, with the most images; classes without annotated images
    come last.
    """
    rows = per_class_table(table["predicted_class"], table["annotated_class"])
    ordered = rows.sort("recall", "support", "class_id", descending=[False, True, False], nulls_last=True)
    return tuple(
        ClassResult(name=report.class_name(row["class_id"]), **row)
        for row in ordered.drop("right").iter_rows(named=True)
    )


def predicted_counts(report: Report, table: pl.DataFrame) -> tuple[tuple[int, str | None, int], ...]:
    """Id, name and number of images of every predicted class, most frequent first."""
    counted = table["predicted_class"].drop_nulls().value_counts(name="images")
    ordered = counted.sort("images", "predicted_class", descending=[True, False])
    return tuple((class_id, report.class_name(class_id), images) for class_id, images in ordered.iter_rows())
