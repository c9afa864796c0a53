"""The page, the file it offers, and a polars expression select the same images, whatever is asked."""

from __future__ import annotations

import html
import io
import operator
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from polars.testing import assert_frame_equal

from accubench import Workspace
from accubench.records.report import EXPORT_COLUMNS
from accubench.web import ServerSettings, Workbench, create_app
from small_world import pixels_of, write_model

_COMBINATIONS = 200
_N = 240
_COLUMNS = (
    "image_name",
    "predicted_class",
    "predicted_name",
    "annotated_class",
    "annotated_name",
    "annotated_class_rank",
    "predicted_confidence",
    "annotated_confidence",
    "dataset_class",
    "status",
    "failure",
    "tied",
    "squared_error",
)
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A column, an operator, a value."""

    column: str
    operator: str
    value: Any

    @property
    def text(self) -> str:
        """As it stands in an address."""
        value = f'"{self.value}"' if isinstance(self.value, str) else str(self.value)
        value = value.lower() if isinstance(self.value, bool) else value
        return (
            f"{self.column} contains {value}" if self.operator == "contains" else f"{self.column}{self.operator}{value}"
        )

    @property
    def expression(self) -> pl.Expr:
        """As polars says it."""
        column = pl.col(self.column)
        if self.operator == "contains":
            return column.str.to_lowercase().str.contains(self.value.lower(), literal=True)
        return _COMPARISONS[self.operator](column, self.value)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks of a report's table."""

    conditions: tuple[Condition, ...]
    erroneous: int
    search: str
    sort: str | None
    descending: bool

    @property
    def query(self) -> list[tuple[str, str]]:
        """As it stands in an address."""
        pairs = [("view", "images"), *(("filter", condition.text) for condition in self.conditions)]
        if self.erroneous:
            pairs.append(("erroneous", str(self.erroneous)))
        if self.search:
            pairs.append(("q", self.search))
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.descending:
            pairs.append(("descending", "1"))
        return pairs

    def answer(self, table: pl.DataFrame) -> pl.DataFrame:
        """The rows, found with polars alone."""
        for condition in self.conditions:
            table = table.filter(condition.expression)
        if self.erroneous:
            table = table.filter(pl.col("annotated_class_rank") >= self.erroneous)
        if self.search:
            names = pl.col("image_name", "predicted_name", "annotated_name").str.to_lowercase()
            found = names.str.contains(self.search.lower(), literal=True).fill_null(value=False)
            table = table.filter(pl.any_horizontal(found))
        if self.sort:
            table = table.sort(self.sort, descending=self.descending, nulls_last=True, maintain_order=True)
        return table


def draw(choose: random.Random, table: pl.DataFrame) -> Question:
    """One question; values mostly come from the table, so that answers are seldom empty."""
    conditions = tuple(_draw_condition(choose, table) for _ in range(choose.choice((0, 1, 1, 2, 3))))
    sort = choose.choice((None, *_COLUMNS))
    search = choose.choice(("", "", "", "", "RED", "img+", "ärger", "1"))
    return Question(conditions, choose.choice((0, 0, 1, 2)), search, sort, sort is not None and choose.random() < 0.5)


def _draw_condition(choose: random.Random, table: pl.DataFrame) -> Condition:
    column = choose.choice(_COLUMNS)
    known = table[column].drop_nulls()
    value = choose.choice(known.to_list())
    if table.schema[column] == pl.Boolean:
        return Condition(column, choose.choice(("=", "!=")), value)
    if table.schema[column] == pl.String and choose.random() < 0.6:
        start = choose.randrange(len(value))
        part = value[start : start + choose.randint(1, 6)]
        return Condition(column, "contains", choose.choice((part.upper(), part.lower(), part)))
    if table.schema[column].is_float() and choose.random() < 0.3:
        value = round(value, 2)
    return Condition(column, choose.choice(tuple(_COMPARISONS)), value)


