"""The start page: the ways in, what there is, and the sample."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from accubench.web import Workbench


def test_an_empty_workbench_says_what_it_is_and_offers_three_ways_in(client: TestClient) -> None:
    answer = client.get("/")

    assert answer.status_code == 200
    for words in ("Add a model", "Add a dataset", "Try the sample", "Everything stays on this machine"):
        assert words in answer.text


def test_the_sample_is_imported_and_leads_to_its_project(client: TestClient, workbench: Workbench) -> None:
    answer = client.post("/sample")

    (overview,) = workbench.workspace.projects()
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/projects/{overview.project.id}"
    assert [job.kind for job in workbench.workspace.jobs.jobs()] == ["create_project"]


def test_the_sample_twice_is_one_project_and_one_job(client: TestClient, workbench: Workbench) -> None:
    first, second = client.post("/sample"), client.post("/sample")

    assert first.headers["location"] == second.headers["location"]
    assert len(workbench.workspace.jobs.jobs()) == len(workbench.workspace.models()) == 1


def test_the_start_page_shows_models_datasets_projects_and_what_runs(client: TestClient) -> None:
    client.post("/sample")

    shown = client.get("/index.json").json()

    assert [project["model"] for project in shown["projects"]] == ["sample"]
    assert [model["name"] for model in shown["models"]] == ["sample"]
    assert [dataset["name"] for dataset in shown["datasets"]] == ["drawings"]
    assert [job["state"] for job in shown["jobs"]] == ["queued"]
    assert shown["projects"][0]["state"] == "Baseline inference: queued"
    assert shown["projects"][0]["accuracy"] is None
    assert 'data-job="' in client.get("/").text


def test_names_are_text_and_nothing_else(
    client: TestClient, workbench: Workbench, colour_model: Path, colour_dataset: Path
) -> None:
    workbench.workspace.import_model(colour_model, name="<img src=x onerror=alert(1)>")
    workbench.workspace.import_dataset(colour_dataset, name='"><script>alert(1)</script>{{ 7 * 191 }}')

    page = client.get("/").text

    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "1337" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_project_with_a_report_shows_its_accuracy(
    client: TestClient, workbench: Workbench, colour_model: Path, colour_dataset: Path
) -> None:
    workbench.workspace.evaluate(colour_model, colour_dataset)

    (project,) = client.get("/index.json").json()["projects"]

    assert project["accuracy"] == "90.00 %"
    assert project["state"] == "1 report"
    assert "90.00 %" in client.get("/").text
