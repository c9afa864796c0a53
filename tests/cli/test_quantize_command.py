import json
import shlex

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from cli_runner import run_accubench
from small_world import write_dataset, write_model


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("images") / "colours", 40, wrong=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, colour_model, images):
    folder = tmp_path_factory.mktemp("commands")
    assert run_accubench("models", "import", colour_model, cwd=folder).returncode == 0
    assert run_accubench("datasets", "import", images, cwd=folder).returncode == 0
    return folder


def test_it_says_what_was_made_and_what_to_type_next(folder):
    done = run_accubench("quantize", "colours", "colours", "--subset-size", 12, cwd=folder)

    assert done.returncode == 0, done.stderr
    assert "colours-int8 version 1, made from colours version 1" in done.stdout
    assert "12 images of colours version 1" in done.stdout
    assert "lowest SHA-256" in done.stdout
    assert "Next: accubench compare colours-int8 colours colours" in done.stdout
    assert "Quantising colours, calibrated on 12 images." in done.stderr


def test_json_is_the_model_and_nothing_else(folder):
    done = run_accubench(
        "quantize",
        "colours",
        "colours",
        "--preset",
        "mixed",
        "--max-drop",
        "1%",
        "--name",
        "small",
        "--json",
        cwd=folder,
    )
    model = json.loads(done.stdout)

    assert model["name"] == "small"
    assert model["recipe"]["settings"]["preset"] == "mixed"
    assert model["recipe"]["settings"]["goal"] == {"max_drop": 0.01, "drop_type": "absolute"}
    assert model["recipe"]["outcome"]["reached"] is True


def test_a_goal_that_is_not_reached_ends_with_status_1_and_keeps_the_best_model(tmp_path, folder, images):
    path = write_model(tmp_path / "fragile.onnx")
    model = onnx.load(path)
    weights = np.full((3, 3), 100, np.float32) + np.eye(3, dtype=np.float32) / 4  # INT8 cannot tell them apart
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights, "weights"))
    onnx.save(model, path)
    options = shlex.split("--subset-size 6 --max-drop 0.02 --drop-type relative --ignore-layer pool")
    done = run_accubench("quantize", path, images, *options, cwd=folder)

    assert done.returncode == 1, done.stderr
    assert "Goal: at most 2 percent of the parent's less on 34 images: NOT REACHED" in done.stdout
    assert "0, kept" in done.stdout
    assert run_accubench("models", "show", "fragile-int8", cwd=folder).returncode == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-drop", "ten"], "'ten' is no drop of accuracy"),
        (["--max-drop", "150%"], "is no drop of accuracy"),
        (["--ignore-layer", "conv9"], "no layer 'conv9'"),
        (["--name", "colours"], "another model called 'colours'"),
        (["--validation", "colours"], "goes with a goal"),
    ],
)
def test_what_is_impossible_ends_with_status_2_and_one_paragraph(folder, options, said):
    done = run_accubench("quantize", "colours", "colours", *options, cwd=folder)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_quantised_model_is_refused(folder):
    run_accubench("quantize", "colours", "colours", "--subset-size", 12, cwd=folder)
    done = run_accubench("quantize", "colours-int8", "colours", cwd=folder)

    assert done.returncode == 2
    assert "colours-int8 is quantised already" in done.stderr
