import json

from cli_runner import run_accubench


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
