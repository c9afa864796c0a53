"""Optimise to INT8: the page, what it refuses, what it queues."""

import pytest

from small_world import write_dataset, write_model

FORM = {"method": "default", "preset": "mixed", "subset_size": "12", "configuration": "inferred"}
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def project(workbench, tmp_path):
    model = workbench.workspace.import_model(write_model(tmp_path / "colours.onnx"), name=HOSTILE)
    dataset = workbench.workspace.import_dataset(write_dataset(tmp_path / "shades", 20), name=f"{HOSTILE}'s")
    return project_of(workbench, model, dataset)


def project_of(workbench, model, dataset):
    project_id = workbench.workspace.background.create_project(model.id, dataset.id).project_id
    return workbench.workspace.project(project_id)


@pytest.fixture
def address(project):
    return f"/projects/{project.project.id}/optimize"


def queued(workbench):
    return [job for job in workbench.workspace.jobs.jobs() if job.kind == "quantize"]


def test_images_are_left_for_validation_by_default(client, address):
    page = client.get(f"{address}.json").json()

    assert page["form"]["subset_size"] == "10"
    assert (page["sharing"]["calibration"], page["sharing"]["validation"]) == (10, 10)
    assert page["sharing"]["warning"] == ""
    assert page["reason"] == ""


@pytest.mark.parametrize(
    ("query", "calibration", "validation", "warned"),
    [
        ({"subset_size": "5"}, 5, 15, False),
        ({"subset_size": "20"}, 20, 0, True),
        ({"subset_size": "999999999999999"}, 0, 20, False),
        ({"subset_size": "300"}, 20, 0, True),
        ({"subset_size": "300", "method": "accuracy_aware"}, 10, 10, False),
        ({"subset_size": "-3"}, 0, 20, False),
        ({"subset_size": "²"}, 0, 20, False),
        ({"dataset": "d-none", "subset_size": "4"}, 4, 16, False),
    ],
)
def test_the_server_counts_what_a_subset_leaves(client, address, query, calibration, validation, warned):
    sharing = client.get(f"{address}.json", params=query).json()["sharing"]

    assert (sharing["calibration"], sharing["validation"], bool(sharing["warning"])) == (
        calibration,
        validation,
        warned,
    )


def test_images_of_another_dataset_leave_all_of_the_projects_own(client, workbench, address, tmp_path):
    other = workbench.workspace.import_dataset(write_dataset(tmp_path / "others", 7))

    sharing = client.get(f"{address}.json", params={"dataset": other.id, "subset_size": "300"}).json()["sharing"]

    assert (sharing["calibration"], sharing["validation"]) == (7, 20)


def test_the_job_gets_what_was_chosen_and_the_project_shows_it(client, workbench, project, address):
    form = FORM | {"name": "small", "ignored_layers": " pool \r\n\r\nclassify\r\npool"}

    answer = client.post(address, data=form)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{project.project.id}?tab=analyze")
    job = queued(workbench)[0]
    assert job.project_id == project.project.id
    assert job.arguments["name"] == "small"
    settings = job.arguments["settings"]
    assert (settings["preset"], settings["subset_size"], settings["goal"]) == ("mixed", 12, None)
    assert settings["ignored_layers"] == ["pool", "classify"]
    assert "resize" in job.arguments["configuration_yaml"]
    for view in ("accuracy", "performance"):
        shown = client.get(f"/projects/{project.project.id}", params={"view": view}).text
        assert f'<div class="job-progress" data-job="{job.id}"' in shown


