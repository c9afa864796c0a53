from __future__ import annotations

from html.parser import HTMLParser

import polars as pl
import pytest
from drawn_reports import make_report, make_table

from accubench.export import notebook_html
from accubench.records.report import Report


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Elements:
    elements = Elements()
    elements.feed(html)
    elements.close()
    assert elements.open == []
    return elements


def test_card_and_worst_images_are_shown(report: Report, table: pl.DataFrame) -> None:
    elements = read(notebook_html(report, table))
    worst = table.filter(pl.col("predicted_class") != pl.col("annotated_class")).sort(
        "predicted_confidence", descending=True
    )
    assert report.model_name in elements.text
    assert worst["image_name"][0] in elements.text
    assert elements.names.count("tr") == 11
    assert set(elements.names) <= {"div", "span", "table", "thead", "tbody", "tr", "th", "td"}


def test_no_colour_is_fixed_so_that_it_reads_on_light_and_dark(report: Report, table: pl.DataFrame) -> None:
    html = notebook_html(report, table)
    assert "#" not in html
    assert "color: inherit" in html


def test_hostile_names_stay_text() -> None:
    hostile = "<script>alert(1)</script>\"'"
    names = (hostile, "other")
    table = make_table(30, names, image_name=lambda index: f"{hostile}{index}")
    elements = read(notebook_html(make_report(table, names, model_name=hostile), table))
    assert "script" not in elements.names
    assert hostile in elements.text


@pytest.mark.parametrize("annotated", [True, False])
@pytest.mark.parametrize("images", [0, 2, 9])
def test_every_kind_of_table_is_shown(images: int, annotated: bool) -> None:
    table = make_table(images, annotated=annotated, failed=min(images, 2))
    report = make_report(table, annotated=annotated)
    assert "images evaluated" in read(notebook_html(report, table)).text
    assert "images evaluated" in read(notebook_html(report)).text
