"""A report's pages: every view, its counts, its links, its files."""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import polars as pl
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from accubench import Workspace
from accubench.web import ServerSettings, Workbench, create_app
from accubench.workspace import AccuracyReport
from cli_runner import run_accubench
from small_world import pixels_of, write_dataset, write_model

HOSTILE = "<script>alert('x')</script>\u202e\"&"
TOKEN = "t" * 32


def client_of(workspace: Workspace) -> TestClient:
    app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token=TOKEN)))
    return TestClient(app, base_url="http://127.0.0.1:8000", headers={"Authorization": f"Bearer {TOKEN}"})


def metadata(names: list[str]) -> dict[str, str]:
    return {
        "labels": json.dumps(names),
        "color": "RGB",
        "mean": "[0, 0, 0]",
        "scale": "[255, 255, 255]",
        "resize_mode": "stretch",
        "resize_size": "8",
        "resize_library": "opencv",
        "interpolation": "area",
    }


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace(tmp_path_factory.mktemp("pages") / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def report(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> AccuracyReport:
    """130 images, 13 erroneous, 1 failed, with a hostile class name and a hostile image name."""
    folder = tmp_path_factory.mktemp("world")
    images = write_dataset(folder / "images", 130, wrong=13)
    (images / "image_00100.png").write_bytes(b"no image")
    name = HOSTILE.replace("/", "") + "\n" + "n" * 150 + ".png"
    Image.new("RGB", (8, 8), pixels_of(1)).save(images / name)
    (images / "image_00001.png").unlink()
    lines = (images / "val.txt").read_text().replace("image_00001.png", "image_00004.png").splitlines()
    table = [f"{line.split()[0]},{line.split()[1]}" for line in dict.fromkeys(lines) if "00004" not in line]
    quoted = name.replace('"', '""')
    (images / "val.txt").unlink()
    (images / "data.csv").write_text("\n".join(["path,label", *table, f'"{quoted}",2', "image_00004.png,2"]) + "\n")
    model = write_model(folder / "colours.onnx", metadata=metadata(["red", "green", HOSTILE]))
    return workspace.evaluate(model, images / "data.csv")


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    return client_of(workspace)


VIEWS = ("images", "classes", "confusion", "calibration", "failed", "details", "history")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_a_page_and_the_same_as_data(client: TestClient, report: AccuracyReport, view: str) -> None:
    page = client.get(f"/reports/{report.id}?view={view}")
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert HOSTILE not in page.text
    data = client.get(f"/reports/{report.id}.json?view={view}").json()
    assert data["view"] == view
    assert f"<title>{data['title'][:12]}" in unescape(page.text)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_every_view_offers_its_rows_as_files(
    client: TestClient, report: AccuracyReport, view: str, suffix: str
) -> None:
    content = client.get(f"/reports/{report.id}/data.{suffix}?view={view}").content
    table = pl.read_csv(content) if suffix == "csv" else pl.read_parquet(io.BytesIO(content))
    data = client.get(f"/reports/{report.id}.json?view={view}").json()["views"]
    expected = {
        "images": lambda: data["images"]["pager"]["count"],
        "failed": lambda: data["images"]["pager"]["count"],
        "classes": lambda: data["classes"]["pager"]["count"],
        "confusion": lambda: data["confusion"]["pairs_count"],
        "calibration": lambda: len(data["calibration"]["bins"]),
        "details": lambda: sum(len(section["values"]) for section in data["details"]["configuration"]),
        "history": lambda: len(data["history"]["rows"]),
    }[view]()
    assert len(table) == expected > 0


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json", "html"])
def test_the_whole_report_is_a_download(client: TestClient, report: AccuracyReport, suffix: str) -> None:
    answer = client.get(f"/reports/{report.id}/export.{suffix}")
    assert answer.status_code == 200
    assert f'filename="{report.id}.{suffix}"' in answer.headers["content-disposition"]
    assert len(answer.content) > 1000


def test_counts_on_the_page_are_those_of_the_whole_filtered_set(client: TestClient, report: AccuracyReport) -> None:
    found = client.get(f"/reports/{report.id}.json?erroneous=1").json()["views"]["images"]
    wrong = len(report.erroneous)
    assert found["pager"]["count"] == found["erroneous"]["top1_count"] == wrong > 0
    assert sum(value["count"] for value in found["facets"][0]["values"]) == wrong
    page = client.get(f"/reports/{report.id}?page=2").text
    assert f"51 to 100 of {len(report.images)} images" in page


def test_pages_and_data_have_the_rows_of_the_view(client: TestClient, report: AccuracyReport) -> None:
    address = "filter=annotated_class%3D2&sort=predicted_confidence&descending=1"
    rows = client.get(f"/reports/{report.id}.json?{address}").json()["views"]["images"]["rows"]
    view = report.view(["annotated_class=2"], sort="predicted_confidence", descending=True, limit=50)
    assert [row["image_name"] for row in rows] == view.rows["image_name"].to_list()
    assert [row["position"] for row in rows] == view.positions.tolist()


def test_every_facet_leads_to_as_many_images_as_it_counts(client: TestClient, report: AccuracyReport) -> None:
    report.tag(report.images["image_name"].head(3).to_list(), "look")
    found = client.get(f"/reports/{report.id}.json?erroneous=1").json()["views"]["images"]
    values = [(value["address"], value["count"]) for facet in found["facets"] for value in facet["values"]]
    assert len(values) > 8
    for address, count in values:
        there = client.get(address.replace("?", ".json?", 1)).json()["views"]["images"]["pager"]["count"]
        assert there == count, address
    report.untag(report.images["image_name"].head(3).to_list(), "look")


def test_every_cell_and_pair_of_the_confusion_leads_to_its_images(client: TestClient, report: AccuracyReport) -> None:
    found = client.get(f"/reports/{report.id}.json?view=confusion&class=0&class=2").json()["views"]["confusion"]
    links = [(cell["address"], cell["images"]) for row in found["rows"] for cell in row["cells"]]
    links += [(pair["address"], pair["images"]) for pair in found["pairs"]]
    assert sum(count for _, count in links[:9]) == report.summary.n
    for address, count in links:
        there = client.get(address.replace("?", ".json?", 1)).json()["views"]["images"]["pager"]["count"]
        assert there == count, address


def test_every_bin_of_the_reliability_diagram_leads_to_its_images(client: TestClient, report: AccuracyReport) -> None:
    found = client.get(f"/reports/{report.id}.json?view=calibration").json()["views"]["calibration"]
    for each, address in found["bins"]:
        there = client.get(address.replace("?", ".json?", 1)).json()["views"]["images"]["pager"]["count"]
        assert there == each["n"], address


def test_a_filter_that_cannot_be_applied_is_said_and_the_rest_still_works(
    client: TestClient, report: AccuracyReport
) -> None:
    address = f"/reports/{report.id}?filter=predicted_confidence%3Chigh&filter=annotated_class%3D2&sort=nothing"
    page = client.get(address)
    assert page.status_code == 200
    assert "is compared with a number such as 0.5" in unescape(page.text)
    assert "no column &#39;nothing&#39;" in page.text
    assert f"of {report.view(['annotated_class=2']).count} images" in page.text
    assert client.get(address.replace("?", ".json?")).status_code == 400
    assert client.get(address.replace("?", "/data.csv?")).status_code == 400


def test_forms_lead_to_the_one_address_of_a_view(client: TestClient, report: AccuracyReport) -> None:
    answer = client.get(
        f"/reports/{report.id}/go?erroneous=1&was_erroneous=0&column=status&operator=%3D&value=evaluated",
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/reports/{report.id}?filter=status%3Devaluated&erroneous=1"


def test_the_same_as_python_gives_the_same_rows(
    client: TestClient, report: AccuracyReport, workspace: Workspace
) -> None:
    address = "filter=annotated_class%3D2&erroneous=1&q=IMAGE&sort=image_name&descending=1"
    python = client.get(f"/reports/{report.id}.json?{address}").json()["same"]["python"]
    *statements, expression = python.splitlines()
    names: dict[str, object] = {}
    exec("\n".join(statements), names)
    rows = eval(expression, names)
    names["workspace"].close()  # type: ignore[attr-defined]
    csv = pl.read_csv(client.get(f"/reports/{report.id}/data.csv?{address}").content)
    assert rows["image_name"].to_list() == csv["image_name"].to_list() != []


@pytest.mark.parametrize(
    "address",
    [
        "filter=annotated_class%3D2&erroneous=1&q=IMAGE&sort=image_name&descending=1",
        "filter=image_name%20contains%20%22%200%22&erroneous=2",
        "view=failed&sort=failure",
        "sort=tied&descending=1",
    ],
)
def test_the_same_as_a_command_writes_the_same_file(
    client: TestClient, report: AccuracyReport, tmp_path: Path, address: str
) -> None:
    command = client.get(f"/reports/{report.id}.json?{address}").json()["same"]["command"]
    program, *words = shlex.split(command)
    assert program == "accubench"
    done = run_accubench(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "view.csv").read_bytes() == client.get(f"/reports/{report.id}/data.csv?{address}").content


def test_any_k_is_shown_and_never_more_than_there_are_classes(client: TestClient, report: AccuracyReport) -> None:
    for asked, shown in ((1, [1]), (2, [1, 2]), (5, [1, 3]), (10**6, [1, 3])):
        head = client.get(f"/reports/{report.id}.json?k={asked}").json()["head"]
        assert [top["k"] for top in head["accuracies"]] == shown
    assert head["accuracies"][1]["right"] == report.summary.n


def test_images_are_tagged_and_untagged_from_the_page(client: TestClient, report: AccuracyReport) -> None:
    then = f"/reports/{report.id}?erroneous=1"
    form = {"position": ["0", "1"], "tag": "check me", "action": "tag", "then": then}
    answer = client.post(f"/reports/{report.id}/tags", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, then)
    assert report.view(["tags contains check me"]).positions.tolist() == [0, 1]
    client.post(f"/reports/{report.id}/tags", data={**form, "action": "untag"})
    assert report.view(["tags contains check me"]).count == 0


@pytest.mark.parametrize("then", ["https://elsewhere", "//elsewhere", "/reports/other", "/reports/\r\nX: y", ""])
def test_tagging_returns_to_this_report_only(client: TestClient, report: AccuracyReport, then: str) -> None:
    form = {"position": "0", "tag": "x", "action": "untag", "then": then}
    answer = client.post(f"/reports/{report.id}/tags", data=form, follow_redirects=False)
    assert answer.headers["location"] == f"/reports/{report.id}"


@pytest.mark.parametrize("form", [{"position": "99999"}, {"position": str(2**70)}, {"position": "0", "tag": "a,b"}, {}])
def test_a_wrong_selection_is_refused(client: TestClient, report: AccuracyReport, form: dict[str, str]) -> None:
    answer = client.post(f"/reports/{report.id}/tags", data={"tag": "x", "action": "tag", **form})
    assert answer.status_code in {400, 422}


def test_selected_images_are_exported_and_their_paths_told(client: TestClient, report: AccuracyReport) -> None:
    csv = client.post(f"/reports/{report.id}/selection.csv", data={"position": ["5", "2"]})
    names = report.images["image_name"].to_list()
    assert pl.read_csv(csv.content)["image_name"].to_list() == [names[2], names[5]]
    paths = client.post(f"/reports/{report.id}/selection.txt", data={"position": ["5", "2"]}).text.splitlines()
    assert [Path(path).name for path in paths] == [names[5], names[2]]
    assert all(Path(path).is_file() for path in paths)


def test_hostile_names_are_text_everywhere(client: TestClient, report: AccuracyReport) -> None:
    assert any("\n" in name and "<script>" in name for name in report.images["image_name"])
    for view in (*VIEWS, "images&layout=grid"):
        text = client.get(f"/reports/{report.id}?view={view}&page=1&sort=image_name").text
        assert "<script>alert" not in text
        assert not re.search(r"\son\w+=", text)
        assert " style=" not in text


def test_a_report_that_is_not_there_is_not_found(client: TestClient) -> None:
    for address in ("/reports/r-nothing", "/reports/r-nothing.json", "/reports/r-nothing/data.csv"):
        assert client.get(address).status_code == 404


def test_without_annotations_nothing_is_erroneous_and_the_page_says_why(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for row in range(5):
        Image.new("RGB", (8, 8), pixels_of(row)).save(tmp_path / "images" / f"{row}.png")
    report = workspace.evaluate(write_model(tmp_path / "colours.onnx"), tmp_path / "images")
    client = client_of(workspace)
    page = client.get(f"/reports/{report.id}?erroneous=1").text
    assert "not annotated, so there is no accuracy" in page
    assert re.search(r'name="erroneous"[^>]* disabled', page)
    assert "Rank of Class" not in page
    for view in VIEWS:
        assert client.get(f"/reports/{report.id}?view={view}").status_code == 200


def test_a_report_of_failed_images_alone_can_be_read(workspace: Workspace, tmp_path: Path) -> None:
    images = write_dataset(tmp_path / "images", 4)
    for row in range(4):
        (images / f"image_{row:05d}.png").write_bytes(b"no image")
    report = workspace.evaluate(write_model(tmp_path / "colours.onnx"), images)
    client = client_of(workspace)
    assert "All 4 images failed" in client.get(f"/reports/{report.id}").text
    for view in (*VIEWS, "images&layout=grid"):
        assert client.get(f"/reports/{report.id}?view={view}").status_code == 200
    failed = client.get(f"/reports/{report.id}.json?view=failed").json()["views"]["images"]
    assert [row["verdict"] for row in failed["rows"]] == ["failed"] * 4
