"""Facets: counts by value that add up, and filters that lead to exactly the images counted."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.analysis import facets, parse_filter, select
from accubench.records.facets import Facets, FacetValue
from accubench.records.report import REPORT_COLUMNS
from report_tables import report_tables

ALL = ("predicted_class", "annotated_class", "rank", "confidence", "status", "tags")
TAGS = ("blurry", "very blurry", "Dark")


def values_of(found: Facets) -> list[FacetValue]:
    return [value for name in ALL for value in getattr(found, name)]


@given(report_tables(tags=TAGS))
def test_the_filters_of_every_value_select_as_many_images_as_it_counts(table: pl.DataFrame) -> None:
    for value in values_of(facets(table, tags=TAGS)):
        assert select(table, [parse_filter(text) for text in value.filters]).count == value.count


@given(report_tables())
def test_ranks_confidences_and_status_count_every_image_that_has_one(table: pl.DataFrame) -> None:
    found = facets(table)

    for values, column in (
        (found.rank, "annotated_class_rank"),
        (found.confidence, "predicted_confidence"),
        (found.status, "status"),
    ):
        assert sum(value.count for value in values) == table[column].count()


@given(report_tables())
def test_classes_are_those_of_polars_value_counts_in_a_fixed_order(table: pl.DataFrame) -> None:
    found = facets(table)

    counted = table["predicted_class"].drop_nulls().value_counts()
    expected = sorted(counted.rows(), key=lambda row: (-row[1], row[0]))
    assert [(int(value.value), value.count) for value in found.predicted_class] == expected[:20]
    assert found.other_predicted_classes == len(expected[20:])


def test_only_the_twenty_most_frequent_classes_are_listed() -> None:
    classes = [number for number in range(25) for _ in range(1 + number // 5)]
    table = pl.DataFrame({"annotated_class": classes, "annotated_name": [None] * len(classes)})

    found = facets(table)

    assert [value.value for value in found.annotated_class[:6]] == ["20", "21", "22", "23", "24", "15"]
    assert len(found.annotated_class) == 20
    assert found.other_annotated_classes == 5
    assert found.annotated_class[0].label == "class 20"


@pytest.mark.parametrize(
    ("confidence", "where"), [(0.0, "0-0.05"), (0.05, "0.05-0.1"), (1.0, "0.95-1"), (1.5, "0.95-1")]
)
def test_a_confidence_on_the_edge_belongs_to_the_bin_that_it_begins(confidence: float, where: str) -> None:
    found = facets(pl.DataFrame({"predicted_confidence": [confidence]}))

    assert [value.value for value in found.confidence if value.count] == [where]


def test_a_tag_counts_the_images_that_its_filter_finds() -> None:
    table = pl.DataFrame({"tags": ["blurry", "very blurry, Dark", None]})

    found = facets(table, tags=["blurry", "very blurry", "Dark", "gone"])

    assert [(value.value, value.count) for value in found.tags] == [("blurry", 2), ("Dark", 1), ("very blurry", 1)]


def test_facets_of_no_images_are_empty() -> None:
    table = pl.DataFrame(schema={name: getattr(pl, dtype) for name, (dtype, _, _) in REPORT_COLUMNS.items()})

    assert values_of(facets(table)) == []


@given(st.data())
def test_facets_do_not_depend_on_the_order_of_images(data: st.DataObject) -> None:
    table = data.draw(report_tables(tags=TAGS))
    order = data.draw(st.permutations(range(len(table))))

    # A class has one name, so whichever image gives it.
    assert facets(table[order], tags=TAGS) == facets(table, tags=TAGS)
