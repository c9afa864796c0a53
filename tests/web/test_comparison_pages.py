"""Pages of comparisons and tensor distances: what they say, where they lead, and that all their forms agree."""

from __future__ import annotations

import html
import io
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from polars.testing import assert_frame_equal

from accubench import Workspace
from accubench.records.comparison import COMPARISON_COLUMNS
from accubench.records.tensor_distance import DISTANCE_COLUMNS
from accubench.web import ServerSettings, Workbench, create_app
from small_world import pixels_of, write_model

_N = 130
_ACCESS = {"Authorization": "Bearer pair"}
_SKEWED_CK = np.array([[4.0, 2.5, 0.0], [0.0, 4.0, 0.5], [1.5, 0.0, 3.0]])
"""Weights of the optimised model: enough off to flip some classes."""


@dataclass(frozen=True, slots=True)
class World:
    """Where reports of two models are."""

    workspace: Workspace
    client: TestClient
    annotated: str
    """Id of a comparison on annotated images, some of them failed, some with hostile names."""
    plain: str
    """Id of a comparison without annotations."""
    distance: str
    """Id of a tensor distance of two outputs."""

    def json(self, address: str, **query: Any) -> Any:
        """The data of a page."""
        path, _, asked = address.partition("?")
        answer = self.client.get(f"{path}.json" + (f"?{asked}" if asked else ""), params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def names(self, address: str, view: str = "images") -> list[str]:
        """The images of all pages of a view."""
        names: list[str] = []
        pages = number = 1
        while number <= pages:
            joint = "&" if "?" in address else "?"
            shown = self.json(f"{address}{joint}page={number}")["views"][view]
            names += [row["image_name"] for row in shown["rows"]]
            pages, number = shown["pager"]["pages"], number + 1
        return names


def _name(row: int) -> str:
    if row % 7 == 0:
        return f'<b onclick=alert(1)>{row:03d}&".png'
    return f"{'Ärger +%=#' if row % 5 == 0 else 'image_'}{row:03d}.png"


def _write_images(folder: Path, *, annotated: bool) -> Path:
    folder.mkdir()
    lines: list[str] = []
    for row in range(_N):
        colour = (90, 90, 90) if row % 11 == 0 else pixels_of(row)
        Image.new("RGB", (8, 8), colour).save(folder / _name(row))
        lines.append(f"{_name(row)} {(row + (row % 4 == 1)) % 3}")
    (folder / _name(3)).write_bytes(b"no image at all")
    if annotated:
        (folder / "val.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("pair")
    with Workspace(folder / "workspace") as workspace:
        parent = workspace.import_model(write_model(folder / "parent.onnx", gain=4, features=True))
        optimised = workspace.import_model(
            write_model(folder / "optimised.onnx", weights_ck=_SKEWED_CK, features=True), name="optimised <i>"
        )
        images = workspace.import_dataset(_write_images(folder / "images", annotated=True))
        plain = workspace.import_dataset(_write_images(folder / "plain", annotated=False))
        annotated = workspace.compare(optimised, parent, images, speed_rounds=2, speed_seconds=0.05)
        without = workspace.compare(optimised, parent, plain, speed_rounds=0)
        distance = workspace.distance(optimised, parent, images)
        app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token="pair")))
        client = TestClient(app, base_url="http://localhost", headers=_ACCESS, follow_redirects=False)
        yield World(workspace, client, annotated.id, without.id, distance.id)


@pytest.fixture(scope="module")
def table(world: World) -> pl.DataFrame:
    return world.workspace.comparison(world.annotated).images


def test_every_view_of_both_kinds_is_a_page_with_one_heading_and_its_data(world: World) -> None:
    views = {
        world.annotated: ("images", "classes", "calibration", "speed", "failed", "details", "history"),
        world.plain: ("images", "classes", "calibration", "speed", "failed", "details", "history"),
        world.distance: ("images", "outputs", "failed", "details", "history"),
    }
    for report_id, of_kind in views.items():
        for view in of_kind:
            page = world.client.get(f"/reports/{report_id}", params={"view": view})
            assert page.status_code == 200, (report_id, view)
            assert page.text.count("<h1") == 1
            assert not re.search(r"\sstyle=|\son\w+=\"|<script(?! type=\"module\" src=)", page.text), view
            assert world.json(f"/reports/{report_id}", view=view)["view"] == view
            for suffix in ("csv", "parquet"):
                assert world.client.get(f"/reports/{report_id}/data.{suffix}", params={"view": view}).content


