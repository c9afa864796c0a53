"""Visualize: one image of a view, its neighbours, and its pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from accubench import Workspace
from accubench.web import ServerSettings, Workbench, create_app
from accubench.workspace import AccuracyReport
from small_world import pixels_of, write_dataset, write_model

TOKEN = "t" * 32
N = 130


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace(tmp_path_factory.mktemp("visualize") / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def report(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> AccuracyReport:
    """130 images, the first 70 with a wrong annotation; one failed, and of one the file went away afterwards."""
    folder = tmp_path_factory.mktemp("world")
    images = write_dataset(folder / "images", N, wrong=70)
    (images / "image_00100.png").write_bytes(b"no image")
    made = workspace.evaluate(write_model(folder / "colours.onnx"), images)
    (images / "image_00120.png").unlink()
    return made


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token=TOKEN)))
    return TestClient(app, base_url="http://127.0.0.1:8000", headers={"Authorization": f"Bearer {TOKEN}"})


def test_next_walks_along_the_view_and_previous_back(client: TestClient, report: AccuracyReport) -> None:
    query = "filter=predicted_class%3D1&erroneous=1&sort=predicted_confidence&descending=1"
    expected = report.positions(["predicted_class=1"], erroneous=1, sort="predicted_confidence", descending=True)
    address, walked = f"/reports/{report.id}/images/{expected[0]}?{query}", []
    while address is not None:
        found = client.get(address.replace("?", ".json?")).json()
        assert found["place"]["number"] == len(walked) + 1
        assert found["place"]["count"] == len(expected)
        walked.append(found["detail"]["position"])
        back, address = found["place"]["previous"], found["place"]["next"]
    assert walked == expected.tolist()
    assert back.split("/")[-1].startswith(f"{walked[-2]}?")


def test_the_list_is_left_and_found_again_at_the_page_of_the_image(client: TestClient, report: AccuracyReport) -> None:
    place = client.get(f"/reports/{report.id}/images/65.json?erroneous=1").json()["place"]
    assert place["list_address"] == f"/reports/{report.id}?erroneous=1&page=2"
    assert f"/reports/{report.id}/images/65?erroneous=1" in client.get(place["list_address"]).text


def test_the_page_says_which_image_of_the_view_it_is(client: TestClient, report: AccuracyReport) -> None:
    page = client.get(f"/reports/{report.id}/images/2?erroneous=1").text
    assert "Image 3 of 70 in this view" in page
    assert 'rel="next"' in page
    assert 'rel="prev"' in page


def test_an_image_outside_of_the_view_is_shown_without_neighbours(client: TestClient, report: AccuracyReport) -> None:
    page = client.get(f"/reports/{report.id}/images/90?erroneous=1")
    assert page.status_code == 200
    assert "does not pass the filters" in page.text
    assert 'rel="next"' not in page.text


def test_predictions_are_bars_with_names_and_the_annotated_one_marked(
    client: TestClient, report: AccuracyReport
) -> None:
    found = client.get(f"/reports/{report.id}/images/0.json").json()
    assert {each["name"]: each["class_id"] for each in found["predictions"]} == {"red": 0, "green": 1, "blue": 2}
    assert [each["annotated"] for each in found["predictions"]].count(True) == 1
    assert sum(each["confidence"] for each in found["predictions"]) == pytest.approx(1)
    assert "◆ annotated" in client.get(f"/reports/{report.id}/images/0").text
    assert found["sentence"].startswith("Wrong: ")


def test_pictures_are_the_decoded_image_and_what_the_model_saw(client: TestClient, report: AccuracyReport) -> None:
    base = f"/reports/{report.id}/images/7"
    for name, size in (("decoded.jpg", (10, 9)), ("thumbnail.jpg", (10, 9)), ("seen.png", (8, 8))):
        answer = client.get(f"{base}/{name}")
        picture = Image.open(io.BytesIO(answer.content)).convert("RGB")
        assert picture.size == size
        assert picture.getpixel((3, 3)) == pytest.approx(pixels_of(7), abs=6)
        assert answer.headers["cache-control"].startswith("private, max-age=")
        again = client.get(f"{base}/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"{base}.json").json()["seen_size"] == [8, 8]


def test_a_failed_image_says_why(client: TestClient, report: AccuracyReport) -> None:
    found = client.get(f"/reports/{report.id}/images/100.json?view=failed").json()
    assert found["verdict"] == "failed"
    assert found["detail"]["failure"]
    assert found["picture"] is None
    assert (found["place"]["number"], found["place"]["count"]) == (1, 1)
    assert "No picture." in client.get(f"/reports/{report.id}/images/100").text


def test_a_picture_whose_file_went_away_is_not_found_and_says_so(client: TestClient, report: AccuracyReport) -> None:
    for name in ("decoded.jpg", "thumbnail.jpg", "seen.png"):
        answer = client.get(f"/reports/{report.id}/images/120/{name}")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/plain")
        assert len(answer.text) > 20
    assert "No picture." in client.get(f"/reports/{report.id}/images/120").text


@pytest.mark.parametrize("position", [N, 2**31 - 1, 2**70, -1, "x"])
@pytest.mark.parametrize("rest", ["", ".json", "/decoded.jpg", "/seen.png"])
def test_an_image_that_is_not_there_is_an_error_of_the_visitor(
    client: TestClient, report: AccuracyReport, position: object, rest: str
) -> None:
    assert client.get(f"/reports/{report.id}/images/{position}{rest}").status_code in {404, 422}