@pytest.mark.parametrize(("text", "unit", "share"), [("1", "absolute", 0.01), ("0,5", "relative", 0.005)])
def test_a_drop_in_points_or_percent_becomes_a_share(client, workbench, address, text, unit, share):
    client.post(address, data=FORM | {"method": "accuracy_aware", "max_drop": text, "drop_type": unit})

    goal = queued(workbench)[0].arguments["settings"]["goal"]
    assert goal == {"max_drop": pytest.approx(share), "drop_type": unit}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"subset_size": "0"}, "subset size"),
        ({"subset_size": HOSTILE}, "subset size"),
        ({"subset_size": "9" * 300}, "subset size"),
        ({"method": "magic"}, "method"),
        ({"preset": HOSTILE}, "preset"),
        ({"method": "accuracy_aware", "max_drop": "nan"}, "maximum drop"),
        ({"method": "accuracy_aware", "max_drop": "inf"}, "maximum drop"),
        ({"method": "accuracy_aware", "max_drop": "0"}, "maximum drop"),
        ({"method": "accuracy_aware", "drop_type": "sideways"}, "unit"),
        ({"dataset_id": "d-none"}, "dataset"),
        ({"name": "a\x07b"}, "name"),
        ({"ignored_layers": "x" * 501}, "layers"),
    ],
)
def test_what_does_not_fit_comes_back_with_the_reason_and_everything_typed(client, workbench, address, wrong, said):
    answer = client.post(address, data=FORM | {"name": "kept", "ignored_layers": "kept too"} | wrong)

    assert answer.status_code == 422
    alert = answer.text.split('role="alert"')[1].split("</div>")[0]
    assert said in alert.lower()
    assert "<script>alert" not in answer.text
    if "name" not in wrong:
        assert 'value="kept"' in answer.text
    if "ignored_layers" not in wrong:
        assert "kept too" in answer.text
    assert queued(workbench) == []


def test_without_annotations_accuracy_aware_is_offered_with_the_reason_why_not(client, workbench, tmp_path):
    model = workbench.workspace.import_model(write_model(tmp_path / "m.onnx"))
    folder = write_dataset(tmp_path / "plain", 8)
    (folder / "val.txt").unlink()
    project = project_of(workbench, model, workbench.workspace.import_dataset(folder))
    address = f"/projects/{project.project.id}/optimize"

    default, aware = client.get(f"{address}.json").json()["methods"]
    refused = client.post(address, data=FORM | {"method": "accuracy_aware"})

    assert default["reason"] == ""
    assert "not annotated" in aware["reason"]
    assert refused.status_code == 422
    assert "needs an annotated dataset" in refused.text
    assert client.post(address, data=FORM).status_code == 303


def test_an_int8_model_is_not_optimised_again(client, workbench, project, tmp_path):
    small = workbench.workspace.quantize(project.model, project.dataset, subset_size=4)
    child = project_of(workbench, small, project.dataset)
    address = f"/projects/{child.project.id}"

    action = client.get(f"{address}.json").json()["actions"][2]
    page = client.get(f"{address}/optimize")
    refused = client.post(f"{address}/optimize", data=FORM)

    assert action["title"] == "Optimise to INT8"
    assert "INT8 already" in action["reason"]
    assert "INT8 already" in page.text
    assert "<form" not in page.text.split("<main")[1]
    assert refused.status_code == 422
    assert queued(workbench) == []


def test_a_running_job_is_no_reason_to_wait(client, workbench, project, address):
    client.post(address, data=FORM)

    assert client.get(f"/projects/{project.project.id}.json").json()["actions"][2]["reason"] == ""
    assert client.post(address, data=FORM | {"preset": "performance"}).status_code == 303
    assert len(queued(workbench)) == 2


def test_the_configuration_of_the_last_report_comes_first_where_there_is_one(client, workbench, project, address):
    config = {"preprocessing": [{"decode": {"color": "BGR"}}, {"resize": {"size": 8}}]}
    workbench.workspace.evaluate(project.model, project.dataset, config=config)

    page = client.get(f"{address}.json").json()
    client.post(address, data=FORM | {"configuration": "last"})

    assert [option["key"] for option in page["configurations"]] == ["last", "inferred"]
    assert page["form"]["configuration"] == "last"
    assert "BGR" in queued(workbench)[0].arguments["configuration_yaml"]


def test_names_are_shown_as_text(client, address):
    page = client.get(address).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<h1") == 1
