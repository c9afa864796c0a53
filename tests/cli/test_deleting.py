"""Deleting from the command line: what depends on it is named, and nothing goes unasked."""

from __future__ import annotations

import json

import pytest

from accubench.workspace import Workspace
from cli_runner import run_accubench
from small_world import write_dataset, write_model


@pytest.fixture
def folder(tmp_path):
    with Workspace(tmp_path / "workspace") as workspace:
        workspace.evaluate(write_model(tmp_path / "m.onnx"), write_dataset(tmp_path / "d", 3))
    return tmp_path / "workspace"


def counts(folder):
    with Workspace(folder) as workspace:
        return len(workspace.models()), len(workspace.datasets()), len(workspace.reports())


def test_without_yes_and_a_terminal_nothing_is_deleted_and_dependents_are_named(folder):
    result = run_accubench("models", "delete", "m", "--workspace", folder, cwd=folder)
    assert result.returncode == 2
    assert "1 project (m on d" in " ".join(result.stderr.split())
    assert "--yes" in result.stderr
    assert counts(folder) == (1, 1, 1)


def test_with_yes_everything_that_depends_on_it_goes(folder):
    result = run_accubench("datasets", "delete", "d", "--yes", "--json", "--workspace", folder, cwd=folder)
    assert result.returncode == 0, result.stderr
    assert len(json.loads(result.stdout)["reports"]) == 1
    assert counts(folder) == (1, 0, 0)
    result = run_accubench("models", "delete", "m", "--yes", "--workspace", folder, cwd=folder)
    assert result.stdout == "Deleted: model m\n"
    assert counts(folder) == (0, 0, 0)


def test_the_latest_report_is_deleted(folder):
    assert run_accubench("reports", "delete", "latest", "--yes", "--workspace", folder, cwd=folder).returncode == 0
    assert counts(folder) == (1, 1, 0)


def test_what_is_not_there_is_said_with_what_is(folder):
    result = run_accubench("models", "delete", "other", "--yes", "--workspace", folder, cwd=folder)
    assert result.returncode == 2
    assert "There are: m." in result.stderr
