"""Standard output and standard error in unusual circumstances."""

import json
import shlex
import subprocess
import sys

import pytest

from small_world import write_dataset, write_model


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder with a model and a dataset whose names are no ASCII, evaluated once."""
    folder = tmp_path_factory.mktemp("world")
    write_model(folder / "größe-日本.onnx")
    write_dataset(folder / "bilder-é", 12, wrong=3)
    assert run_in_shell("ACCUBENCH evaluate größe-日本.onnx bilder-é", folder).returncode == 0
    return folder


def run_in_shell(script, cwd, **environment):
    accubench = f"{shlex.quote(sys.executable)} -m accubench"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script.replace("ACCUBENCH", accubench)],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("ACCUBENCH evaluate größe-日本.onnx bilder-é | head -c 1", 0),
        ("ACCUBENCH evaluate größe-日本.onnx bilder-é --json | head -c 1", 0),
        ("ACCUBENCH evaluate größe-日本.onnx bilder-é --fail-under top1=0.9 | head -c 1", 1),
        ("ACCUBENCH evaluate größe-日本.onnx bilder-é --fresh --fail-under top1=0.9 2>&1 >/dev/null | head -c 1", 1),
        ("ACCUBENCH models list | head -c 1", 0),
    ],
)
def test_a_reader_that_leaves_changes_nothing_of_the_outcome(world, script, status):
    done = run_in_shell(script, world)

    assert done.returncode == status, done.stderr
    assert "Error" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_device_behind_standard_output_is_a_clear_error(world):
    done = run_in_shell("ACCUBENCH evaluate größe-日本.onnx bilder-é >/dev/full", world)

    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "mistake" not in done.stderr


def test_messages_never_land_in_standard_output_nor_in_a_file_where_standard_error_is_closed(world):
    done = run_in_shell("ACCUBENCH evaluate größe-日本.onnx bilder-é --json --fresh 2>&-", world)
    silent = run_in_shell("ACCUBENCH evaluate größe-日本.onnx bilder-é --fresh <&- >&- 2>&-", world)

    assert (done.returncode, silent.returncode) == (0, 0)
    assert json.loads(done.stdout)["summary"]["n"] == 12
    assert (world / "accubench-workspace" / "catalogue.sqlite").read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_names_can_be_printed_where_the_encoding_lacks_their_letters(world, encoding):
    text = run_in_shell("ACCUBENCH evaluate größe-日本.onnx bilder-é", world, PYTHONIOENCODING=encoding)
    document = run_in_shell("ACCUBENCH evaluate größe-日本.onnx bilder-é --json", world, PYTHONIOENCODING=encoding)

    assert text.returncode == 0, text.stderr
    assert r"\u65e5\u672c" in text.stdout
    assert json.loads(document.stdout)["model_name"].endswith("-日本")
