"""What a command imports in vain does not stay, and what others use does."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusals import catalogued
from typer.testing import CliRunner

import accubench
from accubench import Workspace
from accubench.cli.app import app
from accubench.errors import BrokenModelError, ConfigurationError, DatasetNotFoundError


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace without anything."""
    with Workspace(tmp_path / "workspace"):
        return tmp_path / "workspace"


@pytest.fixture
def broken_model(tmp_path: Path) -> Path:
    """A model file that breaks off."""
    (tmp_path / "broken.onnx").write_bytes(b"\x08\x08\x12")
    return tmp_path / "broken.onnx"


def test_a_dataset_given_with_a_broken_model_is_not_kept(workspace, broken_model, colour_dataset):
    done = CliRunner().invoke(app, ["evaluate", str(broken_model), str(colour_dataset), "--workspace", str(workspace)])
    assert done.exit_code == 2
    assert not any((workspace / "datasets").iterdir())
    assert catalogued(workspace) == {"models": [], "datasets": [], "reports": []}


def test_a_model_given_with_a_dataset_that_is_not_there_is_not_kept_from_python_either(workspace, colour_model):
    with pytest.raises(DatasetNotFoundError):
        accubench.evaluate(colour_model, "nowhere", workspace=workspace)
    assert catalogued(workspace) == {"models": [], "datasets": [], "reports": []}


def test_of_several_models_the_broken_one_spoils_nothing(workspace, broken_model, colour_model, colour_dataset):
    models = [str(broken_model), str(colour_model), str(broken_model)]
    done = CliRunner().invoke(app, ["evaluate", *models, str(colour_dataset), "--workspace", str(workspace)])
    assert done.exit_code == 2
    assert [len(kind) for kind in catalogued(workspace).values()] == [1, 1, 1]


def test_what_was_there_before_stays(workspace, broken_model, colour_dataset):
    with Workspace(workspace) as opened:
        known = opened.import_dataset(colour_dataset)
        with pytest.raises(BrokenModelError):
            opened.evaluate(broken_model, colour_dataset)
        assert [each.id for each in opened.datasets()] == [known.id]


def test_what_somebody_else_made_a_project_of_meanwhile_stays(workspace, broken_model, colour_model, colour_dataset):
    with Workspace(workspace) as opened:

        def import_and_fail() -> None:
            with opened.unusable_taken_back():
                dataset = opened.dataset(colour_dataset)
                with Workspace(workspace) as other:
                    other.evaluate(colour_model, dataset)
                opened.model(broken_model)

        with pytest.raises(BrokenModelError):
            import_and_fail()
    assert [len(kind) for kind in catalogued(workspace).values()] == [1, 1, 1]


def test_a_wrong_configuration_is_mended_without_importing_again(workspace, tmp_path, colour_model, colour_dataset):
    (tmp_path / "wrong.yaml").write_text("preprocessing: 7\n")
    with Workspace(workspace) as opened, pytest.raises(ConfigurationError):
        opened.evaluate(colour_model, colour_dataset, config=tmp_path / "wrong.yaml")
    assert len(catalogued(workspace)["models"]) == 1
