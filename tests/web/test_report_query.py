"""The address of a report's view is its state."""

from __future__ import annotations

from typing import get_args
from urllib.parse import parse_qsl

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from accubench import Workspace
from accubench.errors import UsageError
from accubench.records.report import Report
from accubench.web.report_changes import changed_query
from accubench.web.report_confusion import class_of_text
from accubench.web.report_kinds import KINDS
from accubench.web.report_query import (
    LARGEST_NUMBER,
    ReportQuery,
    ReportQueryDependency,
    ViewName,
    canonical_filter,
    new_filter,
)
from small_world import write_dataset, write_model

COLUMNS = sorted({name for kind in KINDS.values() for name in kind.titles})
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(0, LARGEST_NUMBER)
FILTERS = st.builds(
    new_filter, st.sampled_from(COLUMNS), st.sampled_from(["=", "!=", "<", ">=", "contains"]), TEXTS
).map(canonical_filter)
QUERIES = st.builds(
    lambda sort, descending, **parts: ReportQuery(sort=sort, descending=descending and sort is not None, **parts),
    view=st.sampled_from(get_args(ViewName)),
    filters=st.lists(FILTERS, max_size=4, unique=True).map(tuple),
    erroneous=NUMBERS,
    q=TEXTS.map(str.strip),
    support=NUMBERS,
    classes=st.lists(NUMBERS, max_size=4, unique=True).map(tuple),
    sort=st.none() | st.sampled_from(COLUMNS),
    descending=st.booleans(),
    layout=st.sampled_from(["table", "grid"]),
    k=st.none() | st.integers(1, LARGEST_NUMBER),
    output=TEXTS,
    page=st.integers(1, LARGEST_NUMBER),
)


def _client() -> TestClient:
    app = FastAPI()

    @app.get("/")
    def echo(query: ReportQueryDependency) -> dict[str, str]:
        return {"text": query.text()}

    return TestClient(app)


CLIENT = _client()


@given(QUERIES)
def test_an_address_is_read_as_it_was_written(query: ReportQuery) -> None:
    assert CLIENT.get(f"/?{query.text()}").json() == {"text": query.text()}


@given(QUERIES)
def test_what_is_usual_is_left_out(query: ReportQuery) -> None:
    written = [name for name, _ in parse_qsl(query.text(), keep_blank_values=True)]
    usual = {"view": "images", "layout": "table", "page": 1, "erroneous": 0, "support": 0, "q": "", "k": None}
    assert not [name for name, value in usual.items() if name in written and getattr(query, name) == value]


def test_parts_are_written_in_one_order_whatever_order_they_came_in() -> None:
    answer = CLIENT.get("/?page=2&sort=image_name&q=dog&filter=status%20=%20failed&view=images&descending=true")
    assert answer.json()["text"] == "filter=status%3Dfailed&q=dog&sort=image_name&descending=1&page=2"


@pytest.mark.parametrize("wrong", ["page=0", "page=x", "k=0", "erroneous=-1", "view=nothing", f"page={2**70}"])
def test_a_number_or_view_that_cannot_be_is_refused(wrong: str) -> None:
    assert CLIENT.get(f"/?{wrong}").status_code == 422


def test_changing_the_view_returns_to_its_first_page() -> None:
    query = ReportQuery(page=7, filters=("status=failed",))
    assert query.adding(["tied=true"]).page == 1
    assert query.without(["status=failed"]) == ReportQuery()
    assert query.having(page=8).page == 8


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("query")
    with Workspace(folder / "workspace") as workspace:
        return workspace.evaluate(write_model(folder / "colours.onnx"), write_dataset(folder / "images", 6)).record


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("column=predicted_confidence&operator=<&value=0.5", "filter=predicted_confidence%3C0.5"),
        ("column=image_name&operator=contains&value= dog ", "filter=image_name%20contains%20dog"),
        ("column=nonsense&operator=<&value=0.5", ""),
        ("erroneous=1&was_erroneous=0", "erroneous=1"),
        ("not_in_top_k=2&was_erroneous=0", "erroneous=2"),
        ("erroneous=1&not_in_top_k=2&was_erroneous=1", "erroneous=2"),
        ("not_in_top_k=2&was_erroneous=2", ""),
        ("erroneous=1&was_erroneous=2", "erroneous=1"),
        ("order=-image_name", "sort=image_name&descending=1"),
        ("order=&sort=image_name", ""),
        ("k=&page=3&view=what", ""),
        ("view=confusion&class=0&add_class=blue", "view=confusion&class=2&class=0"),
    ],
)
def test_a_form_leads_to_the_address_of_what_it_asks_for(record: Report, form: str, expected: str) -> None:
    assert changed_query(record, QueryParams(form)).text() == expected


@pytest.mark.parametrize("text", ["2", "blue", "BLUE", "blue (2)", " blu "])
def test_a_class_is_found_by_id_or_name(record: Report, text: str) -> None:
    assert class_of_text(record, text) == 2


@pytest.mark.parametrize("text", ["3", "purple", "e", "99999999999999999999", "²"])
def test_a_class_that_is_none_or_several_is_refused(record: Report, text: str) -> None:
    with pytest.raises(UsageError, match="class"):
        class_of_text(record, text)
