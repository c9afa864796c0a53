"""How classes are matched: the page of a project's classes, and the part of the page that makes a report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from accubench import Workspace
from accubench.web import ServerSettings, Workbench, create_app
from small_world import metadata_of, write_dataset, write_model

TOKEN = "t" * 32
N = 120
NAMES = ["<script>alert(1)</script>", 'grün "1"', *(f"class {number}" for number in range(2, N))]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace(tmp_path_factory.mktemp("matching") / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token=TOKEN)))
    return TestClient(app, base_url="http://127.0.0.1:8000", headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture(scope="module")
def address(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A project whose dataset has the model's names, of which the last two changed places and one is another."""
    folder = tmp_path_factory.mktemp("world")
    images = write_dataset(folder / "many", N)
    lines = (images / "val.txt").read_text().splitlines()
    (images / "val.txt").write_text("".join(f"{line.split()[0]} {row}\n" for row, line in enumerate(lines)))
    labels = [*NAMES[:5], "something else", *NAMES[6:-2], NAMES[-1], NAMES[-2]]
    (images / "labels.txt").write_text("\n".join(labels) + "\n")
    weights_ck = np.random.default_rng(1).random((3, N))
    model = workspace.model(write_model(folder / "many.onnx", weights_ck=weights_ck, metadata=metadata_of(*NAMES)))
    job = workspace.background.create_project(model.id, workspace.dataset(images, labels="labels.txt").id)
    return f"/projects/{job.project_id}"


def test_a_page_has_fifty_classes_and_leads_to_the_others(client: TestClient, address: str) -> None:
    first = client.get(f"{address}/classes.json").json()
    last = client.get(f"{address}/classes.json?page=3").json()

    assert [row["matched"]["dataset_class"] for row in first["matching"]["rows"]] == list(range(50))
    assert first["pager"]["next"] == f"{address}/classes?start=inferred&page=2"
    assert [row["matched"]["dataset_class"] for row in last["matching"]["rows"]] == list(range(100, N))
    assert first["matching"]["titles"] == ["Class", "Dataset's name", "Taken for", "By name", "Matched by"]
    assert first["matching"]["rows"][0]["cells"][-1] == "exact name"


def test_without_names_on_both_sides_there_are_no_columns_of_them(
    client: TestClient, workspace: Workspace, colour_model: Path, tmp_path: Path
) -> None:
    images = write_dataset(tmp_path / "nameless", 30)
    (images / "labels.txt").unlink(missing_ok=True)
    job = workspace.background.create_project(workspace.model(colour_model).id, workspace.dataset(images).id)

    matching = client.get(f"/projects/{job.project_id}/classes.json").json()["matching"]

    assert matching["titles"] == ["Class", "Dataset's name", "Taken for"]
    assert [row["cells"] for row in matching["rows"]] == [
        ["0", "–", "red (0)"],
        ["1", "–", "green (1)"],
        ["2", "–", "blue (2)"],
    ]
    assert matching["counts"] == ["3 classes; the dataset has no names to match."]


def test_what_does_not_match_is_told_and_can_be_seen_alone(client: TestClient, address: str) -> None:
    shown = client.get(f"{address}/classes.json?show=questionable").json()["matching"]

    assert (shown["n_classes"], shown["n_moved"], shown["n_questionable"]) == (N, 2, 3)
    assert [(row["cells"][0], row["mark"]) for row in shown["rows"]] == [
        ("5", "unmatched"),
        (str(N - 2), "moved"),
        (str(N - 1), "moved"),
    ]
    assert shown["rows"][1]["cells"][2:4] == ["class 118 (118)", "class 119 (119)"]
    assert "3 of 120 to look at" in client.get(f"{address}/classes").text


def test_the_page_that_makes_a_report_shows_the_first_of_those_to_look_at(client: TestClient, address: str) -> None:
    page = client.get(f"{address}/reports/new").text
    matching = client.get(f"{address}/reports/new.json").json()["matching"]

    assert 'class="matching panel" open' in page
    assert f'href="{address}/classes"' in page
    assert [row["cells"][0] for row in matching["rows"]] == ["5", str(N - 2), str(N - 1)]
    assert matching["sentence"] == "Annotation id = model output."


def test_names_are_text(client: TestClient, address: str) -> None:
    page = client.get(f"{address}/classes").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_it_follows_the_configuration_that_is_being_written(client: TestClient, address: str) -> None:
    steps = "preprocessing:\n  - decode: {color: RGB}\n  - resize: {size: 8}\n"
    by_name = client.post(f"{address}/classes", json={"text": f"{steps}annotations: {{by: name}}\n"}).json()
    too_high = client.post(f"{address}/classes", json={"text": f"{steps}annotations: {{offset: 1}}\n"}).json()
    wrong = client.post(f"{address}/classes", json={"text": "preprocessing: 7\n"}).json()

    assert by_name["matching"]["refused"]
    assert "something else" in by_name["matching"]["sentence"]
    assert "outside the model&#39;s classes" in too_high["html"]
    assert "✕ refused" in too_high["html"]
    assert wrong["matching"]["problem"]
    assert wrong["matching"]["rows"] == []


def test_a_dataset_without_annotations_has_nothing_to_match(
    client: TestClient, workspace: Workspace, address: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, model = tmp_path_factory.mktemp("plain"), workspace.project(address.rpartition("/")[2]).model
    (write_dataset(folder / "plain", 3) / "val.txt").unlink()
    job = workspace.background.create_project(model.id, workspace.dataset(folder / "plain").id)

    page = client.get(f"/projects/{job.project_id}/classes").text

    assert "plain is not annotated" in page
    assert client.get(f"/projects/{job.project_id}/reports/new.json").json()["matching"] is None
    assert "How classes are matched" not in client.get(f"/projects/{job.project_id}?tab=details").text
