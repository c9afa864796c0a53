"""Filters, sorting and pages of a report's table against plain Python on its rows."""

import operator

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.analysis.table_view import OPERATORS, Filter, parse_filter, select, select_positions
from accubench.errors import UsageError
from accubench.records.report import REPORT_COLUMNS

SCHEMA = {name: getattr(pl, kind) for name, (kind, _, _) in REPORT_COLUMNS.items()}
VALUES = {
    "image_name": st.text('abA.=< "', max_size=4),
    "annotated_class_rank": st.none() | st.integers(0, 3),
    "predicted_confidence": st.none() | st.sampled_from([0.0, 1e-9, 0.25, 0.5, 1.0]),
    "tied": st.none() | st.booleans(),
}
TABLES = st.lists(st.fixed_dictionaries(VALUES), max_size=15).map(
    lambda rows: pl.DataFrame(rows, schema={name: SCHEMA[name] for name in VALUES}, orient="row")
)
FILTERS = st.one_of(
    st.builds(Filter, st.just("image_name"), st.sampled_from(OPERATORS), VALUES["image_name"]),
    st.builds(Filter, st.just("annotated_class_rank"), st.sampled_from(OPERATORS[:-1]), st.integers(-1, 4)),
    st.builds(
        Filter, st.just("predicted_confidence"), st.sampled_from(OPERATORS[:-1]), st.sampled_from([0.25, 0.3, 1])
    ),
    st.builds(Filter, st.just("tied"), st.sampled_from(["=", "!="]), st.booleans()),
)
HOLDS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "contains": lambda text, part: part.lower() in text.lower(),
}


def rows_that_hold(table, filters, erroneous):
    """Positions of the rows that a person would pick, in dataset order."""
    return [
        position
        for position, row in enumerate(table.iter_rows(named=True))
        if all(row[f.column] is not None and HOLDS[f.operator](row[f.column], f.value) for f in filters)
        and (not erroneous or (row["annotated_class_rank"] is not None and row["annotated_class_rank"] >= erroneous))
    ]


@given(TABLES, st.lists(FILTERS, max_size=3), st.integers(0, 3))
def test_all_filters_hold_on_the_selected_rows_and_on_no_other(table, filters, erroneous):
    expected = rows_that_hold(table, filters, erroneous)
    view = select(table, filters, erroneous=erroneous)
    assert view.positions.tolist() == expected
    assert view.count == len(expected)
    assert view.rows.rows() == [table.row(position) for position in expected]


@given(TABLES, st.sampled_from(list(VALUES)), st.booleans())
def test_sorting_keeps_dataset_order_among_equals_and_puts_missing_values_last(table, column, descending):
    values = table[column].to_list()
    present = [position for position, value in enumerate(values) if value is not None]
    expected = sorted(present, key=values.__getitem__, reverse=descending)  # Python keeps the order of equals both ways
    expected += [position for position, value in enumerate(values) if value is None]
    assert select_positions(table, sort=column, descending=descending).tolist() == expected


@given(TABLES, st.lists(FILTERS, max_size=2), st.none() | st.sampled_from(list(VALUES)), st.integers(1, 4))
def test_pages_put_together_are_the_whole_and_each_knows_the_count(table, filters, sort, limit):
    whole = select(table, filters, sort=sort, descending=True)
    pages = [select(table, filters, sort=sort, descending=True, offset=o, limit=limit) for o in range(0, 16, limit)]
    assert np.concatenate([page.positions for page in pages]).tolist() == whole.positions.tolist()
    assert pl.concat([page.rows for page in pages]).equals(whole.rows)
    assert {page.count for page in pages} == {whole.count}


@given(FILTERS)
def test_a_filter_survives_its_text(filter_):
    read = parse_filter(str(filter_))
    assert (read.column, read.operator, str(read)) == (filter_.column, filter_.operator, str(filter_))
    if isinstance(filter_.value, str):
        assert read == filter_


@given(TABLES, FILTERS)
def test_a_filter_read_from_its_text_selects_the_same_rows(table, filter_):
    again = parse_filter(str(filter_))
    assert select_positions(table, [again]).tolist() == select_positions(table, [filter_]).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("predicted_confidence<0.5", ("predicted_confidence", "<", "0.5")),
        (" rank >= 5 ", ("rank", ">=", "5")),
        ("image_name!=a=b", ("image_name", "!=", "a=b")),
        ("predicted_class==7", ("predicted_class", "=", "7")),
        ("image_name contains dog and cat", ("image_name", "contains", "dog and cat")),
        ("image_name contains", ("image_name", "contains", "")),
        ('image_name="=odd"', ("image_name", "=", "=odd")),
        ("failure=", ("failure", "=", "")),
        ("contains contains contains", ("contains", "contains", "contains")),
        ("name=two\nlines", ("name", "=", "two\nlines")),
    ],
)
def test_filters_are_read_from_text(text, expected):
    filter_ = parse_filter(text)
    assert (filter_.column, filter_.operator, filter_.value) == expected


