"""From what was seen of every image to the figures of a dataset's health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from accubench.records.dataset_health import ClassBalance, DuplicateGroup, FormatKinds, HistogramBin, ImageProblem

__all__ = ["KINDS", "SEEN_COLUMNS", "count_smaller", "health_figures"]

KINDS = ("sixteen_bit", "alpha", "animated", "cmyk", "gray", "turned")
"""Kinds of images that rules of decoding decide about."""
SEEN_COLUMNS = {
    "image_name": pl.String, "dataset_class": pl.Int64, "failure": pl.String, "sha256": pl.String,
    "width": pl.Int64, "height": pl.Int64, "format": pl.String, **dict.fromkeys(KINDS, pl.Boolean),
}  # fmt: skip
"""What is seen of an image. ``failure``: why it cannot be decoded, or null; sizes are as decoded, EXIF ignored;
the kinds are those of `accubench.images.ImageKind`, null where it cannot be decoded."""

SMALLEST_SIDE = 32
"""No network for photographs takes less."""
_SMALL_SHARE = 0.25
_LISTED = 50
_LISTED_EQUAL = 20
_SIDES = (0, 32, 64, 128, 224, 256, 320, 480, 640, 1024, 2048)
_RATIOS = (0.0, 0.5, 0.67, 0.8, 0.95, 1.05, 1.25, 1.5, 2.0)


def health_figures(seen: pl.DataFrame, *, named_classes: int = 0) -> dict[str, Any]:
    """The figures of `DatasetHealth`, by the names of its fields.

    An image is suspiciously small where its shorter side has fewer than 32 pixels, or fewer than a quarter of the
    median of all shorter sides.

    Args:
        seen: One row per image in dataset order, with the columns of `SEEN_COLUMNS`.
        named_classes: How many classes the dataset has names for.

    >>> row = {"image_name": "a", "dataset_class": 0, "failure": None, "sha256": "1", "width": 64, "height": 48,
    ...        "format": "PNG", **dict.fromkeys(KINDS, False)}
    >>> figures = health_figures(pl.DataFrame([row, {**row, "image_name": "b", "dataset_class": 1}], SEEN_COLUMNS))
    >>> figures["n_duplicates"], figures["n_contradicting"], figures["balance"].imbalance
    (1, 1, 1.0)
    """
    rows = seen.with_row_index("row")
    readable = rows.filter(pl.col("failure").is_null())
    unreadable = rows.filter(pl.col("failure").is_not_null())
    sides = readable.select(pl.min_horizontal("width", "height").alias("side"))["side"]
    median = sides.median() if len(sides) else None
    small_side = max(SMALLEST_SIDE, round(_SMALL_SHARE * float(median))) if isinstance(median, int | float) else 0
    small = readable.filter(sides < small_side)
    groups = _equal_images(rows)
    return {
        "n_images": len(seen),
        "n_unreadable": len(unreadable),
        "unreadable": _problems(unreadable, unreadable["failure"].to_list()),
        "n_duplicates": sum(group.n - 1 for group in groups),
        "n_contradicting": sum(group.contradicts_itself for group in groups),
        "duplicates": tuple(groups[:_LISTED]),
        "n_small": len(small),
        "small": _problems(small, [f"{width} x {height} pixels" for width, height in _sizes(small)]),
        "small_side": small_side,
        "formats": dict(Counter(readable["format"].to_list()).most_common()),
        **{f"n_{kind}": int(readable[kind].sum()) for kind in KINDS},
        "kinds": _kinds(readable),
        "balance": _balance(seen["dataset_class"], named_classes),
        "shorter_sides": _histogram(sides.to_list(), _SIDES),
        "sizes_whn": _counted_sizes(readable),
        "aspect_ratios": _histogram([width / height for width, height in _sizes(readable)], _RATIOS),
    }


def count_smaller(sizes_whn: Iterable[tuple[int, int, int]], size_hw: tuple[int, int]) -> int:
    """How many images have fewer pixels in height or in width.

    Args:
        sizes_whn: Width, height and number of images.
        size_hw: Height and width in pixels.

    >>> count_smaller([(500, 375, 10), (300, 200, 2), (224, 224, 1)], (224, 224))
    2
    """
    height, width = size_hw
    return sum(n for w, h, n in sizes_whn if h < height or w < width)


def _counted_sizes(readable: pl.DataFrame) -> tuple[tuple[int, int, int], ...]:
    counts = readable.group_by("width", "height").len()
    return tuple(counts.sort("len", "width", "height", descending=[True, False, False]).iter_rows())


def _sizes(rows: pl.DataFrame) -> list[tuple[int, int]]:
    return list(zip(rows["width"].to_list(), rows["height"].to_list(), strict=True))


def _problems(rows: pl.DataFrame, reasons: Sequence[str]) -> tuple[ImageProblem, ...]:
    listed = zip(rows["image_name"].to_list(), rows["row"].to_list(), reasons, strict=True)
    return tuple(ImageProblem(image_name=name, row=row, reason=why) for name, row, why in list(listed)[:_LISTED])


def _kinds(readable: pl.DataFrame) -> tuple[FormatKinds, ...]:
    counts = readable.group_by("format").agg(
        pl.len().alias("n_images"), *(pl.col(kind).sum().alias(f"n_{kind}") for kind in KINDS)
    )
    ordered = counts.sort("n_images", "format", descending=[True, False])
    return tuple(FormatKinds.model_validate(row) for row in ordered.iter_rows(named=True))


def _equal_images(rows: pl.DataFrame) -> list[DuplicateGroup]:
    """Groups of at least two equal files: those with different classes first, then the largest, then by name."""
    grouped = (
        rows.filter(pl.col("sha256").is_not_null())
        .group_by("sha256", maintain_order=True)
        .agg("image_name", "dataset_class")
        .filter(pl.col("image_name").list.len() > 1)
    )
    groups = [
        DuplicateGroup(
            n=len(names),
            image_names=tuple(names[:_LISTED_EQUAL]),
            classes=tuple(classes[:_LISTED_EQUAL]),
            contradicts_itself=len(set(classes) - {None}) > 1,
        )
        for names, classes in grouped.select("image_name", "dataset_class").iter_rows()
    ]
    return sorted(groups, key=lambda each: (not each.contradicts_itself, -each.n, each.image_names))


def _balance(classes: pl.Series, named_classes: int) -> ClassBalance | None:
    counts = sorted(Counter(classes.drop_nulls().to_list()).values())
    if not counts:
        return None
    middle = len(counts) // 2
    median = float(counts[middle]) if len(counts) % 2 else (counts[middle - 1] + counts[middle]) / 2
    empty = max(0, named_classes - len(counts))
    return ClassBalance(n_classes=len(counts), n_empty=empty, fewest=counts[0], median=median, most=counts[-1])


def _histogram(values: Sequence[float], edges: Sequence[float]) -> tuple[HistogramBin, ...]:
    """Counts between edges, the last bin open, without empty bins at either end."""
    ends = [*edges[1:], None]
    bins = [
        HistogramBin(low=low, high=high, n=sum(low <= value and (high is None or value < high) for value in values))
        for low, high in zip(edges, ends, strict=True)
    ]
    filled = [place for place, each in enumerate(bins) if each.n]
    return tuple(bins[filled[0] : filled[-1] + 1]) if filled else ()
