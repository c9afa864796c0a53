"""The table of projects, a new project, and one project with its tabs."""

import pytest

from small_world import write_dataset, write_model


@pytest.fixture
def imported(workbench, tmp_path):
    """A model and an annotated dataset."""
    model = workbench.workspace.import_model(write_model(tmp_path / "colours.onnx"))
    dataset = workbench.workspace.import_dataset(write_dataset(tmp_path / "shades", 30, wrong=3))
    return model, dataset


@pytest.fixture
def evaluated(workbench, imported):
    """The project of both, with one report: 27 of 30 right."""
    report = workbench.workspace.evaluate(*imported)
    return workbench.workspace.project(report.record.project_id)


def test_without_anything_the_page_leads_to_models_and_datasets(client):
    page = client.get("/projects")

    assert page.status_code == 200
    assert 'href="/models"' in page.text
    assert 'href="/datasets"' in page.text


def test_the_table_shows_the_accuracy_of_the_newest_report_with_its_interval(client, evaluated):
    row = client.get("/projects.json").json()["projects"][0]

    assert (row["model_name"], row["dataset_name"], row["top1"]) == ("colours", "shades", 0.9)
    assert row["top1_low"] < 0.9 < row["top1_high"]
    assert "90.00 %" in client.get("/projects").text


def test_the_filter_keeps_projects_that_contain_every_word(client, evaluated):
    found = [client.get("/projects.json", params={"q": q}).json() for q in ("COLOURS cpu", "colours gpu", "report of")]

    assert [len(page["projects"]) for page in found] == [1, 0, 1]
    assert found[1]["total"] == 1
    assert "No project contains" in client.get("/projects", params={"q": "<b>"}).text


def test_every_column_sorts_both_ways_and_unknown_values_come_last(client, workbench, evaluated, tmp_path):
    other = workbench.workspace.import_model(write_model(tmp_path / "another.onnx", gain=1), name="another")
    workbench.workspace.background.create_project(other.id, evaluated.dataset.id)

    def names(**query):
        return [row["model_name"] for row in client.get("/projects.json", params=query).json()["projects"]]

    assert names(sort="model") == ["another", "colours"]
    assert names(sort="model", descending=True) == ["colours", "another"]
    assert names(sort="top1", descending=True) == names(sort="top1", descending=False) == ["colours", "another"]
    heads = client.get("/projects.json").json()["columns"]
    assert all(client.get(head["address"]).status_code == 200 for head in heads)


def test_a_project_is_made_with_its_baseline_inference_queued(client, workbench, imported):
    model, dataset = imported

    answer = client.post("/projects", data={"model_id": model.id, "dataset_id": dataset.id, "device": "CPU"})

    assert answer.status_code == 303
    job = workbench.workspace.jobs.jobs()[0]
    assert answer.headers["location"] == f"/projects/{job.project_id}"
    assert job.kind == "create_project"
    page = client.get(answer.headers["location"]).text
    assert f'data-job="{job.id}"' in page
    assert f'data-job="{job.id}"' in client.get("/projects").text


def test_a_project_that_is_there_already_is_gone_to_and_that_is_said(client, workbench, evaluated):
    form = {"model_id": evaluated.model.id, "dataset_id": evaluated.dataset.id, "device": "CPU"}

    answer = client.post("/projects", data=form)

    assert answer.headers["location"] == f"/projects/{evaluated.project.id}?known=true"
    assert "was there already" in client.get(answer.headers["location"]).text
    assert workbench.workspace.jobs.jobs() == []


@pytest.mark.parametrize("wrong", [{"device": "TOASTER"}, {"model_id": "m-none"}, {"dataset_id": ""}])
def test_a_project_that_cannot_be_made_says_why_and_keeps_the_choice(client, imported, wrong):
    model, dataset = imported

    answer = client.post("/projects", data={"model_id": model.id, "dataset_id": dataset.id, "device": "CPU", **wrong})

    assert answer.status_code == 422
    assert "There is no" in answer.text
    assert client.get("/projects.json").json()["total"] == 0


