from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from html.parser import HTMLParser

import polars as pl
import pytest
from drawn_reports import SHAPES, make_report, make_table

from accubench.errors import Finding
from accubench.export.charts import confidence_bars, rank_bars, reliability_chart
from accubench.export.page import html_page, page_context
from accubench.export.page_table import embedded_rows, script_safe_json
from accubench.records.report import LabelMapping, Report

HOSTILE = "</script><script>alert(1)</script><!--\"'&\u2028\u2029<img src=x onerror=alert(1)> é"
VOID = {"meta", "link", "img", "input", "br"}


class Page(HTMLParser):
    """What a browser would make of the page: elements, attributes, and the text of each script and style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]][-1] += data
        else:
            self.text += data

    @property
    def data(self) -> dict[str, object]:
        return json.loads(self.raw["script"][0])


def drawn_picture(_name: str, _side: int) -> bytes:
    return b"\xff\xd8 not a real picture \xff\xd9"


def page_of(table: pl.DataFrame, report: Report | None = None) -> Page:
    return Page(html_page(report or make_report(table), table, image_jpeg=drawn_picture))


def test_headline_and_cards_show_the_summary(report: Report, table: pl.DataFrame) -> None:
    text = " ".join(page_of(table, report).text.split())
    assert report.summary.top1 is not None
    assert f"Right on {report.summary.top1.right} of 58 images" in text
    assert "58 evaluated, 2 failed." in text
    assert "Top-5 accuracy" in text
    assert "tutorial.yaml:2" in text
    assert "the model's input is 227 x 227" in text


def test_the_policy_allows_this_style_and_this_script_and_nothing_else(table: pl.DataFrame) -> None:
    page = page_of(table)
    (policy,) = [each["content"] for tag, each in page.elements if tag == "meta" and "http-equiv" in each]
    assert policy is not None
    for text in (page.raw["style"][0], page.raw["script"][1]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy


def test_nothing_is_loaded_from_elsewhere_and_nothing_needs_inline_styles(table: pl.DataFrame) -> None:
    for tag, attributes in page_of(table).elements:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "action", "data"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), (tag, name, value)


def test_hostile_names_stay_text_everywhere() -> None:
    names = (HOSTILE, "other", "third")
    table = make_table(40, names, failed=3, image_name=lambda index: f"{HOSTILE}{index}").with_columns(
        failure=pl.when(pl.col("status") == "failed").then(pl.lit(HOSTILE))
    )
    finding = Finding(code="x", message=HOSTILE, file=HOSTILE, severity="warning", remedy=HOSTILE)
    report = make_report(table, names, findings=(finding,), model_name=HOSTILE, dataset_name=HOSTILE)
    report = report.model_copy(
        update={
            "id": HOSTILE,
            "mapping": LabelMapping(kind="identity", description=HOSTILE, outputs={}),
            "reading": report.reading.model_copy(update={"reason": HOSTILE}),
            "versions": {HOSTILE: HOSTILE, "accubench": HOSTILE},
            "execution_precision": HOSTILE,
            "configuration": report.configuration.model_copy(
                update={"origins": {"preprocessing.0.decode.color": HOSTILE}, "notes": (HOSTILE,)}
            ),
        }
    )
    page = page_of(table, report)
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 2
    assert tags.count("style") == 1
    assert all("onerror" not in attributes for _, attributes in page.elements)
    assert all((each["src"] or "").startswith("data:image/jpeg;") for tag, each in page.elements if tag == "img")
    assert HOSTILE in page.text
    assert page.data["columns"]["image_name"] == table["image_name"].to_list()
    assert page.data["names"]["0"] == HOSTILE
    assert set(page.data["failures"].values()) == {HOSTILE}


def test_data_in_the_page_equals_the_table() -> None:
    table = make_table(200, failed=5)
    data = page_of(table).data
    for column, values in data["columns"].items():
        assert values == table[column].to_list()
    assert [int(row) for row in data["failures"]] == list(range(195, 200))
    assert data["tied"] == table.with_row_index().filter("tied")["index"].to_list()


def test_script_safe_json_has_no_character_that_ends_a_script() -> None:
    text = script_safe_json({"name": HOSTILE})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"name": HOSTILE}


def test_the_gallery_begins_with_the_surest_error(report: Report, table: pl.DataFrame) -> None:
    asked: list[tuple[str, int]] = []

    def picture(name: str, side: int) -> bytes | None:
        asked.append((name, side))
        return None if len(asked) == 1 else b"jpeg"

    context = page_context(report, table, image_jpeg=picture)
    wrong = table.filter(pl.col("predicted_class") != pl.col("annotated_class"))
    worst = wrong.sort("predicted_confidence", descending=True, maintain_order=True)["image_name"].head(24).to_list()
    assert [image.image_name for image in context.gallery] == worst == [name for name, _ in asked]
    assert context.gallery[0].picture is None
    assert context.gallery[1].picture == f"data:image/jpeg;base64,{base64.b64encode(b'jpeg').decode()}"


def test_bars_count_every_evaluated_image_once(table: pl.DataFrame) -> None:
    assert sum(bar.count for bar in rank_bars(table, 12)) == 58
    assert [bar.label.replace("\N{EN DASH}", "-") for bar in rank_bars(table, 12)] == [
        "0",
        "1 - 4",
        "5 - 9",
        "10 and more",
    ]
    assert [bar.label.replace("\N{EN DASH}", "-") for bar in rank_bars(table, 3)] == ["0", "1 - 2"]
    edges = table.with_columns(predicted_confidence=pl.Series([index % 11 / 10 for index in range(60)]))
    counts = [bar.count for bar in confidence_bars(edges)]
    assert sum(counts) == 60
    assert counts[-1] == sum(index % 11 >= 9 for index in range(60))


def test_dots_of_the_reliability_diagram_stay_inside_it(report: Report) -> None:
    calibration = report.summary.calibration
    assert calibration is not None
    chart = reliability_chart(calibration)
    for point in chart.points:
        assert chart.start <= point.high_y <= point.y <= point.low_y <= chart.end
        assert chart.start <= point.x <= chart.end


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (make_table(0, failed=0), SHAPES),
        (make_table(7, failed=7), SHAPES),
        (make_table(9, ("only",), failed=0), ("only",)),
        (make_table(1, failed=0), SHAPES),
    ],
    ids=["no images", "all failed", "one class", "one image"],
)
def test_unusual_tables_make_a_page(table: pl.DataFrame, names: tuple[str, ...]) -> None:
    page = page_of(table, make_report(table, names))
    assert page.data["rows"] == len(table)
    assert "top-5" not in page.text or len(names) >= 5


def test_without_annotations_the_page_shows_classes_and_confidences_instead() -> None:
    table = make_table(40, annotated=False, failed=1)
    page = page_of(table, make_report(table, annotated=False))
    assert "without annotations" in page.text
    assert "Predicted classes" in page.text
    assert "Most confused classes" not in page.text
    assert "annotated_class" not in page.data["columns"]
    assert not any(each.get("data-show") == "erroneous" for _, each in page.elements)


def test_ids_of_the_dataset_are_a_column_only_where_they_differ() -> None:
    table = make_table(10)
    shifted = table.with_columns(dataset_class=pl.col("dataset_class") - 1)
    assert "dataset_class" not in page_of(table).data["columns"]
    assert page_of(shifted).data["columns"]["dataset_class"] == shifted["dataset_class"].to_list()


def test_when_not_all_rows_fit_failed_and_erroneous_ones_come_first_and_the_page_says_so() -> None:
    table = make_table(300, failed=4)
    urgent = (pl.col("status") == "failed") | (pl.col("predicted_class") != pl.col("annotated_class"))
    count = len(table.filter(urgent))
    held = embedded_rows(table, maximum_rows=count + 10)
    assert held.filter(urgent).equals(table.filter(urgent))
    assert held.filter(~urgent).equals(table.filter(~urgent).head(10))
    assert held["image_name"].is_sorted()
    assert len(embedded_rows(table, maximum_rows=5)) == 5


def test_fifty_thousand_rows_make_a_page_below_15_megabytes() -> None:
    names = tuple(f"class name number {index}" for index in range(200))
    table = make_table(50_500, names, failed=20, image_name="ILSVRC2012_val/ILSVRC2012_val_{:08d}.JPEG".format)
    report = make_report(table, names)
    start = time.perf_counter()
    html = html_page(report, table, image_jpeg=lambda _name, _side: b"x" * 12_000)
    seconds = time.perf_counter() - start
    print(f"50,500 rows: {len(html) / 1e6:.2f} MB in {seconds:.2f} s")
    assert len(html.encode()) < 15_000_000
    assert "50,000 of 50,500 rows" in html
    assert re.search(r'"rows":50000\b', html)
