"""Figures of a dataset's health against their definitions and numpy."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from accubench.analysis.dataset_health import KINDS, SEEN_COLUMNS, count_smaller, health_figures

IMAGES = st.lists(
    st.fixed_dictionaries(
        {
            "dataset_class": st.none() | st.integers(0, 4),
            "failure": st.sampled_from([None, None, None, "is truncated"]),
            "sha256": st.sampled_from("abcdef"),
            "width": st.integers(1, 3000),
            "height": st.integers(1, 3000),
            "format": st.sampled_from(["JPEG", "PNG", "GIF"]),
            **{kind: st.booleans() for kind in KINDS},
        }
    ),
    max_size=60,
)


def table_of(images) -> pl.DataFrame:
    rows = [{"image_name": f"{place}.jpg", **image} for place, image in enumerate(images)]
    for row in rows:
        if row["failure"]:
            row.update(dict.fromkeys(("width", "height", "format", *KINDS)))
    return pl.DataFrame(rows, SEEN_COLUMNS)


@given(IMAGES)
def test_counts_are_those_of_a_plain_loop(images):
    figures = health_figures(table_of(images))
    readable = [image for image in images if image["failure"] is None]

    assert figures["n_unreadable"] == len(images) - len(readable)
    assert figures["n_duplicates"] == len(images) - len({image["sha256"] for image in images})
    assert sum(figures["formats"].values()) == len(readable)
    for kind in KINDS:
        assert figures[f"n_{kind}"] == sum(image[kind] for image in readable)
        for row in figures["kinds"]:
            assert getattr(row, f"n_{kind}") == sum(image[kind] for image in readable if image["format"] == row.format)
    assert {row.format: row.n_images for row in figures["kinds"]} == figures["formats"]


@given(IMAGES)
def test_histograms_count_every_readable_image_once_as_numpy_does(images):
    figures = health_figures(table_of(images))
    readable = [image for image in images if image["failure"] is None]
    sides = [min(image["width"], image["height"]) for image in readable]
    bins = figures["shorter_sides"]

    assert sum(each.n for each in bins) == len(readable)
    for each in bins:
        end = np.inf if each.high is None else each.high
        assert each.n == np.count_nonzero((np.array(sides) >= each.low) & (np.array(sides) < end))
    assert sum(each.n for each in figures["aspect_ratios"]) == len(readable)
    median = np.median(sides) if sides else None
    limit = 0 if median is None else max(32, round(0.25 * median))
    assert figures["n_small"] == sum(side < limit for side in sides)


@given(IMAGES)
def test_equal_images_with_different_classes_come_first(images):
    figures = health_figures(table_of(images))
    contradicting = 0
    for digest in {image["sha256"] for image in images}:
        classes = {image["dataset_class"] for image in images if image["sha256"] == digest} - {None}
        contradicting += len(classes) > 1
    groups = figures["duplicates"]

    assert figures["n_contradicting"] == contradicting
    assert [group.contradicts_itself for group in groups] == sorted(
        (group.contradicts_itself for group in groups), reverse=True
    )


@given(IMAGES)
def test_balance_is_over_the_classes_that_occur(images):
    balance = health_figures(table_of(images), named_classes=7)["balance"]
    counts = Counter(image["dataset_class"] for image in images if image["dataset_class"] is not None)
    if not counts:
        assert balance is None
        return
    values = list(counts.values())
    assert (balance.n_classes, balance.fewest, balance.most) == (len(values), min(values), max(values))
    assert balance.median == np.median(values)
    assert balance.n_empty == 7 - len(values)
    assert balance.imbalance == max(values) / min(values)


@given(IMAGES, st.integers(1, 3000), st.integers(1, 3000))
def test_images_smaller_than_an_input_are_those_with_too_few_pixels_either_way(images, height, width):
    sizes = health_figures(table_of(images))["sizes_whn"]
    readable = [image for image in images if image["failure"] is None]

    assert count_smaller(sizes, (height, width)) == sum(
        image["height"] < height or image["width"] < width for image in readable
    )
    assert len({size[:2] for size in sizes}) == len(sizes)
    assert [size[2] for size in sizes] == sorted((size[2] for size in sizes), reverse=True)
