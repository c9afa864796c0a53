"""Several processes that use one workspace at the same time, from the moment when it does not exist yet."""

import json
import os
import signal
import subprocess
import sys

import pytest

from small_world import write_dataset, write_model


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("at-once") / "images", 1500)


def start(*arguments, cwd):
    command = [sys.executable, "-m", "accubench", "evaluate", *map(str, arguments), "--json"]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "locked" not in err
    return json.loads(out)


@pytest.mark.slow
def test_of_several_processes_that_want_the_same_scores_one_infers_and_the_others_reuse(
    tmp_path, colour_model, dataset
):
    documents = [finish(process) for process in [start(colour_model, dataset, cwd=tmp_path) for _ in range(3)]]

    assert sorted(document["reused_predictions"] for document in documents) == [False, True, True]
    assert len({document["predictions_id"] for document in documents}) == 1
    assert len({document["model_id"] for document in documents}) == 1
    assert len({document["id"] for document in documents}) == 3


@pytest.mark.slow
def test_different_models_are_evaluated_one_after_the_other(tmp_path, dataset):
    models = [write_model(tmp_path / f"{gain}.onnx", gain=gain) for gain in (1, 2, 3)]

    documents = [finish(process) for process in [start(model, dataset, cwd=tmp_path) for model in models]]

    assert [document["model_name"] for document in documents] == ["1", "2", "3"]
    assert len({document["project_id"] for document in documents}) == 3


@pytest.mark.slow
def test_when_the_process_that_infers_is_killed_the_one_that_waits_continues_its_work(tmp_path, colour_model, dataset):
    first = start(colour_model, dataset, cwd=tmp_path)
    assert first.stderr is not None
    for line in first.stderr:
        if line.startswith("64 of"):
            break
    os.kill(first.pid, signal.SIGSTOP)
    second = start(colour_model, dataset, cwd=tmp_path)
    assert second.stderr is not None
    for line in second.stderr:
        if "Another process" in line:
            break
    first.kill()
    first.communicate()
    document = finish(second)

    assert document["summary"]["n"] == 1500
    assert len(list((tmp_path / "accubench-workspace" / "predictions").iterdir())) == 1
