"""Rows of a page, positions, CSV, Parquet, facets and a polars expression agree for random combinations of filters."""

from __future__ import annotations

import io

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from accubench.records.report import EXPORT_COLUMNS, REPORT_COLUMNS
from accubench.workspace.report_views import Query, ReportViews
from report_tables import report_tables
from view_combinations import combinations, expected_rows

TAGS = ("blurry", "very blurry", "Dark")
EXPORTED = {name: getattr(pl, REPORT_COLUMNS[name][0]) for name in EXPORT_COLUMNS}


@settings(max_examples=200)
@given(st.data())
def test_page_files_and_a_polars_expression_agree(data: st.DataObject) -> None:
    tagged = data.draw(report_tables(tags=TAGS, most=30))
    wanted = data.draw(combinations(tagged))
    tags = [(row["image_name"], tag) for row in tagged.iter_rows(named=True) for tag in (row["tags"] or "").split(", ")]
    views = ReportViews(tagged.drop("tags"), lambda: [pair for pair in tags if pair[1]])
    query = Query.of(
        wanted.texts,
        erroneous=wanted.erroneous,
        search=wanted.search,
        sort=wanted.sort,
        descending=wanted.descending,
    )

    expected = expected_rows(tagged, wanted)

    page = views.view(query, offset=1, limit=5)
    assert_frame_equal(page.rows, expected.drop("position")[1:6])
    assert page.count == len(expected)
    assert views.rows(query).tolist() == expected["position"].to_list()
    assert views.facets(query).count == len(expected)
    exported = expected.select(EXPORT_COLUMNS)
    assert_frame_equal(pl.read_csv(io.BytesIO(views.content(query, ".csv")), schema=EXPORTED), exported)
    assert_frame_equal(pl.read_parquet(io.BytesIO(views.content(query, ".parquet"))), exported)
