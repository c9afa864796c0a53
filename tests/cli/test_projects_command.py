import json

import pytest

from accubench import Workspace
from cli_runner import run_accubench
from small_world import write_dataset, write_model


def test_projects_are_listed_and_shown_with_the_accuracy_of_their_reports(tmp_path, colour_model, colour_dataset):
    assert run_accubench("projects", "list", cwd=tmp_path).stdout.strip() == "No projects yet."
    assert run_accubench("evaluate", colour_model, colour_dataset, cwd=tmp_path).returncode == 0

    listed = json.loads(run_accubench("projects", "list", "--json", cwd=tmp_path).stdout)["projects"]
    shown = run_accubench("projects", "show", listed[0]["id"], cwd=tmp_path)

    assert [(each["model_name"], len(each["reports"])) for each in listed] == [("colours", 1)]
    assert "90.00 %" in shown.stdout


def test_a_project_that_is_not_there_is_a_clear_error(tmp_path):
    done = run_accubench("projects", "show", "p-none", cwd=tmp_path)

    assert done.returncode == 2
    assert "There is no project 'p-none'" in done.stderr


@pytest.fixture(scope="module")
def family(tmp_path_factory, colour_model):
    """A workspace with an original model, what was optimised from it, and another model, newest last."""
    folder = tmp_path_factory.mktemp("family")
    images = write_dataset(folder / "images", 60, wrong=6)
    with Workspace(folder / "accubench-workspace") as workspace:
        optimised = workspace.quantize(colour_model, images, subset_size=12)
        workspace.evaluate(colour_model, images)
        workspace.compare(optimised, colour_model, images, speed_rounds=0)
        workspace.distance(optimised, colour_model, images)
        workspace.evaluate(write_model(folder / "other.onnx", gain=19), images)
    return folder


def test_an_optimised_model_is_listed_right_below_its_parent_with_what_became_of_it(family):
    listed = json.loads(run_accubench("projects", "list", "--json", cwd=family).stdout)["projects"]
    table = run_accubench("projects", "list", cwd=family).stdout

    other, parent, child = listed
    assert [each["model_name"] for each in listed] == ["other", "colours", "colours-int8"]
    assert [each["parent_project_id"] for each in listed] == [None, None, parent["id"]]
    assert (parent["parent_model_id"], child["parent_model_id"]) == (None, parent["model_id"])
    assert (len(child["comparisons"]), len(child["distances"]), other["comparisons"]) == (1, 1, [])
    assert child["comparisons"][0]["summary"]["n"] == 48
    assert child["distances"][0]["outputs"][0]["n"] == 48
    assert "└─colours-int8" in table
    assert table.index("other") < table.index(parent["id"]) < table.index(child["id"])


def test_a_project_tells_its_lineage_and_its_reports_of_all_kinds(family):
    listed = json.loads(run_accubench("projects", "list", "--json", cwd=family).stdout)["projects"]
    _, parent, child = (each["id"] for each in listed)
    shown = {each: run_accubench("projects", "show", each, cwd=family).stdout for each in (parent, child)}
    document = json.loads(run_accubench("projects", "show", parent, "--json", cwd=family).stdout)

    assert f"Optimised here: colours-int8, INT8 (project {child})" in shown[parent]
    assert "90.00 %" in shown[parent]
    assert f"Optimised from colours (project {parent})" in shown[child]
    assert listed[2]["comparisons"][0]["id"] in shown[child]
    assert listed[2]["distances"][0]["id"] in shown[child]
    assert "48 compared, 0 failed" in shown[child]
    assert document == listed[1]
    assert [each["child_project_ids"] for each in listed] == [[], [child], []]
