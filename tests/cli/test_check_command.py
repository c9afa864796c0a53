"""``accubench check`` prints the waterfall, gates on agreement, and refuses wrong usage in one paragraph."""

import json

import pytest

from cli_runner import run_accubench


def test_the_waterfall_is_printed_with_a_calm_sentence(tmp_path, colour_model, colour_dataset):
    done = run_accubench("check", colour_model, colour_dataset, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "The numbers are the model's own: all 64 images have the same class in all 2 steps." in " ".join(
        done.stdout.split()
    )
    assert "ONNX Runtime" in done.stdout
    assert "Warning" not in done.stdout


def test_json_is_one_object_with_steps_and_sentence(tmp_path, colour_model, colour_dataset):
    done = run_accubench("check", colour_model, colour_dataset, "--images", "all", "--json", cwd=tmp_path)

    document = json.loads(done.stdout)
    assert document["n"] == 150
    assert document["titles"] == ["ONNX Runtime in f32", "OpenVINO in f32"]
    assert document["outcome"] == "agree"
    assert document["passed"] is True


def test_part_and_valid_labels_are_asked_for_as_in_an_evaluation(tmp_path, colour_model, colour_dataset):
    done = run_accubench("check", colour_model, colour_dataset, "--every", "10", "--valid-labels", cwd=tmp_path)

    assert "colours on colours-every-10" in done.stdout
    assert "all 15 images have the same class" in " ".join(done.stdout.split())
    assert "Scored over the 3 annotated classes alone." in done.stdout


@pytest.mark.parametrize("least", ["1", "99%"])
def test_agreement_that_is_there_passes_the_gate(tmp_path, colour_model, colour_dataset, least):
    done = run_accubench("check", colour_model, colour_dataset, "--min-agreement", least, cwd=tmp_path)

    assert done.returncode == 0
    assert "Gate met: agreement 100.00 %" in done.stdout


def test_a_gate_is_missed_where_there_is_nothing_to_agree_with(tmp_path, colour_dataset, colour_model):
    from accubench.models.openvino_runtime import load_openvino

    openvino = load_openvino()
    openvino.save_model(openvino.Core().read_model(colour_model), tmp_path / "ir.xml", compress_to_fp16=False)
    (tmp_path / "c.yaml").write_text("preprocessing:\n  - decode: {color: RGB}\n  - resize: {size: 8}\n")

    done = run_accubench(
        "check", "ir.xml", colour_dataset, "--config", "c.yaml", "--min-agreement", "0.99", cwd=tmp_path
    )

    assert done.returncode == 1
    assert "Gate missed: there was no other engine or execution to agree with." in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--images", "0"), "'0' is no number of images"),
        (("--images", "many"), "'many' is no number of images"),
        (("--images", "9" * 5000), "is no number of images"),
        (("--min-agreement", "1.5"), "'1.5' is no agreement"),
        (("--limit", "5", "--every", "2"), "Give either limit or every"),
    ],
)
def test_wrong_usage_is_one_clear_paragraph(tmp_path, colour_model, colour_dataset, options, said):
    done = run_accubench("check", colour_model, colour_dataset, *options, cwd=tmp_path)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_first_evaluation_checks_unless_it_is_told_not_to(tmp_path, colour_model, colour_dataset):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = run_accubench("evaluate", colour_model, colour_dataset, cwd=tmp_path)
    again = run_accubench("evaluate", colour_model, colour_dataset, cwd=tmp_path)
    without = run_accubench("evaluate", colour_model, colour_dataset, "--no-check", cwd=elsewhere)

    assert "Checking the numbers of colours on 64 images." in first.stderr
    assert "Checking the numbers" not in again.stderr
    assert "Checking the numbers" not in without.stderr


def test_an_evaluation_by_a_reference_engine_names_it(tmp_path, colour_model, colour_dataset):
    done = run_accubench("evaluate", colour_model, colour_dataset, "--engine", "onnxruntime", cwd=tmp_path)
    wrong = run_accubench("evaluate", colour_model, colour_dataset, "--engine", "litert", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "ONNX Runtime in f32" in done.stdout
    assert wrong.returncode == 2
    assert "LiteRT runs models in TensorFlow Lite format" in " ".join(wrong.stderr.split())
