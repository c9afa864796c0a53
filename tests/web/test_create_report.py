"""Create Accuracy Report: the page, its start, the API behind the form, the preview."""

import base64

import pytest

from small_world import write_dataset, write_model

GOOD = "preprocessing:\n  - decode: {color: RGB}\n  - resize: {size: 8}\n"


@pytest.fixture
def project(workbench, tmp_path):
    model = workbench.workspace.import_model(write_model(tmp_path / "colours.onnx"))
    dataset = workbench.workspace.import_dataset(write_dataset(tmp_path / "shades", 20))
    workbench.workspace.benchmark(model, seconds=0.1)
    project_id = workbench.workspace.background.create_project(model.id, dataset.id).project_id
    return workbench.workspace.project(project_id)


@pytest.fixture
def address(project):
    return f"/projects/{project.project.id}"


def test_the_page_starts_with_what_is_inferred_and_says_where_from(client, address):
    page = client.get(f"{address}/reports/new.json").json()

    assert page["check"]["valid"]
    origins = {value["path"]: value["origin"] for value in page["check"]["values"]}
    assert origins["preprocessing.0.decode.color"] == "onnx metadata 'color'"
    assert page["image_count"] == 20
    assert 0 < page["expected_seconds"] < 10


@pytest.mark.parametrize("start", ["caffe-imagenet", "torchvision", "tf-slim", "raw", "last", "nonsense"])
def test_every_start_gives_a_configuration_that_ends_in_the_models_input(client, address, start):
    page = client.get(f"{address}/reports/new.json", params={"start": start}).json()

    assert page["check"]["valid"], page["check"]["problems"]


def test_the_last_reports_configuration_can_be_used_again(client, workbench, project, address):
    workbench.workspace.evaluate(
        project.model, project.dataset, config={"preprocessing": [{"decode": {}}, {"crop": {"size": 8}}]}
    )

    assert "- crop: {size: 8" in client.get(f"{address}/reports/new.json", params={"start": "last"}).json()["text"]


def test_create_queues_the_evaluation_and_lands_on_the_running_report(client, workbench, address):
    answer = client.post(f"{address}/reports", data={"configuration_yaml": GOOD.replace("\n", "\r\n")})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{address}?tab=analyze&view=accuracy"
    job = workbench.workspace.jobs.jobs()[0]
    assert (job.kind, job.report_id is not None) == ("evaluate", True)
    assert job.arguments["configuration_yaml"] == GOOD
    assert f'data-job="{job.id}"' in client.get(answer.headers["location"]).text


def test_a_wrong_configuration_comes_back_with_its_text_and_every_problem(client, workbench, address):
    queued = len(workbench.workspace.jobs.jobs())
    wrong = GOOD.replace("RGB", "RBG").replace("size: 8", "sise: 8")

    answer = client.post(f"{address}/reports", data={"configuration_yaml": wrong, "fresh": "true", "mode": "yaml"})

    assert answer.status_code == 422
    assert "sise: 8" in answer.text
    assert "Line 2" in answer.text
    assert "Line 3" in answer.text
    assert len(workbench.workspace.jobs.jobs()) == queued


def test_steps_that_miss_the_models_input_are_found_with_their_line(client, project):
    body = {"text": GOOD.replace("8", "9"), "project_id": project.project.id}

    problem = client.post("/api/configuration/check", json=body).json()["problems"][0]

    assert "9 x 9" in problem["sentence"]
    assert "8 x 8" in problem["sentence"]
    assert problem["line"] == 1


def test_the_api_checks_without_a_project_too(client):
    found = client.post("/api/configuration/check", json={"text": "preprocessing: [decode: {color: RBG}]"}).json()

    assert not found["valid"]
    assert found["form"]["steps"][0]["color"] == "RBG"
    assert (found["problems"][0]["path"], found["problems"][0]["column"]) == ("preprocessing.0.decode.color", 33)


@pytest.mark.parametrize("text", ["", "a: [", "[1, 2]", "\x00", "a: &b c", "preprocessing: 5", "x" * 1000])
def test_no_text_breaks_the_check(client, text):
    found = client.post("/api/configuration/check", json={"text": text})

    assert found.status_code == 200
    assert found.json()["problems"]


def test_the_api_writes_a_form_into_yaml_and_keeps_its_comments(client, project):
    text = "# mine\n" + GOOD
    form = client.post("/api/configuration/check", json={"text": text}).json()["form"]
    form["steps"][1]["interpolation"] = "area"

    body = {"form": form, "text": text, "project_id": project.project.id}
    written = client.post("/api/configuration/write", json=body).json()

    assert written["text"] == text.replace("{size: 8}", "{size: 8, interpolation: area}")
    assert written["check"]["valid"]
    assert written["lost_comments"] == []


def test_the_preview_comes_as_pictures_in_the_answer(client, address):
    images = client.post(f"{address}/preview", json={"text": GOOD}).json()["images"]

    assert len(images) == 4
    kind, _, content = images[0]["seen"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(content).startswith(b"\xff\xd8")
    assert images[0]["seen_size"] == "8 × 8"


def test_the_preview_of_a_wrong_configuration_says_what_is_wrong(client, address):
    answer = client.post(
        f"{address}/preview", json={"text": "preprocessing: 5"}, headers={"Accept": "application/json"}
    )

    assert answer.status_code == 422
    assert "preprocessing" in answer.json()["detail"]


def test_pictures_have_addresses_for_browsers_without_scripts(client, address):
    picture = client.get(f"{address}/preview/3/seen.jpg", params={"start": "raw"})

    assert picture.headers["content-type"] == "image/jpeg"
    assert client.get(f"{address}/preview/4/seen.jpg").status_code == 422
    assert client.get(f"{address}/preview/{2**70}/seen.jpg").status_code == 422


def test_a_dataset_without_annotations_says_what_a_report_still_gives(client, workbench, tmp_path):
    model = workbench.workspace.import_model(write_model(tmp_path / "m.onnx"))
    folder = write_dataset(tmp_path / "plain", 4)
    (folder / "val.txt").unlink()
    dataset = workbench.workspace.import_dataset(folder)
    project_id = workbench.workspace.background.create_project(model.id, dataset.id).project_id

    assert "confidences of every image are still given" in client.get(f"/projects/{project_id}/reports/new").text
    assert "is not annotated" in client.get(f"/projects/{project_id}.json").json()["actions"][0]["note"]
