"""Malformed models through the command line: status 2, one clear paragraph, and a workspace as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from malformed_models import MALFORMED, MARKER
from refusals import assert_is_one_clear_paragraph, catalogued, tree
from typer.testing import CliRunner

from accubench import Workspace
from accubench.cli.app import app
from cli_runner import run_accubench


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, colour_model: Path, colour_dataset: Path) -> Path:
    """A workspace that holds a model and a dataset."""
    folder = tmp_path_factory.mktemp("kept") / "workspace"
    with Workspace(folder) as opened:
        opened.import_model(colour_model, name="good")
        opened.import_dataset(colour_dataset, name="images")
    return folder


@pytest.mark.parametrize("case", MALFORMED)
@pytest.mark.parametrize(
    "command", [("models", "import", "MODEL"), ("evaluate", "MODEL", "images")], ids=lambda c: c[0]
)
def test_a_malformed_model_ends_with_status_2_one_paragraph_and_an_unchanged_workspace(
    tmp_path: Path, workspace: Path, case: str, command: tuple[str, ...]
) -> None:
    write, words = MALFORMED[case]
    place = tmp_path / "given"
    place.mkdir()
    path = write(place)
    before, listed = tree(workspace), catalogued(workspace)

    arguments = [str(path) if part == "MODEL" else part for part in command]
    done = CliRunner().invoke(app, [*arguments, "--workspace", str(workspace)])

    assert_is_one_clear_paragraph(done, words, str(place))
    assert tree(workspace) == before
    assert catalogued(workspace) == listed
    assert not (place / MARKER).exists()


@pytest.mark.parametrize("case", ["onnx_nested_20000_deep", "savedmodel_with_endless_functions", "ir_billion_laughs"])
def test_a_bomb_does_not_end_the_process(tmp_path: Path, case: str) -> None:
    write, words = MALFORMED[case]
    done = run_accubench("models", "import", write(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
