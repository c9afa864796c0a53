"""Facets: counts by value that add up, and filters that lead to exactly the images counted."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.analysis import facets, parse_filter, select
from accubench.records.facets import Facets, FacetValue
from accubench.records.report import REPORT_COLUMNS
from report_tables import CONFIDENCES, NAMES, report_tables

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


CLASSES = st.none() | st.integers(0, len(NAMES) - 1)


@st.composite
def comparison_tables(draw: st.DrawFn) -> pl.DataFrame:
    """A table with what facets and the text search look at in a comparison, with values missing."""
    rows = draw(
        st.lists(
            st.tuples(
                CLASSES,
                CLASSES,
                st.none() | st.sampled_from((0, 1, 2, 4, 5, 9, 10, 100)),
                st.none() | st.sampled_from(CONFIDENCES),
                st.none() | st.sampled_from(("broken", "fixed", "moved", "changed")),
                st.sampled_from(("compared", "failed")),
            ),
            max_size=12,
        )
    )
    columns = ("optimised_class", "parent_class", "parent_class_rank", "optimised_confidence", "flip", "status")
    types = (pl.Int32, pl.Int32, pl.Int32, pl.Float64, pl.String, pl.String)
    table = pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row")
    return table.with_columns(
        pl.Series("image_name", [f"Image_{row:03d}.png" for row in range(len(table))], dtype=pl.String),
        *(
            pl.Series(f"{side}_name", [None if each is None else NAMES[each] for each in table[f"{side}_class"]]).cast(
                pl.String
            )
            for side in ("optimised", "parent")
        ),
    )


@given(comparison_tables())
def test_facets_of_a_comparison_count_every_value_and_lead_to_its_images(table: pl.DataFrame) -> None:
    found = facets(table)

    for facet in found.pair:
        assert sum(value.count for value in facet.values) == table[facet.column].count()
        assert facet.others == 0
    assert {facet.column for facet in found.pair} == {
        name for name in ("flip", "optimised_class", "parent_class", "parent_class_rank") if table[name].count()
    }
    values = [value for facet in found.pair for value in facet.values]
    for value in (*values, *found.confidence, *found.status):
        assert select(table, [parse_filter(text) for text in value.filters]).count == value.count
    assert sum(value.count for value in found.confidence) == table["optimised_confidence"].count()


def test_facets_of_a_distance_count_whether_the_models_agree() -> None:
    table = pl.DataFrame({"mse": [0.1, 0.2, 0.3, None], "agreed": [True, False, True, None]})

    (found,) = facets(table).pair

    assert found.column == "agreed"
    assert [(each.value, each.count, each.filters) for each in found.values] == [
        ("true", 2, ("agreed=true",)),
        ("false", 1, ("agreed=false",)),
    ]


def test_only_the_most_frequent_classes_of_a_model_are_listed_and_others_counted() -> None:
    table = pl.DataFrame(
        {"parent_class": list(range(25)) * 2, "parent_name": [None] * 50}, schema_overrides={"parent_name": pl.String}
    )

    (found,) = facets(table).pair

    assert ([value.value for value in found.values], found.others) == ([str(number) for number in range(20)], 5)


@given(comparison_tables(), st.sampled_from(("tench", "SHARK", "image_00", "ß", "say", "nowhere")))
def test_text_is_searched_in_the_class_names_of_both_models(table: pl.DataFrame, text: str) -> None:
    expected = [
        row["image_name"]
        for row in table.iter_rows(named=True)
        if any(text.lower() in (row[name] or "").lower() for name in ("image_name", "optimised_name", "parent_name"))
    ]
    assert select(table, search=text).rows["image_name"].to_list() == expected