def test_every_cell_of_the_outcomes_leads_to_exactly_its_images(world: World, table: pl.DataFrame) -> None:
    right = pl.col("optimised_annotated_rank") == 0
    parent_right = pl.col("parent_annotated_rank") == 0
    expected = {
        "both_right": table.filter(right & parent_right),
        "broken": table.filter(~right & parent_right),
        "fixed": table.filter(right & ~parent_right),
        "both_wrong": table.filter(~right & ~parent_right),
    }
    cells = world.json(f"/reports/{world.annotated}")["head"]["outcomes"]
    assert {cell["key"] for cell in cells} == set(expected)
    for cell in cells:
        assert cell["count"] == len(expected[cell["key"]]) > 0
        assert set(world.names(cell["address"])) == set(expected[cell["key"]]["image_name"])


def test_limits_to_kinds_of_flips_replace_each_other_and_count_the_view(world: World, table: pl.DataFrame) -> None:
    within = table.filter(pl.col("optimised_confidence") < 0.9)
    address = f"/reports/{world.annotated}?filter=optimised_confidence%3C0.9&filter=flip%3Dfixed"
    limits = {limit["label"]: limit for limit in world.json(address)["views"]["images"]["limits"]}
    assert list(limits) == ["All", "Only flips", "Broken", "Fixed", "Moved"]
    assert [label for label, limit in limits.items() if limit["current"]] == ["Fixed"]
    flips = within.filter(pl.col("flip").is_not_null())
    assert limits["All"]["count"] == len(within)
    assert limits["Only flips"]["count"] == len(flips) > 0
    assert world.names(limits["Only flips"]["address"]) == flips["image_name"].to_list()
    for kind in ("broken", "fixed", "moved"):
        wanted = within.filter(pl.col("flip") == kind)["image_name"].to_list()
        assert (limits[kind.capitalize()]["count"], world.names(limits[kind.capitalize()]["address"])) == (
            len(wanted),
            wanted,
        )


def test_flips_come_first_where_no_order_is_asked(world: World, table: pl.DataFrame) -> None:
    expected = table.sort("agreed", nulls_last=True, maintain_order=True)["image_name"].to_list()
    assert world.names(f"/reports/{world.annotated}") == expected
    ordered = table.sort("position")["image_name"].to_list()
    assert world.names(f"/reports/{world.annotated}?sort=position") == ordered


def _draw(choose: random.Random, table: pl.DataFrame) -> tuple[Any, pl.DataFrame]:
    """A question with its answer by polars alone."""
    query: list[tuple[str, str]] = []
    found = table
    for _ in range(choose.choice((0, 1, 1, 2))):
        column = choose.choice(table.columns)
        known = table[column].drop_nulls()
        if not len(known):
            continue
        value = choose.choice(known.to_list())
        if table.schema[column].is_numeric():
            query.append(("filter", f"{column}>={value!r}"))
            found = found.filter(pl.col(column) >= value)
        elif table.schema[column] == pl.Boolean:
            query.append(("filter", f"{column}!={str(value).lower()}"))
            found = found.filter(pl.col(column) != value)
        else:
            part = value[: choose.randint(1, 9)]
            query.append(("filter", f'{column} contains "{part.upper()}"'))
            found = found.filter(pl.col(column).str.to_lowercase().str.contains(part.lower(), literal=True))
    search = choose.choice(("", "", "RED", "ärger +%", "<B"))
    if search:
        query.append(("q", search))
        columns = [name for name in table.columns if name == "image_name" or name.endswith("_name")]
        held = pl.col(columns).str.to_lowercase().str.contains(search.lower(), literal=True).fill_null(value=False)
        found = found.filter(pl.any_horizontal(held))
    sort = choose.choice(table.columns)
    query += [("sort", sort), *([("descending", "1")] if (descending := choose.random() < 0.5) else [])]
    return query, found.sort(sort, descending=descending, nulls_last=True, maintain_order=True)


