"""The page in a real browser: no error, no request, and counts that equal a query on the table."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from drawn_comparisons import make_comparison, make_comparison_table, make_speed
from drawn_distances import draw_logits, make_distance, make_distance_table
from drawn_reports import make_report, make_table

from accubench.export import export_report

pytestmark = pytest.mark.slow

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ERRONEOUS = pl.col("predicted_class") != pl.col("annotated_class")
FAILED = pl.col("status") == "failed"
FILTERS = [
    ("predicted_class", "has", "OO", pl.col("predicted_name").str.contains("oo")),
    ("predicted_class", "eq", "3", pl.col("predicted_class") == 3),
    ("predicted_class", "ne", "3", pl.col("predicted_class") != 3),
    ("annotated_class", "eq", "moon", pl.col("annotated_name") == "moon"),
    ("annotated_class", "gt", "7", pl.col("annotated_class") > 7),
    ("annotated_class_rank", "ge", "2", pl.col("annotated_class_rank") >= 2),
    ("annotated_class_rank", "in", "1..4", pl.col("annotated_class_rank").is_between(1, 4)),
    ("predicted_confidence", "lt", "0.5", pl.col("predicted_confidence") < 0.5),
    ("predicted_confidence", "in", "0.3..<0.4", pl.col("predicted_confidence").is_between(0.3, 0.4, closed="left")),
    ("annotated_confidence", "le", "0.01", pl.col("annotated_confidence") <= 0.01),
    ("image_name", "has", "+&=%#1", pl.col("image_name").str.contains("+&=%#1", literal=True)),
    ("image_name", "eq", " lead +&=%#17.jpg", pl.col("image_name") == " lead +&=%#17.jpg"),
    ("result", "has", "failed", FAILED),
    ("result", "eq", "right", pl.col("predicted_class") == pl.col("annotated_class")),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (dependency group dev)")
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if executable is None:
        pytest.skip(f"no browser on PATH; looked for {', '.join(_BROWSERS)}")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=executable, args=list(_ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return make_table(500, failed=6, image_name=" lead +&=%#{}.jpg".format)


@pytest.fixture(scope="module")
def address(table: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    export_report(path, make_report(table), table, image_jpeg=lambda _name, _side: None)
    return path.as_uri()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    opened = browser.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "request", lambda request: None if request.url.startswith((address, "data:")) else problems.append(request.url)
    )
    opened.goto(address)
    yield opened
    opened.close()
    assert problems == []


def shown_count(page: Any) -> int:
    return int(page.inner_text("#count").split(" of ")[0].replace(",", ""))


def first_column(page: Any) -> list[str]:
    return page.locator("#image-table tbody tr td:first-child").evaluate_all("cells => cells.map((c) => c.textContent)")


@pytest.mark.parametrize("asked", FILTERS, ids=lambda asked: " ".join(asked[:3]))
def test_a_filter_counts_what_the_table_holds(
    page: Any, table: pl.DataFrame, asked: tuple[str, str, str, pl.Expr]
) -> None:
    column, operator, value, expected = asked
    page.select_option(f'th[data-filter="{column}"] select', operator)
    page.fill(f'th[data-filter="{column}"] input', value)
    count = len(table.filter(expected))
    assert 0 < count < len(table)
    assert shown_count(page) == count
    page.reload()
    assert shown_count(page) == count
    assert page.input_value(f'th[data-filter="{column}"] input') == value


def test_boxes_and_filters_hold_together_and_the_address_keeps_them(page: Any, table: pl.DataFrame) -> None:
    page.check("input[data-show=erroneous]")
    assert shown_count(page) == len(table.filter(ERRONEOUS))
    page.fill('th[data-filter="predicted_confidence"] input', "0.4")
    page.click('th[data-key="predicted_confidence"] button')
    page.click('th[data-key="predicted_confidence"] button')
    page.click("#next")
    expected = table.filter(ERRONEOUS & (pl.col("predicted_confidence") >= 0.4)).sort(
        "predicted_confidence", descending=True, maintain_order=True
    )
    second_page = expected["image_name"].slice(50, 50).to_list()
    assert shown_count(page) == len(expected)
    assert first_column(page) == second_page
    page.reload()
    assert first_column(page) == second_page
    assert page.is_checked("input[data-show=erroneous]")
    page.check("input[data-show=failed]")
    page.fill('th[data-filter="predicted_confidence"] input', "")
    assert shown_count(page) == len(table.filter(ERRONEOUS.fill_null(value=False) | FAILED))
    page.click("#clear")
    assert shown_count(page) == len(table)


def test_every_column_sorts_both_ways_with_missing_values_last(page: Any, table: pl.DataFrame) -> None:
    sorted_by = {
        "image_name": "image_name",
        "predicted_class": "predicted_name",
        "annotated_class": "annotated_name",
        "annotated_class_rank": "annotated_class_rank",
        "predicted_confidence": "predicted_confidence",
        "annotated_confidence": "annotated_confidence",
    }
    for key, column in sorted_by.items():
        for descending in (False, True):
            page.click(f'th[data-key="{key}"] button')
            expected = table.sort(column, descending=descending, nulls_last=True, maintain_order=True)
            assert first_column(page) == expected["image_name"].head(50).to_list()
            assert page.get_attribute(f'th[data-key="{key}"]', "aria-sort") == (
                "descending" if descending else "ascending"
            )
        page.click("#last")
        assert first_column(page)[-6:] == expected["image_name"].tail(6).to_list()
        page.click(f'th[data-key="{key}"] button')
        assert first_column(page) == table["image_name"].head(50).to_list()


def test_links_to_the_table_show_what_they_count_and_back_returns(page: Any) -> None:
    for selector in ("#worst .panel td a", "#classes td a"):
        link = page.locator(selector).first
        count = int(link.inner_text())
        link.click()
        page.wait_for_function(
            "count => document.getElementById('count').textContent.startsWith(`${count} of`)", arg=count
        )
        page.go_back()
    for selector in ("#worst .bars a", "#confidence .bars a"):
        for index in range(page.locator(selector).count()):
            link = page.locator(selector).nth(index)
            count = link.locator("xpath=following-sibling::span[1]").inner_text()
            link.click()
            page.wait_for_function(
                "text => document.getElementById('count').textContent.startsWith(text)", arg=f"{count} of"
            )


def test_the_table_is_worked_with_the_keyboard_alone(page: Any, table: pl.DataFrame) -> None:
    page.focus("input[data-show=erroneous]")
    page.keyboard.press("Space")
    assert shown_count(page) == len(table.filter(ERRONEOUS))
    page.focus('th[data-key="image_name"] button')
    page.keyboard.press("Enter")
    assert page.get_attribute('th[data-key="image_name"]', "aria-sort") == "ascending"


def test_a_narrow_page_does_not_scroll_sideways(page: Any) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_class_table_sorts_by_the_clicked_title(page: Any) -> None:
    page.click("table.sortable th:nth-child(2) button")
    supports = page.locator("table.sortable tbody td:nth-child(2)").evaluate_all(
        "cells => cells.map((c) => +c.textContent)"
    )
    assert supports == sorted(supports)


def test_hostile_names_run_nothing_and_are_shown_as_they_are(browser: Any, tmp_path: Path) -> None:
    hostile = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    names = (hostile, "other")
    table = make_table(30, names, image_name=lambda index: f"{hostile}{index}")
    path = tmp_path / "report.html"
    export_report(path, make_report(table, names, dataset_name=hostile), table, image_jpeg=lambda _name, _side: None)
    page = browser.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("request", lambda request: problems.append(request.url))
    page.goto(path.as_uri())
    assert problems == [path.as_uri()]
    assert page.title() != "taken"
    assert first_column(page) == table["image_name"].to_list()
    page.close()


@pytest.mark.parametrize("kind", ["comparison", "distance"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_about_two_models_fit_narrow_and_wide_windows_and_complain_of_nothing(
    browser: Any, tmp_path: Path, kind: str, width: int
) -> None:
    path = tmp_path / f"{kind}.html"
    if kind == "comparison":
        table = make_comparison_table(both_right=210, broken=6, fixed=5, moved=4, both_wrong=150, failed=2)
        export_report(path, make_comparison(table, speed=make_speed()), table, image_jpeg=lambda _name, _side: None)
    else:
        table = make_distance_table(draw_logits(60, equal=3), failed=2)
        export_report(path, make_distance(table), table, image_jpeg=lambda _name, _side: None)
    opened = browser.new_page(viewport={"width": width, "height": 900})
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(path.as_uri())

    assert opened.evaluate("document.documentElement.scrollWidth") == width
    opened.check("input[data-show=flips]")
    flips = table.filter(pl.col("flip").is_not_null() if kind == "comparison" else ~pl.col("agreed"))
    assert 0 < shown_count(opened) == len(flips)
    opened.close()
    assert problems == []
