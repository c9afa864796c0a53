import json

import pytest

from accubench.workspace import Workspace
from cli_runner import run_accubench


@pytest.fixture
def queued(tmp_path, colour_model):
    with Workspace(tmp_path / "accubench-workspace") as workspace:
        return [workspace.background.import_model(colour_model, name=name) for name in ("first", "sec\x1b[31mond")]


def test_jobs_are_listed_newest_first(tmp_path, queued):
    done = run_accubench("jobs", "list", "--json", cwd=tmp_path)
    jobs = json.loads(done.stdout)["jobs"]

    assert [job["id"] for job in jobs] == [job.id for job in reversed(queued)]
    assert {job["state"] for job in jobs} == {"queued"}

    text = run_accubench("jobs", "list", cwd=tmp_path).stdout
    assert "Import of model first" in text
    assert "\x1b" not in text


def test_a_workspace_without_jobs_says_so(tmp_path):
    assert run_accubench("jobs", "list", cwd=tmp_path).stdout == "No jobs yet.\n"


def test_a_queued_job_is_cancelled_by_its_id(tmp_path, queued):
    done = run_accubench("jobs", "cancel", queued[0].id, "--json", cwd=tmp_path)

    assert json.loads(done.stdout)["state"] == "cancelled"
    shown = run_accubench("jobs", "show", queued[0].id, cwd=tmp_path).stdout
    assert "cancelled" in shown
    assert "Import of model first" in shown
    assert json.loads(run_accubench("jobs", "show", queued[1].id, "--json", cwd=tmp_path).stdout)["state"] == "queued"


def test_the_log_of_a_job_is_printed_without_what_could_steer_the_terminal(tmp_path, queued):
    log = tmp_path / "accubench-workspace" / "jobs" / queued[0].id / "log.txt"
    assert run_accubench("jobs", "log", queued[0].id, cwd=tmp_path).stdout == ""
    log.parent.mkdir(parents=True)
    log.write_text("2024-02-29 12:30:00Z  Reading \x1b[31mred.onnx\n")

    done = run_accubench("jobs", "log", queued[0].id, cwd=tmp_path)

    assert done.stdout == "2024-02-29 12:30:00Z  Reading \N{REPLACEMENT CHARACTER}[31mred.onnx\n"


@pytest.mark.parametrize("command", ["show", "log", "cancel"])
def test_an_unknown_job_is_an_error(tmp_path, command):
    done = run_accubench("jobs", command, "j-nothing", cwd=tmp_path)

    assert done.returncode == 2
    assert "There is no job 'j-nothing'" in done.stderr
    assert done.stdout == ""