@pytest.mark.parametrize("kind", ["comparison", "distance"])
def test_page_file_python_and_polars_agree(world: World, kind: str) -> None:
    is_comparison = kind == "comparison"
    report = (
        world.workspace.comparison(world.annotated)
        if is_comparison
        else world.workspace.tensor_distance(world.distance)
    )
    columns = tuple(COMPARISON_COLUMNS if is_comparison else DISTANCE_COLUMNS)
    choose = random.Random(5)
    sizes: set[int] = set()
    for number in range(40):
        query, expected = _draw(choose, report.images)
        address = f"/reports/{report.id}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query)
        assert world.names(address) == expected["image_name"].to_list(), query
        csv = world.client.get(f"/reports/{report.id}/data.csv", params=query)
        read = pl.read_csv(io.BytesIO(csv.content), schema_overrides=report.images.schema)
        assert_frame_equal(read.select(columns), expected.select(columns))
        if number % 10 == 0:
            assert _python_rows(world, address) == expected["image_name"].to_list(), query
        sizes.add(len(expected))
    assert len(sizes) > 10


def _python_rows(world: World, address: str) -> list[str]:
    """The images that "the same as Python" gives when it is run."""
    statements, _, expression = world.json(address)["same"]["python"].rstrip().rpartition("\n")
    names: dict[str, Any] = {}
    exec(statements, names)
    try:
        return eval(expression, names)["image_name"].to_list()
    finally:
        names["workspace"].close()


def test_both_layouts_show_the_same_images_and_hostile_names_as_text(world: World) -> None:
    for report_id in (world.annotated, world.plain, world.distance):
        expected = world.names(f"/reports/{report_id}")
        for layout, size in (("table", 50), ("grid", 60)):
            page = world.client.get(f"/reports/{report_id}", params={"layout": layout}).text
            boxes = re.findall(r'<input type="checkbox" [^>]*aria-label="Select ([^"]*)"', page)
            assert [html.unescape(name) for name in boxes] == expected[:size]
            assert "<b onclick" not in page
            assert "optimised <i>" not in page


def test_facets_lead_to_exactly_the_images_that_they_count(world: World) -> None:
    for report_id in (world.annotated, world.plain, world.distance):
        shown = world.json(f"/reports/{report_id}")["views"]["images"]
        links = [value for facet in shown["facets"] for value in facet["values"]]
        assert len(links) > 2
        for link in links:
            assert len(world.names(link["address"])) == link["count"], link["label"]
        for bar in (shown["confidence"] or {"bars": ()})["bars"]:
            count = int(bar["text"].split(": ")[1].split()[0].replace(",", ""))
            assert len(world.names(bar["address"])) == count


def test_bars_of_distances_lead_to_their_images_of_every_output(world: World) -> None:
    report = world.workspace.tensor_distance(world.distance)
    outputs = world.json(f"/reports/{world.distance}?view=outputs")["views"]["outputs"]["outputs"]
    assert [output["output"] for output in outputs] == [each.output for each in report.record.outputs]
    assert len(outputs) == 2
    for output in outputs:
        compared = report.output_table(output["output"]).filter(pl.col("status") == "compared")
        for spread in output["spreads"]:
            bars, bins = spread["histogram"]["bars"], spread["distribution"]["bins"]
            assert sum(each["count"] for each in bins) == spread["distribution"]["n"]
            for bar, each in zip(bars, bins, strict=True):
                assert len(world.names(bar["address"])) == each["count"], bar["text"]
            measure = spread["distribution"]["measure"]
            worst = compared.sort(measure, descending=True, nulls_last=True, maintain_order=True)
            assert world.names(spread["worst_address"])[: len(worst)] == worst["image_name"].to_list()


def test_dots_of_both_reliability_diagrams_lead_to_their_images(world: World) -> None:
    models = world.json(f"/reports/{world.annotated}?view=calibration")["views"]["calibration"]["models"]
    assert [model["role"] for model in models] == ["Optimised", "Parent"]
    for model in models:
        for found, address in model["bins"]:
            assert len(world.names(address)) == found["n"]


