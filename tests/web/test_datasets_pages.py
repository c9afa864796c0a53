"""Pages of datasets: list, import by path, findings, classes, sample images."""

from __future__ import annotations

import io
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from accubench.records.dataset import DatasetLayout
from accubench.web.dataset_page import LAYOUTS
from queued_imports import run_jobs
from small_world import pixels_of, write_dataset, write_model


@pytest.fixture
def dataset(workbench, tmp_path):
    return workbench.workspace.import_dataset(write_dataset(tmp_path / "colours", 30))


def test_without_datasets_the_page_says_how_to_begin(client):
    assert "No datasets yet" in client.get("/datasets").text


def test_every_layout_has_a_name_on_the_pages():
    assert set(LAYOUTS) == set(get_args(DatasetLayout))


def test_the_list_shows_what_one_chooses_by(client, dataset):
    (row,) = client.get("/datasets.json").json()["datasets"]
    assert (row["name"], row["layout"], row["n_images"], row["n_classes"]) == ("colours", "ImageNet list", 30, 3)
    assert row["annotated"]
    assert "✓ clean" in client.get("/datasets").text


def test_a_folder_below_a_root_is_imported_in_place(client, workbench, tmp_path):
    folder = write_dataset(tmp_path / "a <b> é", 3)
    (folder / "names.txt").write_text("red\ngreen\nblue\n")
    sent = client.post("/datasets", data={"path": str(folder), "labels": "names.txt", "name": "mine"})
    assert sent.status_code == 303, sent.text
    (job,) = run_jobs(workbench)
    assert job.state == "succeeded", job.outcome
    (found,) = workbench.workspace.datasets()
    assert (found.root, found.name, found.class_names.names) == (str(folder), "mine", ("red", "green", "blue"))
    assert client.get(sent.headers["location"]).headers["location"] == f"/datasets/{found.id}"


@pytest.mark.parametrize("field", ["annotations", "labels"])
@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.txt", "link.txt", "a\nb"])
def test_a_file_outside_of_the_dataset_is_refused(client, workbench, tmp_path, field, path):
    folder = write_dataset(tmp_path / "colours", 3)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    answer = client.post("/datasets", data={"path": str(folder), field: path})
    assert answer.status_code == 422
    assert "no file in the dataset" in answer.text
    assert workbench.workspace.jobs.jobs() == []


def test_a_dataset_with_problems_shows_them_with_file_and_line(client, workbench, tmp_path):
    folder = write_dataset(tmp_path / "colours", 3)
    (folder / "val.txt").write_text("<img src=x>.png 0\nimage_00000.png\n")
    client.post("/datasets", data={"path": str(folder)})
    assert run_jobs(workbench)[0].state == "failed"
    page = client.get("/datasets").text
    assert "val.txt:1: &lt;img src=x&gt;.png does not exist" in page
    assert "val.txt:2" in page
    assert "<img src=x" not in page


def test_all_findings_are_listed_by_page(client, workbench, tmp_path):
    folder = write_dataset(tmp_path / "colours", 70)
    listed = (folder / "val.txt").read_text()
    (folder / "val.txt").write_text(listed + listed.replace("image_00069.png 0\n", ""))
    found = workbench.workspace.import_dataset(folder)
    assert found.findings
    page = client.get(f"/datasets/{found.id}.json").json()
    assert page["n_findings"] == len(found.findings)
    assert page["findings"][0]["code"] == "duplicate-image"
    assert page["findings"][0]["place"].startswith("val.txt")
    seen = list(page["findings"])
    number = 2
    while page["findings_next"]:
        page = client.get(f"/datasets/{found.id}.json?findings={number}").json()
        seen += page["findings"]
        number += 1
    assert len(seen) == len(found.findings)


def test_classes_have_counts_and_are_sorted_and_searched(client, workbench, tmp_path):
    for name, count in (("red", 2), ("green <b>", 5), ("blue", 1)):
        folder = tmp_path / "folders" / name
        folder.mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (8, 8), (number, 1, 2)).save(folder / f"{number}.png")
    found = workbench.workspace.import_dataset(tmp_path / "folders")
    address = f"/datasets/{found.id}"
    by_images = client.get(f"{address}.json?sort=images&descending=1").json()
    assert [(row["name"], row["n_images"]) for row in by_images["classes"]] == [
        ("green <b>", 5),
        ("red", 2),
        ("blue", 1),
    ]
    assert [row["name"] for row in client.get(f"{address}.json?classes=GREEN").json()["classes"]] == ["green <b>"]
    page = client.get(address).text
    assert "green &lt;b&gt;" in page
    assert "1 to 5 images each" in page
    assert 'aria-sort="ascending"' in page
    assert "No class contains" in client.get(f"{address}?classes=violet").text