def test_absent_devices_are_offered_with_the_reason_why_not(client, imported):
    devices = client.get("/projects/new.json").json()["devices"]

    assert next(device["name"] for device in devices if device["available"]) == "CPU"
    assert all(device["reason"] for device in devices if not device["available"])


@pytest.mark.parametrize("tab", ["analyze", "perform", "details"])
@pytest.mark.parametrize("view", ["performance", "accuracy"])
def test_every_tab_has_an_address_of_its_own(client, evaluated, tab, view):
    page = client.get(f"/projects/{evaluated.project.id}", params={"tab": tab, "view": view})

    assert page.status_code == 200
    assert "colours" in page.text


def test_the_history_tells_what_was_set_otherwise(client, workbench, evaluated):
    config = {"preprocessing": [{"decode": {"color": "BGR"}}, {"resize": {"size": 8, "interpolation": "nearest"}}]}
    workbench.workspace.evaluate(evaluated.model, evaluated.dataset, config=config)

    newest, first = client.get(f"/projects/{evaluated.project.id}.json").json()["reports"]

    assert first["changes"] == []
    assert "decode color: RGB → BGR" in newest["changes"]
    assert "resize interpolation: area → nearest" in newest["changes"]
    assert "without normalize" in newest["changes"]


def test_measuring_again_is_queued_and_then_not_offered_twice(client, workbench, evaluated):
    address = f"/projects/{evaluated.project.id}"

    answer = client.post(f"{address}/benchmark", data={"seconds": "2"})

    assert answer.headers["location"] == f"{address}?tab=analyze&view=performance"
    assert workbench.workspace.jobs.jobs()[0].kind == "benchmark"
    measure = client.get(f"{address}.json").json()["actions"][1]
    assert "queued or running" in measure["reason"]
    assert client.post(f"{address}/benchmark", data={"seconds": "-1"}).status_code == 422


def test_a_report_and_a_project_can_be_deleted_from_the_project(client, workbench, evaluated):
    address = f"/projects/{evaluated.project.id}"
    reports = f"{address}?tab=analyze&view=accuracy"
    delete = f"/reports/{evaluated.report.id}/delete"

    assert f'href="{delete}"' in client.get(reports).text
    assert f'href="{reports.replace("&", "&amp;")}"' in client.get(delete).text
    assert client.post(delete).headers["location"] == reports
    assert client.get(f"{address}.json").json()["reports"] == []
    assert client.post(delete).status_code == 404

    assert "stay" in client.get(f"{address}/delete").text
    assert client.post(f"{address}/delete").headers["location"] == "/projects"
    assert client.get(address).status_code == 404
    assert workbench.workspace.models()
    assert workbench.workspace.datasets()


def test_names_are_shown_as_text_whatever_they_hold(client, workbench, tmp_path):
    hostile = "<img src=x onerror=alert(1)>'\"{{7*7}}"
    model = workbench.workspace.import_model(write_model(tmp_path / "m.onnx"), name=hostile)
    dataset = workbench.workspace.import_dataset(
        write_dataset(tmp_path / "d", 6), name="</title><script>alert(2)</script>"
    )
    project_id = workbench.workspace.evaluate(model, dataset).record.project_id

    for address in ("/projects", "/projects/new", f"/projects/{project_id}", f"/projects/{project_id}?tab=details",
                    f"/projects/{project_id}/delete", f"/projects/{project_id}/reports/new"):  # fmt: skip
        text = client.get(address).text
        assert "<img src=x" not in text
        assert "<script>alert" not in text


def test_addresses_that_a_person_mistyped_are_refused_with_a_page(client, evaluated):
    address = f"/projects/{evaluated.project.id}"

    assert client.get("/projects/p-none").status_code == 404
    assert client.get(f"{address}?tab=nonsense").status_code == 422
    assert client.get("/projects?sort=nonsense").status_code == 422