def test_without_annotations_agreement_takes_the_place_of_accuracy_and_only_flips_are_to_be_labelled(
    world: World,
) -> None:
    head = world.json(f"/reports/{world.plain}")["head"]
    report = world.workspace.comparison(world.plain)
    assert (head["outcome"], head["interval"], head["outcomes"]) == (None, None, [])
    assert [figure["name"] for figure in head["figures"]] == ["Agreement", "Flips", "Size", "Images compared"]
    assert head["unlabelled"] == len(report.flips)
    flips = pl.read_csv(io.BytesIO(world.client.get(head["flips_address"]).content))
    assert flips["image_name"].to_list() == report.flips["image_name"].to_list()
    columns = [name for name, _ in world.json(f"/reports/{world.plain}")["views"]["images"]["filter_columns"]]
    assert "annotated_class" not in columns
    for view, reason in (("classes", "not annotated"), ("calibration", "is annotated")):
        assert reason in world.client.get(f"/reports/{world.plain}", params={"view": view}).text


def test_an_image_shows_both_models_with_the_same_mark_for_the_same_class(world: World, table: pl.DataFrame) -> None:
    row = table.filter(pl.col("flip") == "broken").row(0, named=True)
    address = f"/reports/{world.annotated}/images/{row['position']}?filter=flip%3Dbroken"
    shown = world.json(address)
    assert shown["verdict"] == "broken"
    assert shown["sentence"].startswith("Broken: right by the parent, wrong by the optimised model.")
    optimised, parent = shown["models"]
    assert optimised["predictions"][0]["class_id"] == row["optimised_class"]
    assert parent["predictions"][0]["class_id"] == row["parent_class"]
    assert parent["predictions"][0]["confidence"] == pytest.approx(row["parent_confidence"], abs=1e-6)
    marks = [{each["class_id"]: each["mark"] for each in model["predictions"]} for model in shown["models"]]
    assert marks[0] == marks[1]
    assert sorted(marks[0].values()) == ["A", "B", "C"]
    assert [each["class_id"] for each in parent["predictions"] if each["annotated"]] == [row["annotated_class"]]
    assert optimised["predictions"][0]["address"].endswith(f"optimised_class%3D{row['optimised_class']}")
    assert parent["predictions"][0]["address"].endswith(f"parent_class%3D{row['parent_class']}")


def test_next_and_previous_walk_the_filtered_list(world: World, table: pl.DataFrame) -> None:
    flips = table.filter(pl.col("flip").is_not_null())["position"].to_list()
    address: str | None = f"/reports/{world.annotated}/images/{flips[0]}?filter=agreed%3Dfalse"
    walked: list[int] = []
    while address is not None:
        shown = world.json(address)
        walked.append(shown["detail"]["position"])
        assert shown["place"]["count"] == len(flips)
        address = shown["place"]["next"]
    assert walked == flips


def test_pictures_of_all_kinds_are_served(world: World) -> None:
    for report_id in (world.annotated, world.plain, world.distance):
        for picture, start in (("thumbnail.jpg", b"\xff\xd8"), ("decoded.jpg", b"\xff\xd8"), ("seen.png", b"\x89PNG")):
            assert world.client.get(f"/reports/{report_id}/images/4/{picture}").content.startswith(start)
        position = int(
            world.workspace.find_report(report_id)
            .images.with_row_index()
            .filter(pl.col("status") == "failed")["position"][0]
        )
        failed = world.client.get(f"/reports/{report_id}/images/{position}/decoded.jpg")
        assert (failed.status_code, "cannot be decoded" in failed.text) == (404, True)
        assert world.client.get(f"/reports/{report_id}/images/{position}").status_code == 200
        assert world.client.get(f"/reports/{report_id}/images/{_N}").status_code == 404


