"""Parquet files with images in the workbench: imported by path and by upload, looked at in every page."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from accubench import Workspace
from accubench.web import ServerSettings, Workbench, create_app
from accubench.workspace import AccuracyReport
from queued_imports import run_jobs
from small_world import metadata_of, pixels_of, write_model

TOKEN = "t" * 32
CLASSES = ["rot <script>alert(1)</script>", "grün \"quoted\" 'single'", "blå 日本 & co"]
NAMES = ["<script>alert(0)</script>.png", 'it\'s "1" ; name.png', "größe 日本.png", "sub dir/3.png", "a?b#4%20.png"]


def write_parquet(place: Path) -> Path:
    """Five images with names and classes that pages must escape, and one that is no image, two in a row group."""
    images: list[dict[str, object]] = []
    for row, name in enumerate(NAMES):
        held = io.BytesIO()
        Image.new("RGB", (12, 8), pixels_of(row)).save(held, "PNG")
        images.append({"bytes": held.getvalue(), "path": name})
    images.append({"bytes": b"no image", "path": "broken.png"})
    features = {"image": {"_type": "Image"}, "label": {"names": CLASSES, "_type": "ClassLabel"}}
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema(
        [("image", kind), ("label", pa.int64())], {"huggingface": json.dumps({"info": {"features": features}})}
    )
    table = pa.table({"image": pa.array(images, kind), "label": [0, 1, 2, 0, 1, 2]}, schema=schema)
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, place, row_group_size=2)
    return place


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace(tmp_path_factory.mktemp("parquet") / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def report(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> AccuracyReport:
    """Of a model without names, so that its classes are called what the table calls them."""
    folder = tmp_path_factory.mktemp("world")
    model = write_model(folder / "colours.onnx", metadata=metadata_of())
    return workspace.evaluate(model, write_parquet(folder / "shades.parquet"))


@pytest.fixture(scope="module")
def shown(workspace: Workspace) -> TestClient:
    app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token=TOKEN)))
    return TestClient(app, base_url="http://127.0.0.1:8000", headers={"Authorization": f"Bearer {TOKEN}"})


def test_names_of_images_and_classes_are_text_in_every_page(shown: TestClient, report: AccuracyReport) -> None:
    addresses = [f"/datasets/{report.record.dataset_id}", f"/reports/{report.id}", f"/reports/{report.id}/images/0"]
    for page in (shown.get(address).text for address in addresses):
        assert "<script>alert(" not in page
        assert "rot &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert report.images["image_name"].to_list() == [*NAMES, "broken.png"]
    assert report.images["predicted_name"].to_list() == [*CLASSES, *CLASSES[:2], None]


def test_every_image_of_a_row_has_a_thumbnail_and_both_pictures(shown: TestClient, report: AccuracyReport) -> None:
    for position in range(len(NAMES)):
        detail = shown.get(f"/reports/{report.id}/images/{position}.json").json()
        for address in (f"/reports/{report.id}/images/{position}/thumbnail.jpg", detail["picture"]):
            picture = np.asarray(Image.open(io.BytesIO(shown.get(address).content)).convert("RGB"))
            assert np.abs(picture.reshape(-1, 3).mean(0) - pixels_of(position)).max() < 8
        assert Image.open(io.BytesIO(shown.get(detail["seen"]).content)).size == (8, 8)


def test_visualize_tells_the_table_and_the_row_that_the_image_is_in(shown: TestClient, report: AccuracyReport) -> None:
    page = shown.get(f"/reports/{report.id}/images/3")
    detail = shown.get(f"/reports/{report.id}/images/3.json").json()["detail"]

    assert detail["path"].endswith("shades.parquet")
    assert detail["place_in_file"] == "row 1 of row group 1, both counted from 0"
    assert detail["place_in_file"] in page.text


def test_a_row_without_an_image_says_why_it_failed(shown: TestClient, report: AccuracyReport) -> None:
    page = shown.get(f"/reports/{report.id}/images/5").text

    assert "is not an image: starts with the text &#39;no image&#39;" in page


def test_the_path_of_a_table_is_copied_once_however_many_of_its_rows_are_selected(
    shown: TestClient, report: AccuracyReport
) -> None:
    copied = shown.post(f"/reports/{report.id}/selection.txt", data={"position": ["0", "3", "4"]})

    assert copied.text.splitlines() == [report.image(0).path]


def test_a_table_that_is_uploaded_alone_is_called_as_its_file(
    client: TestClient, workbench: Workbench, tmp_path
) -> None:
    table = write_parquet(tmp_path / "größe <b>.parquet")

    sent = client.post("/datasets/upload", files=[("files", (table.name, table.read_bytes()))], data={"limit": "3"})
    (job,) = run_jobs(workbench)

    assert job.state == "succeeded", job.outcome
    landed = client.get(sent.headers["location"]).headers["location"]
    page = client.get(f"{landed}.json").json()
    assert (page["title"], page["layout"], page["source"]) == ("größe <b>", "Parquet with images", "uploaded")
    assert page["dataset"]["subset"]["n"] == 3
    assert "größe &lt;b&gt;" in client.get(landed).text


@pytest.mark.parametrize("way", ["path", "zip", "shards"])
def test_tables_come_by_path_in_an_archive_and_as_several_files(
    client: TestClient, workbench: Workbench, tmp_path, way: str
) -> None:
    table = write_parquet(tmp_path / "test-00000-of-00001.parquet")
    if way == "path":
        client.post("/datasets", data={"path": str(table)})
    elif way == "zip":
        with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
            archive.write(table, f"data/{table.name}")
        client.post("/datasets/upload", files=[("files", ("packed.zip", (tmp_path / "packed.zip").read_bytes()))])
    else:
        shards = [f"test-0000{number}-of-00002.parquet" for number in range(2)]
        client.post("/datasets/upload", files=[("files", (shard, table.read_bytes())) for shard in shards])
    (job,) = run_jobs(workbench)

    assert job.state == "succeeded", job.outcome
    found = workbench.workspace.datasets()[0]
    assert found.n_images == (12 if way == "shards" else 6)
    assert client.get(f"/datasets/{found.id}/images/0/thumbnail.jpg").headers["content-type"] == "image/jpeg"