@pytest.fixture(scope="module")
def stored_report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace and the id of a report with failed images, ties, wrong annotations and odd names."""
    folder = tmp_path_factory.mktemp("agreement")
    images = folder / "images"
    images.mkdir()
    names = [
        f"{'Ärger ' if row % 7 == 0 else ''}{'IMG+&=%#' if row % 5 == 0 else 'image_'}{row:04d}.png"
        for row in range(_N)
    ]
    for row, name in enumerate(names):
        pixels = (90, 90, 90) if row % 11 == 0 else pixels_of(row)
        Image.new("RGB", (8, 8), pixels).save(images / name)
    for row in (3, 50, 121):
        (images / names[row]).write_bytes(b"" if row == 3 else b"no image at all")
    lines = [f"{name} {(row + (row % 4 == 1) + (row % 9 == 2)) % 3}" for row, name in enumerate(names)]
    (images / "val.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with Workspace(folder / "workspace") as workspace:
        report = workspace.evaluate(write_model(folder / "colours.onnx", gain=4), images)
    return folder / "workspace", report.id


@pytest.fixture(scope="module")
def client(stored_report: tuple[Path, str]) -> Iterator[TestClient]:
    """A visitor of the workbench who is let in."""
    with Workspace(stored_report[0]) as workspace:
        app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token="agreement")))
        yield TestClient(app, base_url="http://localhost", headers={"Authorization": "Bearer agreement"})


@pytest.fixture(scope="module")
def table(stored_report: tuple[Path, str]) -> pl.DataFrame:
    """The report's table as Python gives it."""
    with Workspace(stored_report[0]) as workspace:
        return workspace.report(stored_report[1]).images


def pages(client: TestClient, address: str, query: list[tuple[str, str]]) -> tuple[int, list[str]]:
    """The count that the page tells, and the images of all its pages."""
    names: list[str] = []
    number = last = 1
    count = 0
    while number <= last:
        answer = client.get(f"{address}.json", params=[*query, ("page", str(number))])
        assert answer.status_code == 200, answer.text
        shown = answer.json()["views"]["images"]
        names += [row["image_name"] for row in shown["rows"]]
        count, last = shown["pager"]["count"], shown["pager"]["pages"]
        number += 1
    return count, names


def test_page_file_and_polars_agree_on_200_questions(
    client: TestClient, stored_report: tuple[Path, str], table: pl.DataFrame
) -> None:
    address = f"/reports/{stored_report[1]}"
    choose = random.Random(20121)
    answers: set[int] = set()
    for number in range(_COMBINATIONS):
        question = draw(choose, table)
        expected = question.answer(table)
        names = expected["image_name"].to_list()
        assert pages(client, address, question.query) == (len(expected), names), question
        csv = client.get(f"{address}/data.csv", params=question.query)
        assert csv.status_code == 200, question
        read = pl.read_csv(io.BytesIO(csv.content), schema_overrides=table.schema)
        assert_frame_equal(read.select(EXPORT_COLUMNS), expected.select(EXPORT_COLUMNS))
        if number % 20 == 0:
            assert python_rows(client, address, question.query) == names, question
        answers.add(len(expected))
    assert {0, len(table)} < answers
    assert len(answers) > 40


def python_rows(client: TestClient, address: str, query: list[tuple[str, str]]) -> list[str]:
    """The images that the page's "the same as Python" gives when it is run."""
    code = client.get(f"{address}.json", params=query).json()["same"]["python"]
    statements, _, expression = code.rstrip().rpartition("\n")
    names: dict[str, Any] = {}
    exec(statements, names)
    try:
        return eval(expression, names)["image_name"].to_list()
    finally:
        names["workspace"].close()


def test_the_page_of_html_shows_the_same_images(
    client: TestClient, stored_report: tuple[Path, str], table: pl.DataFrame
) -> None:
    choose = random.Random(5)
    for _ in range(10):
        question = draw(choose, table)
        expected = question.answer(table)["image_name"].to_list()
        for layout, size in (("table", 50), ("grid", 60)):
            answer = client.get(f"/reports/{stored_report[1]}", params=[*question.query, ("layout", layout)])
            assert answer.status_code == 200
            boxes = re.findall(r'<input type="checkbox" [^>]*aria-label="Select ([^"]*)"', answer.text)
            assert [html.unescape(name) for name in boxes] == expected[:size], question