def test_tags_selections_and_whole_reports_work_for_all_kinds(world: World) -> None:
    for report_id in (world.annotated, world.distance):
        tagged = world.client.post(
            f"/reports/{report_id}/tags", data={"tag": "look", "position": ["4", "5"], "then": f"/reports/{report_id}"}
        )
        assert (tagged.status_code, tagged.headers["location"]) == (303, f"/reports/{report_id}")
        assert len(world.names(f"/reports/{report_id}?filter=tags%3Dlook")) == 2
        chosen = world.client.post(f"/reports/{report_id}/selection.csv", data={"position": ["5", "4"]})
        assert pl.read_csv(io.BytesIO(chosen.content))["position"].to_list() == [4, 5]
        paths = world.client.post(f"/reports/{report_id}/selection.txt", data={"position": ["5"]}).text
        assert paths.endswith(f"{_name(5)}\n") or paths.count("\n") == 1
        for suffix in ("csv", "parquet", "json", "html"):
            assert world.client.get(f"/reports/{report_id}/export.{suffix}").status_code == 200, suffix
        world.client.post(f"/reports/{report_id}/tags", data={"tag": "look", "position": ["4", "5"], "action": "untag"})


def test_forms_lead_to_the_address_of_the_view(world: World) -> None:
    form = {"column": "parent_class_rank", "operator": ">", "value": "0", "view": "images"}
    answer = world.client.get(f"/reports/{world.annotated}/go", params=form)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/reports/{world.annotated}?filter=parent_class_rank%3E0",
    )
    other = world.workspace.tensor_distance(world.distance).record.outputs[1].output
    kept = world.client.get(f"/reports/{world.distance}/go", params={"order": "-mse", "output": other})
    assert kept.headers["location"] == f"/reports/{world.distance}?sort=mse&descending=1&output={other}"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("view=confusion", 400),
        ("view=nonsense", 422),
        ("filter=nonsense", 200),
        ("filter=flip%3C", 200),
        ("filter=flip%3Dsideways", 200),
        ("filter=agreed%3Dmaybe", 200),
        ("filter=annotated_class_rank%3E2", 200),
        ("filter=mse%3Ddistant", 200),
        ("erroneous=1", 200),
        ("erroneous=9&sort=nonsense", 200),
        ("sort=%3Cscript%3E", 200),
        ("view=history&sort=nonsense&page=99999", 200),
        ("page=99999&layout=grid", 200),
        ("q=%00%22%3E", 200),
        ("class=7&support=3&k=2", 200),
    ],
)
def test_what_cannot_be_answered_is_said_and_never_an_error_of_the_server(
    world: World, query: str, status: int
) -> None:
    for report_id in (world.annotated, world.plain, world.distance):
        assert world.client.get(f"/reports/{report_id}?{query}").status_code == status
        assert world.client.get(f"/reports/{report_id}.json?{query}").status_code < 500
        assert world.client.get(f"/reports/{report_id}/data.csv?{query}").status_code < 500
        assert world.client.get(f"/reports/{report_id}/images/5?{query}").status_code < 500
        assert world.client.get(f"/reports/{report_id}/go?{query}&column=flip&value=1").status_code < 500


def test_an_unknown_output_is_refused_with_those_that_there_are(world: World) -> None:
    for path in ("", ".json", "/data.csv", "/images/5"):
        answer = world.client.get(f"/reports/{world.distance}{path}", params={"output": "nowhere"})
        assert answer.status_code in {400, 404}, path
        assert "outputs are" in answer.text


def test_flips_of_an_accuracy_report_are_not_found(world: World) -> None:
    assert world.client.get(f"/reports/{world.distance}/flips.csv").status_code == 404


def test_a_report_that_is_not_there_yet_shows_its_job(world: World) -> None:
    record = world.workspace.comparison(world.annotated).record
    background = world.workspace.background
    jobs = {
        "comparison": background.compare(record.project_id, record.parent.model_id),
        "distance": background.distance(record.project_id, record.parent.model_id),
    }
    for kind, job in jobs.items():
        page = world.json(f"/reports/{job.report_id}")
        assert (page["kind"], page["head"], page["job"]["id"]) == (kind, None, job.id)
        assert (
            "The report appears here as soon as the job is done." in world.client.get(f"/reports/{job.report_id}").text
        )
        world.workspace.jobs.cancel(job.id)
        assert "It ended without a report." in world.client.get(f"/reports/{job.report_id}").text
