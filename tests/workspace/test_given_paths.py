"""Paths that lead nowhere, or that nothing sensible can be done with, are refused with a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import accubench
from accubench.errors import AccuBenchError, UsageError
from cli_runner import run_accubench

TOO_LONG = "x" * 300


@pytest.mark.parametrize(
    "text", ["", TOO_LONG, "~nobody-here/x", "nul\0byte", "pipe", "/dev/null", "no-unicode-\udcff"]
)
@pytest.mark.parametrize("role", ["model", "dataset", "labels", "config", "workspace"])
def test_a_path_that_cannot_be_meant_is_refused(tmp_path, monkeypatch, colour_model, colour_dataset, role, text):
    if (role, text) == ("workspace", ""):
        pytest.skip("an empty folder name means the default")
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    arguments = {"model": colour_model, "dataset": colour_dataset, "workspace": tmp_path / "workspace", role: text}

    with pytest.raises(AccuBenchError) as caught:
        accubench.evaluate(**arguments)

    assert str(caught.value).endswith((".", ".)"))


def test_a_path_that_is_no_unicode_says_how_to_get_round_it(tmp_path, colour_model):
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    Path(folder).mkdir()

    with pytest.raises(UsageError, match="symbolic link"):
        accubench.evaluate(colour_model, folder, workspace=tmp_path / "workspace")


@pytest.mark.parametrize("option", ["--export", "--summary"])
def test_a_place_that_cannot_be_written_to_is_found_before_inference(tmp_path, colour_model, colour_dataset, option):
    done = run_accubench("evaluate", colour_model, colour_dataset, option, "/proc/report.csv", cwd=tmp_path)

    assert done.returncode == 2
    assert "/proc/report.csv" in done.stderr
    assert "images to go" not in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_another_users_folders_are_named_with_what_to_do(tmp_path, colour_model, colour_dataset):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o755)
    code = (
        "import os, sys\n"
        "from accubench import Workspace, AccuBenchError\n"
        "os.setuid(65534)\n"
        "try:\n    Workspace(sys.argv[1])\nexcept AccuBenchError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(closed / "workspace")], capture_output=True, text=True, check=False
    )

    assert "cannot be used: Permission denied" in done.stdout
