"""The HTML page, Markdown and notebook form of comparisons: the numbers, and hostile names that stay text."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from drawn_comparisons import make_comparison, make_comparison_table, make_speed
from test_export_page import HOSTILE, Page, drawn_picture

from accubench.errors import Finding
from accubench.export import comparison_markdown, comparison_notebook_html, export_report
from accubench.export.comparison_page import comparison_page_html


def drawn_table() -> pl.DataFrame:
    return make_comparison_table(both_right=210, broken=6, fixed=5, moved=4, both_wrong=150, failed=2)


def test_the_page_shows_headline_outcomes_and_every_row() -> None:
    table = drawn_table()
    page = Page(comparison_page_html(make_comparison(table, speed=make_speed()), table, image_jpeg=drawn_picture))
    text = " ".join(page.text.split())

    assert "loses 0.27 points of top-1 accuracy" in text.replace("\u00a0", " ")
    assert "375 images compared, 2 failed." in text
    assert "150 alike, 4 moved" in text
    data = page.data
    for column, values in data["columns"].items():
        assert values == table[column].to_list()
    flipped = table.with_row_index().filter(pl.col("flip").is_not_null())
    assert data["shows"]["flips"] == flipped["index"].to_list()
    assert [data["results"][row] for row in flipped["index"]] == flipped["flip"].to_list()
    counted = {word: data["results"][:375].count(word) for word in ("right", "wrong", "moved", "broken", "fixed")}
    assert counted == {"right": 210, "wrong": 150, "moved": 4, "broken": 6, "fixed": 5}


def test_hostile_names_stay_text_in_every_form() -> None:
    names = (HOSTILE, "other", "third", "fourth")
    table = make_comparison_table(
        both_right=30, broken=8, fixed=2, failed=1, names=names, image_name=lambda row: f"{HOSTILE}{row}"
    )
    finding = Finding(code="x", message=HOSTILE, severity="warning")
    comparison = make_comparison(
        table, names=names, optimised_name=HOSTILE, parent_name=HOSTILE, findings=(finding,), min_support=1
    )
    page = Page(comparison_page_html(comparison, table, image_jpeg=drawn_picture))
    tags = [tag for tag, _ in page.elements]

    assert tags.count("script") == 2
    assert all("onerror" not in attributes for _, attributes in page.elements)
    assert HOSTILE in page.text
    assert page.data["columns"]["image_name"] == table["image_name"].to_list()
    assert "<img" not in comparison_markdown(comparison, table)
    assert "<img" not in comparison_notebook_html(comparison, table)


def test_all_forms_of_files_can_be_written_without_annotations(tmp_path: Path) -> None:
    table = make_comparison_table(both_right=20, moved=5, annotated=False)
    comparison = make_comparison(table)
    for suffix in (".csv", ".parquet", ".json", ".html"):
        export_report(tmp_path / f"c{suffix}", comparison, table, image_jpeg=drawn_picture)

    assert pl.read_csv(tmp_path / "c.csv", schema=table.schema).equals(table)
    assert pl.read_parquet(tmp_path / "c.parquet").equals(table)
    assert "without annotation" in Page((tmp_path / "c.html").read_text("utf-8")).text
