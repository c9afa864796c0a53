"""Pages of models: list, import by path, description, labels, deletion."""

from __future__ import annotations

import json

import pytest

from accubench.errors import UsageError
from accubench.web.allowed_paths import allowed_path
from queued_imports import run_jobs
from small_world import write_dataset, write_model

HOSTILE = "<script>alert('x')</script>\" onmouseover=\"é"


def imported(workbench, path, **options):
    return workbench.workspace.import_model(write_model(path), **options)


def test_without_models_the_page_says_how_to_begin(client):
    page = client.get("/models").text
    assert "No models yet" in page
    assert 'action="/models/upload"' in page


def test_the_list_shows_what_one_chooses_by(client, workbench, tmp_path):
    model = imported(workbench, tmp_path / "m.onnx")
    (row,) = client.get("/models.json").json()["models"]
    assert (row["name"], row["format"], row["precision"], row["class_count"]) == ("m", "ONNX", "FP32", 3)
    assert (row["n_bytes"], row["n_projects"]) == (model.files[0].size_bytes, 0)
    write_dataset(tmp_path / "d", 3)
    workbench.workspace.evaluate(model, tmp_path / "d")
    assert client.get("/models.json").json()["models"][0]["n_projects"] == 1


def test_a_path_below_a_root_is_imported(client, workbench, tmp_path):
    write_model(tmp_path / "a b é.onnx")
    sent = client.post("/models", data={"path": str(tmp_path / "a b é.onnx"), "name": "mine", "input_size": "8 x 8"})
    assert sent.status_code == 303
    (job,) = run_jobs(workbench)
    assert client.get(sent.headers["location"]).headers["location"] == f"/models/{job.outcome.result['model_id']}"
    (model,) = workbench.workspace.models()
    assert (model.name, model.input_size_hw) == ("mine", (8, 8))


@pytest.mark.parametrize("path", ["/etc/passwd", "../..", "/", "gone.onnx", "", "a\0b", "x" * 5000, "~root"])
def test_a_path_elsewhere_is_refused_in_the_same_words_as_one_that_leads_nowhere(client, workbench, tmp_path, path):
    answer = client.post("/models", data={"path": path, "name": "kept"})
    assert answer.status_code == 422
    assert 'value="kept"' in answer.text
    assert "--root" in answer.text or not path
    assert workbench.workspace.jobs.jobs() == []


def test_a_link_that_leads_out_of_a_root_is_refused_and_one_inside_is_followed(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret.onnx").write_text("x")
    (root / "real.onnx").write_text("x")
    (root / "escape").symlink_to(outside)
    (root / "link.onnx").symlink_to(root / "real.onnx")
    roots = [root.resolve()]
    assert allowed_path("link.onnx", roots) == (root / "real.onnx").resolve()
    assert allowed_path(str(root / "real.onnx"), roots) == (root / "real.onnx").resolve()
    for path in ("escape/secret.onnx", str(root / "escape"), str(outside / "secret.onnx"), f"{root}/../outside"):
        with pytest.raises(UsageError, match=r"nothing at .* below .*root.*--root DIR"):
            allowed_path(path, roots)
    with pytest.raises(UsageError, match="--root DIR"):
        allowed_path(str(root), [])


@pytest.mark.parametrize(("field", "value"), [("input_size", "0x3"), ("input_size", "big"), ("name", "a\x07b")])
def test_a_wrong_option_gives_the_form_back(client, tmp_path, field, value):
    write_model(tmp_path / "m.onnx")
    answer = client.post("/models", data={"path": str(tmp_path / "m.onnx"), field: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'value="{tmp_path}/m.onnx"' in answer.text


def test_the_page_of_a_model_tells_everything_and_escapes_it(client, workbench, tmp_path):
    metadata = {"labels": json.dumps([HOSTILE, "green", "blue"]), "color": "BGR"}
    path = write_model(tmp_path / "m.onnx", metadata=metadata)
    model = workbench.workspace.import_model(path, name=HOSTILE)
    page = client.get(f"/models/{model.id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert model.files[0].sha256 in page
    assert "onnx metadata" in page
    assert "accubench models show" in page
    told = client.get(f"/models/{model.id}.json").json()
    assert told["labels"][0]["name"] == HOSTILE
    assert {fact["name"] for fact in told["facts"]} >= {"Input", "Output", "Scores", "Background class", "Parameters"}


def test_labels_are_searched_and_shown_by_the_hundred(client, workbench, tmp_path):
    model = imported(workbench, tmp_path / "m.onnx")
    names = model.description.class_names.model_copy(update={"names": tuple(f"name {n}" for n in range(250))})
    description = model.description.model_copy(update={"class_names": names})
    changed = model.model_copy(update={"id": "m-many", "name": "many", "description": description})
    workbench.workspace._store.catalogue.add_model(changed)
    assert len(client.get("/models/m-many.json").json()["labels"]) == 100
    assert len(client.get("/models/m-many.json?all=1").json()["labels"]) == 250
    assert [label["class_id"] for label in client.get("/models/m-many.json?labels=NAME 249").json()["labels"]] == [249]
    assert "No label contains" in client.get("/models/m-many?labels=zebra").text
    assert "Show all 250" in client.get("/models/m-many").text


@pytest.mark.parametrize("address", ["/models/gone", "/models/gone/delete", "/models/m", "/imports/gone"])
def test_what_is_not_there_is_not_found(client, workbench, tmp_path, address):
    imported(workbench, tmp_path / "m.onnx")
    assert client.get(address).status_code == 404


def test_deleting_names_what_depends_on_it_and_only_then_deletes(client, workbench, tmp_path):
    model = imported(workbench, tmp_path / "m.onnx")
    report = workbench.workspace.evaluate(model, write_dataset(tmp_path / "d", 3))
    asked = client.get(f"/models/{model.id}/delete").text
    assert f'href="/reports/{report.id}"' in asked
    assert f'href="/projects/{report.record.project_id}"' in asked
    refused = client.post(f"/models/{model.id}/delete")
    assert refused.status_code == 409
    assert "1 project (m on d" in refused.text
    assert workbench.workspace.models() == [model]
    gone = client.post(f"/models/{model.id}/delete", data={"with_dependents": "true"})
    assert (gone.status_code, gone.headers["location"]) == (303, "/models")
    assert workbench.workspace.models() == workbench.workspace.reports() == []
    assert client.get(f"/models/{model.id}").status_code == 404


def test_a_model_that_a_job_works_with_cannot_be_deleted(client, workbench, tmp_path):
    model = imported(workbench, tmp_path / "m.onnx")
    dataset = workbench.workspace.import_dataset(write_dataset(tmp_path / "d", 3))
    job = workbench.workspace.background.create_project(model.id, dataset.id)
    assert f'href="/jobs/{job.id}"' in client.get(f"/models/{model.id}/delete").text
    answer = client.post(f"/models/{model.id}/delete", data={"with_dependents": "true"})
    assert answer.status_code == 409
    assert "being used by 1 job" in answer.text


def test_projects_and_reports_are_deleted_too(client, workbench, tmp_path):
    report = workbench.workspace.evaluate(write_model(tmp_path / "m.onnx"), write_dataset(tmp_path / "d", 3))
    assert client.get(f"/reports/{report.id}/delete").status_code == 200
    assert client.post(f"/reports/{report.id}/delete").status_code == 303
    assert client.post(f"/projects/{report.record.project_id}/delete").status_code == 303
    assert workbench.workspace.projects() == []