@pytest.mark.parametrize("text", ["", "predicted_confidence", "<0.5", "image_name containsdog", "a-b<1", "name ~ dog"])
def test_text_that_is_no_filter_is_refused_with_the_operators(text):
    with pytest.raises(UsageError, match="= != < <= > >= contains"):
        parse_filter(text)


TABLE = pl.DataFrame(
    {
        "image_name": ["a/Dog.jpg", "b/cat.jpg", "c/broken.jpg", "d/dog (2).jpg"],
        "predicted_class": [5, 7, None, 7],
        "annotated_class_rank": [0, 1, None, 6],
        "predicted_confidence": [0.5, 1e-7, None, 0.75],
        "status": ["evaluated", "evaluated", "failed", "evaluated"],
        "tied": [False, True, None, False],
    },
    schema_overrides={"predicted_class": pl.Int32, "annotated_class_rank": pl.Int32},
)


def names(*filters, **options):
    rows = select(TABLE, [parse_filter(text) for text in filters], **options).rows
    return [name[0] for name in rows["image_name"]]


def test_contains_ignores_case_and_takes_every_character_as_it_is():
    assert names("image_name contains DOG") == ["a", "d"]
    assert names("image_name contains (2).") == ["d"]
    assert names("image_name contains .*") == []


def test_a_failed_image_is_neither_equal_nor_unequal_to_anything():
    assert names("predicted_class=7") == ["b", "d"]
    assert names("predicted_class!=7") == ["a"]
    assert names("status=failed") == ["c"]


def test_erroneous_images_are_those_outside_the_top_k_and_failed_ones_are_not_among_them():
    assert names(erroneous=True) == ["b", "d"]
    assert names(erroneous=5) == ["d"]
    assert names(erroneous=False) == ["a", "b", "c", "d"]


def test_confidences_are_compared_unrounded():
    assert names("predicted_confidence=0") == []
    assert names("predicted_confidence>0", "predicted_confidence<1e-6") == ["b"]


def test_an_integer_too_great_for_the_column_is_compared_all_the_same():
    assert names("predicted_class<99999999999") == ["a", "b", "d"]


def test_a_page_beyond_the_end_is_empty_and_still_counts():
    view = select(TABLE, offset=10, limit=5)
    assert (len(view.rows), view.count) == (0, 4)


def test_an_empty_table_can_be_viewed():
    view = select(TABLE.clear(), [parse_filter("tied=true")], erroneous=True, sort="tied", limit=5)
    assert (len(view.rows), view.positions.tolist(), view.count) == (0, [], 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("predicted_clas=5", "no column 'predicted_clas'. Did you mean 'predicted_class'\\? Columns are image_name, "),
        ("tied<true", "tied \\(true or false\\) takes =, !=, not '<'"),
        ("tied=maybe", "tied is compared with true or false"),
        ("predicted_class contains 5", "predicted_class \\(whole numbers\\) takes =, !=, <, <=, >, >=, not 'contains'"),
        ("predicted_class=five", "compared with a whole number"),
        ("predicted_class=5.5", "compared with a whole number"),
        ("predicted_class=99999999999999999999", "compared with a whole number"),
        ("predicted_confidence<half", "compared with a number such as 0.5"),
        ("predicted_confidence<nan", "compared with a number such as 0.5"),
        ("predicted_confidence=", "compared with a number such as 0.5"),
    ],
)
def test_a_wrong_filter_is_refused_with_what_is_allowed(text, message):
    with pytest.raises(UsageError, match=message):
        select(TABLE, [parse_filter(text)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sort": "confidence"}, "no column 'confidence'"),
        ({"offset": -1}, "offset -1"),
        ({"limit": -1}, "limit -1"),
        ({"erroneous": -2}, "top 1 or more, not -2"),
    ],
)
def test_a_wrong_view_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        select(TABLE, **options)


def test_an_unknown_operator_is_refused():
    with pytest.raises(UsageError, match="takes =, !=, <, <=, >, >=, contains, not '~'"):
        select(TABLE, [Filter("image_name", "~", "dog")])


def test_a_table_without_ranks_cannot_be_limited_to_erroneous_images():
    with pytest.raises(UsageError, match="no annotated classes"):
        select(TABLE.drop("annotated_class_rank"), erroneous=True)


def test_every_column_of_a_report_can_be_filtered_and_sorted():
    table = pl.DataFrame(schema=SCHEMA)
    values = {"String": "x", "Int32": 1, "Int64": 1, "Float64": 0.5, "Boolean": True}
    for column, (kind, _, _) in REPORT_COLUMNS.items():
        operators = {"String": OPERATORS, "Boolean": ("=", "!=")}.get(kind, OPERATORS[:-1])
        for name in operators:
            assert select(table, [Filter(column, name, values[kind])], sort=column).count == 0


def test_positions_are_those_of_the_dataset():
    view = select(TABLE, sort="predicted_confidence", descending=True, limit=2)
    assert view.positions.dtype == np.int64
    assert view.positions.tolist() == [3, 0]