def test_samples_are_spread_over_the_classes(client, workbench, dataset):
    samples = client.get(f"/datasets/{dataset.id}.json").json()["samples"]
    assert len(samples) == 24
    assert len({sample["position"] for sample in samples}) == 24
    assert {sample["position"] % 3 for sample in samples} == {0, 1, 2}


def test_a_thumbnail_is_our_own_jpeg_of_the_decoded_pixels(client, dataset):
    answer = client.get(f"/datasets/{dataset.id}/images/4/thumbnail.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert "private" in answer.headers["cache-control"]
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))
    assert np.abs(pixels.reshape(-1, 3).mean(0) - pixels_of(4)).max() < 8
    assert client.get(f"/datasets/{dataset.id}/images/4/thumbnail.jpg").content == answer.content


def test_an_image_that_cannot_be_decoded_is_shown_as_a_cross_and_breaks_nothing(client, workbench, tmp_path):
    folder = write_dataset(tmp_path / "colours", 3)
    (folder / "image_00001.png").write_bytes(b"<svg onload=alert(1)>")
    found = workbench.workspace.import_dataset(folder)
    assert client.get(f"/datasets/{found.id}/images/1/thumbnail.jpg").headers["content-type"] == "image/svg+xml"
    assert client.get(f"/datasets/{found.id}").status_code == 200


@pytest.mark.parametrize("position", [30, 2**31 - 1, 2**70, -1, "x"])
def test_an_image_that_is_not_there_is_not_found(client, dataset, position):
    assert client.get(f"/datasets/{dataset.id}/images/{position}/thumbnail.jpg").status_code in {404, 422}


@pytest.mark.parametrize("query", ["page=99", "findings=99", f"page={2**70}", "sort=odd", "page=0", "classes=%00"])
def test_a_wrong_address_never_breaks_the_page(client, dataset, query):
    assert client.get(f"/datasets/{dataset.id}?{query}").status_code in {200, 422}


def test_a_dataset_is_deleted_with_what_depends_on_it_but_without_its_images(client, workbench, tmp_path):
    folder = write_dataset(tmp_path / "d", 3)
    report = workbench.workspace.evaluate(write_model(tmp_path / "m.onnx"), folder)
    address = f"/datasets/{report.record.dataset_id}"
    asked = client.get(f"{address}/delete").text
    assert "stay where they are" in asked
    assert f'href="/reports/{report.id}"' in asked
    assert client.post(f"{address}/delete").status_code == 409
    assert client.post(f"{address}/delete", data={"with_dependents": "true"}).headers["location"] == "/datasets"
    assert len(list(folder.glob("*.png"))) == 3
    assert workbench.workspace.datasets() == []


def test_a_dataset_without_images_to_show_has_a_page(client, workbench, tmp_path):
    folder = tmp_path / "plain"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "only <one>.png")
    found = workbench.workspace.import_dataset(folder)
    page = client.get(f"/datasets/{found.id}").text
    assert "only &lt;one&gt;.png" in page
    assert "not annotated" in page


def test_a_part_of_a_dataset_is_imported_and_says_which(client, workbench, tmp_path):
    folder = write_dataset(tmp_path / "colours", 30)

    client.post("/datasets", data={"path": str(folder), "limit": "6"})

    assert run_jobs(workbench)[0].state == "succeeded"
    (part,) = workbench.workspace.datasets()
    assert (part.name, part.n_images) == ("colours-limit-6", 6)
    assert "6 of 30 images. Every class has seats" in client.get(f"/datasets/{part.id}").text


@pytest.mark.parametrize("fields", [{"limit": "0"}, {"every": "ten"}, {"limit": "2", "every": "2"}])
def test_a_part_that_cannot_be_taken_is_told_in_the_form(client, workbench, tmp_path, fields):
    answer = client.post("/datasets", data={"path": str(write_dataset(tmp_path / "colours", 3)), **fields})

    assert answer.status_code == 422
    assert workbench.workspace.jobs.jobs() == []
