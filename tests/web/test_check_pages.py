"""The page of a numerics check, its card on the project's page, and the button that makes one."""

import pytest

from small_world import write_dataset, write_model


@pytest.fixture
def checked(workbench, tmp_path):
    """The check of a model with a hostile name that its own engine agrees with."""
    workspace = workbench.workspace
    model = workspace.import_model(write_model(tmp_path / "colours.onnx"), name="<script>alert(1)</script>")
    return workspace.check(model, workspace.import_dataset(write_dataset(tmp_path / "shades", 30, wrong=3)))


def test_the_page_shows_steps_numbers_and_how_it_was_made(client, checked):
    page = client.get(f"/checks/{checked.id}")

    assert page.status_code == 200
    assert "The numbers are the model&#39;s own: all 30 images" in page.text
    assert "ONNX Runtime in f32" in page.text
    assert "<script>alert" not in page.text
    assert checked.versions["onnxruntime"] in page.text


def test_the_json_beside_it_holds_the_record_and_what_is_drawn(client, checked):
    data = client.get(f"/checks/{checked.id}.json").json()

    assert data["check"]["id"] == checked.id
    assert [step["width"] for step in data["view"]["steps"]] == [90.0, 90.0]
    assert data["view"]["steps"][1]["flips"] == "0 of 30 images changed their class"
    assert data["view"]["word"] == "the same in every step"


def test_an_unknown_check_is_a_clear_404(client):
    page = client.get("/checks/n-000000000-0000")

    assert page.status_code == 404
    assert "There is no numerics check" in page.text


def test_the_project_shows_its_newest_check_and_offers_another(client, checked):
    page = client.get(f"/projects/{checked.project_id}?view=accuracy")

    assert f'href="/checks/{checked.id}"' in page.text
    assert f'action="/projects/{checked.project_id}/check"' in page.text


@pytest.mark.parametrize(("given", "images"), [({"images": "64"}, 64), ({"images": ""}, None), ({}, None)])
def test_the_button_queues_a_check_configured_as_the_newest_report(client, workbench, checked, given, images):
    answer = client.post(f"/projects/{checked.project_id}/check", data=given, follow_redirects=False)

    assert answer.status_code == 303
    (job,) = workbench.workspace.jobs.jobs(project_id=checked.project_id)
    assert (job.kind, job.arguments["images"]) == ("check", images)
    assert "A check is queued or running." in client.get(answer.headers["location"]).text


@pytest.mark.parametrize("images", ["0", "-3", "many"])
def test_an_impossible_number_of_images_is_refused(client, workbench, checked, images):
    answer = client.post(f"/projects/{checked.project_id}/check", data={"images": images}, follow_redirects=False)

    assert answer.status_code == 422
    assert not workbench.workspace.jobs.jobs(project_id=checked.project_id)


def test_a_report_shows_the_check_that_its_numbers_were_held_to(client, workbench, tmp_path):
    workspace = workbench.workspace
    model = workspace.import_model(write_model(tmp_path / "colours.onnx"))
    dataset = workspace.import_dataset(write_dataset(tmp_path / "shades", 30))
    report = workspace.evaluate(model, dataset, check=True)
    without = workspace.evaluate(model, dataset)

    shown, other = (client.get(f"/reports/{each.record.id}?view=details").text for each in (report, without))

    assert f'href="/checks/{report.record.check_id}"' in shown
    assert "/checks/" not in other
