"""Malformed datasets through the command line: status 2, one clear paragraph, and a workspace as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from malformed_batches import MALFORMED_BATCHES
from malformed_datasets import MALFORMED, OUTSIDE_MODEL, WRONG_OPTIONS, Case
from refusals import assert_is_one_clear_paragraph, catalogued, tree
from typer.testing import CliRunner

from accubench import Workspace
from accubench.cli.app import app
from archive_writers import write_tar

CASES = MALFORMED | MALFORMED_BATCHES
IMPORT, EVALUATE = ("datasets", "import", "DATASET"), ("evaluate", "colours", "DATASET")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, colour_model: Path, colour_dataset: Path) -> Path:
    """A workspace that holds a model, a dataset, and one that was unpacked."""
    folder = tmp_path_factory.mktemp("kept") / "workspace"
    archive = write_tar(colour_dataset, folder.parent / "packed.tar")
    with Workspace(folder) as opened:
        opened.import_model(colour_model, name="colours")
        opened.import_dataset(colour_dataset, name="images")
        opened.import_dataset(archive)
    return folder


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", [IMPORT, EVALUATE], ids=lambda command: command[0])
def test_a_malformed_dataset_is_refused_and_leaves_nothing(tmp_path, workspace, name, command):
    refuse(CASES[name], command, tmp_path, workspace)


@pytest.mark.parametrize("name", OUTSIDE_MODEL)
def test_a_dataset_with_classes_that_the_model_has_not_is_refused_and_leaves_nothing(tmp_path, workspace, name):
    refuse(OUTSIDE_MODEL[name], EVALUATE, tmp_path, workspace)


def test_an_archive_with_classes_that_the_model_has_not_is_refused_and_nothing_of_it_stays_unpacked(
    tmp_path, workspace
):
    def compressed(place: Path) -> Path:
        return write_tar(OUTSIDE_MODEL["list_class_outside_the_model"].write(place), place / "set.tar.gz")

    refuse(Case(compressed, ("val.txt:2",)), EVALUATE, tmp_path, workspace)


@pytest.mark.parametrize("name", WRONG_OPTIONS)
def test_options_that_do_not_fit_the_dataset_are_refused(tmp_path, workspace, name):
    refuse(WRONG_OPTIONS[name], IMPORT, tmp_path, workspace)


def refuse(case: Case, command: tuple[str, ...], tmp_path: Path, workspace: Path) -> None:
    place = tmp_path / "given"
    place.mkdir()
    path = case.write(place)
    before, listed = tree(workspace), catalogued(workspace)

    arguments = [str(path) if part == "DATASET" else part for part in command]
    done = CliRunner().invoke(app, [*arguments, *case.options, "--workspace", str(workspace)])

    assert_is_one_clear_paragraph(done, *case.words)
    assert tree(workspace) == before
    assert catalogued(workspace) == listed
