"""The part of a dataset's page about its health."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accubench.export.health_text import equal_names, health_lines, kind_table
from accubench.export.numbers import TIMES
from accubench.records.base import Record
from accubench.records.dataset_health import DatasetHealth, HistogramBin, ImageProblem, SmallerThanInput

__all__ = ["HealthView", "health_view"]

_BAR_WIDTH = 160.0


class Bar(Record):
    """A bar of a histogram."""

    label: str
    n: int
    width: float


class SmallerRow(Record):
    """How many images are smaller than the input of a model."""

    model: str
    address: str
    size: str
    n: int | None


class HealthView(Record):
    """What looking at every image told, ready to be shown."""

    lines: tuple[str, ...]
    unreadable: tuple[ImageProblem, ...]
    small: tuple[ImageProblem, ...]
    duplicates: tuple[tuple[str, str], ...]
    """Names of equal images, and what their classes say."""
    kinds: tuple[tuple[str, ...], ...]
    """Titles, then a row for each format; empty where there is nothing to tell."""
    smaller: tuple[SmallerRow, ...]
    """Of each model that has a project on the dataset."""
    shorter_sides: tuple[Bar, ...]
    aspect_ratios: tuple[Bar, ...]


def health_view(health: DatasetHealth, smaller: Iterable[SmallerThanInput]) -> HealthView:
    """Sentences, tables, lists and bars.

    Args:
        health: What looking at every image told.
        smaller: How many images are smaller than the inputs of models.
    """
    return HealthView(
        lines=health_lines(health),
        unreadable=health.unreadable,
        small=health.small,
        duplicates=tuple(
            (equal_names(group), _classes(group.classes, contradicting=group.contradicts_itself))
            for group in health.duplicates
        ),
        kinds=kind_table(health),
        smaller=tuple(_smaller_row(each) for each in smaller),
        shorter_sides=_bars(health.shorter_sides, "{:g}"),
        aspect_ratios=_bars(health.aspect_ratios, "{:.2f}"),
    )


def _smaller_row(found: SmallerThanInput) -> SmallerRow:
    size = "any size" if found.size_hw is None else f"{found.size_hw[1]} {TIMES} {found.size_hw[0]}"
    return SmallerRow(model=found.model_name, address=f"/models/{found.model_id}", size=size, n=found.n)


def _classes(classes: Sequence[int | None], *, contradicting: bool) -> str:
    named = ", ".join("none" if each is None else str(each) for each in classes)
    return f"contradicting classes: {named}" if contradicting else f"classes {named}"


def _bars(bins: Sequence[HistogramBin], form: str) -> tuple[Bar, ...]:
    largest = max((each.n for each in bins), default=1)
    return tuple(
        Bar(
            label=f"{form.format(each.low)} {'and more' if each.high is None else f'to {form.format(each.high)}'}",
            n=each.n,
            width=round(_BAR_WIDTH * each.n / largest, 1),
        )
        for each in bins
    )
