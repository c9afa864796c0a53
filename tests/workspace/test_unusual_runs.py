"""Evaluations on which something unusual happens: images that change, models that give no numbers."""

import json

import numpy as np
import onnx
import polars as pl
import pytest
from onnx import TensorProto, helper, numpy_helper

from accubench import Workspace
from cli_runner import run_accubench
from small_world import write_dataset


@pytest.fixture
def model_of_nothing(tmp_path):
    """A model whose scores are all NaN."""
    weights = numpy_helper.from_array(np.full((3, 3), np.nan, np.float32), "weights")
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "nothing",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 3])],
        [weights],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "nan.onnx"
    )
    return tmp_path / "nan.onnx"


def test_images_that_vanish_or_change_after_the_check_fail_and_scores_of_others_are_never_kept(tmp_path, colour_model):
    folder = write_dataset(tmp_path / "images", 12)

    def disturb(progress):
        if progress.total and not progress.done:
            (folder / "image_00004.png").unlink(missing_ok=True)
            (folder / "image_00007.png").write_bytes((folder / "image_00000.png").read_bytes())

    with Workspace(tmp_path / "workspace", progress=disturb) as workspace:
        disturbed = workspace.evaluate(colour_model, folder)
    (folder / "val.txt").write_text("".join(f"image_{row:05d}.png {row % 3}\n" for row in range(12) if row != 4))
    with Workspace(tmp_path / "workspace") as workspace:
        again = workspace.evaluate(colour_model, folder)

    assert disturbed.failed["image_name"].to_list() == ["image_00004.png", "image_00007.png"]
    gone, changed = disturbed.failed["failure"]
    assert "does not exist any more" in gone
    assert "changed after the dataset was checked" in changed
    assert again.summary.n == 11
    assert again.images.filter(pl.col("image_name") == "image_00007.png")["predicted_class"].item() == 0


def test_a_model_without_any_number_still_gives_a_report_that_says_so(tmp_path, model_of_nothing, colour_dataset):
    arguments = ("evaluate", model_of_nothing, colour_dataset)

    text = run_accubench(*arguments, "--export", "report.html", "--export", "report.json", cwd=tmp_path)
    document = run_accubench(*arguments, "--json", "--fail-under", "top1=0.5", cwd=tmp_path)

    assert text.returncode == 0, text.stderr
    assert "No image could be evaluated" in text.stdout
    assert "0 evaluated, 150 failed" in text.stdout
    assert "The model's scores hold NaN or infinity." in text.stdout
    exported = json.loads((tmp_path / "report.json").read_text(), parse_constant=pytest.fail)
    assert len(exported["images"]) == 150
    assert document.returncode == 1
    parsed = json.loads(document.stdout, parse_constant=pytest.fail)
    assert parsed["gates"][0]["measured"] == "no image evaluated"
    assert [finding["code"] for finding in parsed["findings"]] == ["nothing-evaluated"]
