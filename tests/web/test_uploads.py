"""Uploads: names, sizes, broken ones, and what stays of them."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from accubench.errors import UsageError
from accubench.web import ServerSettings, Workbench, create_app
from accubench.web.access import cookie_name, cookie_value
from accubench.web.uploads import safe_name
from accubench.workspace import Workspace
from queued_imports import run_jobs
from small_world import write_dataset, write_model

HTML = {"Accept": "text/html"}
PART = b'--xyz\r\nContent-Disposition: form-data; name="files"; filename="a.onnx"\r\n\r\n'


def left(workbench: Workbench) -> list[str]:
    place = workbench.workspace.uploads
    return sorted(path.name for path in place.iterdir()) if place.is_dir() else []


def files(*paths: Path) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (path.name, path.read_bytes())) for path in paths]


@given(st.text(max_size=300))
def test_a_name_is_kept_as_a_plain_file_name_or_refused(given_name):
    try:
        name = safe_name(given_name)
    except UsageError:
        return
    assert name == Path(name).name
    assert name.isprintable() or any(letter.isspace() for letter in name)
    assert not name.startswith(".")
    assert "/" not in name
    assert "\\" not in name
    assert 0 < len(name.encode()) <= 200
    assert safe_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "...", "a/..", "\0", "\u202e", "x" * 201])
def test_a_name_of_which_nothing_safe_is_left_is_refused(name):
    with pytest.raises(UsageError):
        safe_name(name)


def test_a_model_of_two_files_is_uploaded_imported_and_its_upload_removed(client, workbench, tmp_path):
    write_model(tmp_path / "c.onnx", metadata={})
    (tmp_path / "labels.txt").write_text("rot\ngrün\nblau <b>\n")
    sent = client.post("/models/upload", files=files(tmp_path / "labels.txt", tmp_path / "c.onnx"), data={"name": ""})
    assert sent.status_code == 303
    assert len(left(workbench)) == 1
    assert client.get(sent.headers["location"]).headers["location"] == "/models"
    (job,) = run_jobs(workbench)
    landed = client.get(sent.headers["location"]).headers["location"]
    assert landed == f"/models/{job.outcome.result['model_id']}"
    assert left(workbench) == []
    assert "blau &lt;b&gt;" in client.get(landed).text
    model = client.get(f"{landed}.json").json()
    assert (model["title"], model["source"]) == ("c", "uploaded as c.onnx")
    assert {file["name"] for file in model["model"]["files"]} == {"c.onnx", "labels.txt"}


def test_a_saved_model_is_uploaded_without_its_folders(client, workbench, tmp_path):
    shutil.unpack_archive(Path(__file__).parents[1] / "models" / "fixtures" / "keras_export.zip", tmp_path)
    sent = client.post("/models/upload", files=files(*sorted(path for path in tmp_path.rglob("*") if path.is_file())))
    (job,) = run_jobs(workbench)
    assert job.state == "succeeded", job.outcome
    model = client.get(f"{client.get(sent.headers['location']).headers['location']}.json").json()
    assert (model["title"], model["format"]) == ("saved_model", "TensorFlow SavedModel")
    names = {file["name"] for file in model["model"]["files"]}
    assert names == {"saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"}


def test_an_upload_whose_import_fails_is_removed_and_the_reason_stays_visible(client, workbench, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    client.post("/models/upload", files=files(tmp_path / "broken.onnx"))
    assert run_jobs(workbench)[0].state == "failed"
    page = client.get("/models").text
    assert left(workbench) == []
    assert "<p>broken.onnx is named like a model in ONNX format" in page
    assert "failed" in page


def test_a_program_is_told_as_json_where_to_go_on(client, tmp_path):
    answer = client.post(
        "/models/upload", files=files(write_model(tmp_path / "m.onnx")), headers={"Accept": "application/json"}
    )
    assert answer.status_code == 201
    assert answer.json()["address"] == f"/imports/{answer.json()['job_id']}"
    refused = client.post("/models/upload", data={"name": "x"}, headers={"Accept": "application/json"})
    assert refused.status_code == 400
    assert refused.json().keys() == {"detail"}


def test_files_of_two_models_are_refused_with_what_was_entered(client, workbench, tmp_path):
    paths = [write_model(tmp_path / name) for name in ("a.onnx", "b.onnx")]
    answer = client.post("/models/upload", files=files(*paths), data={"name": 'my "model"'})
    assert answer.status_code == 422
    assert "These are 2 models: a.onnx, b.onnx" in answer.text
    assert 'value="my &#34;model&#34;"' in answer.text
    assert left(workbench) == []


def test_two_files_of_one_name_are_refused(client, workbench, tmp_path):
    path = write_model(tmp_path / "m.onnx")
    again = [("files", ("M.ONNX", b"other"))]
    answer = client.post("/models/upload", files=files(path) + again)
    assert answer.status_code == 400
    assert "two files named M.ONNX" in answer.text
    assert left(workbench) == []


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>.onnx", "a 'b' \"c\" & é 画像.onnx", "../../up.onnx", ".hid.onnx"]
)
def test_a_hostile_name_stays_a_name(client, workbench, tmp_path, name):
    content = write_model(tmp_path / "m.onnx").read_bytes()
    body = (
        b'--xyz\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n\r\n'
        % name.replace('"', "%22").encode()
    )
    body += content + b"\r\n--xyz--\r\n"
    sent = client.post(
        "/models/upload", content=body, headers={"Content-Type": "multipart/form-data; boundary=xyz", **HTML}
    )
    assert sent.status_code == 303, sent.text
    run_jobs(workbench)
    landed = client.get(sent.headers["location"]).headers["location"]
    for page in (client.get("/models").text, client.get(landed).text, client.get(f"{landed}/delete").text):
        assert "<script>alert" not in page
    assert not (workbench.workspace.folder.parent / "up.onnx").exists()
    (model,) = workbench.workspace.models()
    assert model.files[0].name == safe_name(name.replace('"', "%22"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=xyz"),
        (b"--xyz\r\n", "multipart/form-data; boundary=xyz"),
        (b"nonsense", "multipart/form-data; boundary=xyz"),
        (PART + b"half", "multipart/form-data; boundary=xyz"),
        (b"--xyz\r\nX: " + b"y" * 20_000, "multipart/form-data; boundary=xyz"),
        (b"--xyz--\r\n", "multipart/form-data; boundary=xyz"),
        (b"{}", "application/json"),
        (b"", "multipart/form-data"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["/models/upload", "/datasets/upload"])
def test_a_body_that_is_no_upload_is_refused_and_leaves_nothing(client, workbench, place, body, kind):
    answer = client.post(place, content=body, headers={"Content-Type": kind, **HTML})
    assert answer.status_code == 400
    assert left(workbench) == []
    assert workbench.workspace.jobs.jobs() == []


def test_an_upload_that_is_too_large_is_refused_whether_announced_or_not(tmp_path):
    with Workspace(tmp_path / "workspace") as workspace:
        settings = ServerSettings(token="t", largest_upload_bytes=10_000)
        workbench = Workbench(workspace=workspace, settings=settings)
        with TestClient(create_app(workbench), base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
            client.cookies.set(cookie_name(settings), cookie_value(settings))
            large = [("files", ("m.onnx", bytes(2_000_000)))]
            assert client.post("/models/upload", files=large).status_code == 413
            pieces = iter([PART, *[bytes(100_000)] * 40])
            answer = client.post(
                "/models/upload", content=pieces, headers={"Content-Type": "multipart/form-data; boundary=xyz"}
            )
            assert answer.status_code == 413
            assert left(workbench) == []


def test_what_does_not_fit_on_the_disk_is_refused_before_it_is_written(client, workbench, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 30))
    answer = client.post("/models/upload", files=files(write_model(tmp_path / "m.onnx")))
    assert answer.status_code == 507
    assert "of the disk" in answer.text
    assert left(workbench) == []


def test_an_archive_becomes_a_dataset_and_is_removed(client, workbench, tmp_path):
    write_dataset(tmp_path / "colours", 6)
    archive = Path(shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path, "colours"))
    sent = client.post("/datasets/upload", files=files(archive))
    (job,) = run_jobs(workbench)
    landed = client.get(sent.headers["location"]).headers["location"]
    assert landed == f"/datasets/{job.outcome.result['dataset_id']}"
    assert left(workbench) == []
    shown = client.get(f"{landed}.json").json()
    assert (shown["title"], shown["source"], shown["dataset"]["n_images"]) == ("set", "uploaded from set.zip", 6)


def test_single_images_become_a_dataset_without_annotations_that_stays_until_it_is_deleted(client, workbench, tmp_path):
    images = sorted(write_dataset(tmp_path / "colours", 3).glob("*.png"))
    sent = client.post("/datasets/upload", files=files(*images), data={"name": "mine"})
    run_jobs(workbench)
    landed = client.get(sent.headers["location"]).headers["location"]
    shown = client.get(f"{landed}.json").json()
    assert (shown["title"], shown["dataset"]["annotated"], shown["dataset"]["n_images"]) == ("mine", False, 3)
    assert len(left(workbench)) == 1
    picture = client.get(f"{landed}/images/0/thumbnail.jpg")
    assert picture.content.startswith(b"\xff\xd8")
    assert client.post(f"{landed}/delete").status_code == 303
    assert left(workbench) == []


def test_images_with_a_list_of_classes_are_annotated(client, workbench, tmp_path):
    folder = write_dataset(tmp_path / "colours", 3)
    sent = client.post("/datasets/upload", files=files(*sorted(folder.iterdir())))
    run_jobs(workbench)
    landed = client.get(sent.headers["location"]).headers["location"]
    assert client.get(f"{landed}.json").json()["dataset"]["annotated"]


def test_an_archive_with_other_files_is_refused(client, workbench):
    both = [("files", ("a.zip", b"PK")), ("files", ("b.jpg", b"x"))]
    answer = client.post("/datasets/upload", files=both)
    assert answer.status_code == 422
    assert "one archive alone" in answer.text
    assert left(workbench) == []


def test_a_hostile_archive_tells_why_it_is_refused(client, workbench, tmp_path):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("../<img src=x onerror=alert(1)>.jpg", b"1")
    client.post("/datasets/upload", files=files(tmp_path / "bad.zip"))
    assert run_jobs(workbench)[0].state == "failed"
    page = client.get("/datasets").text
    assert "leads out of the archive" in page
    assert "<img src=x" not in page
    assert left(workbench) == []
    unpacked = workbench.workspace.folder / "unpacked"
    assert not unpacked.exists() or list(unpacked.iterdir()) == []
