"""The numerics check sees what changes, says what it costs, and leaves alone what agrees."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from accubench import Workspace
from accubench.errors import Cancelled, CheckNotFoundError, InferenceError, UsageError
from accubench.tasks import check_judgement, check_steps
from saturating_model import CONFIGURATION, write_bright_images, write_saturating_model
from small_world import write_dataset, write_model


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def saturating(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saturating")
    return write_saturating_model(folder / "pairs.xml"), write_bright_images(folder / "bright", 120)


def test_a_model_that_its_own_engine_agrees_with_is_called_its_own(workspace, colour_model, colour_dataset):
    check = workspace.check(colour_model, colour_dataset)

    assert (check.outcome, check.findings, check.n, check.n_flipped) == ("agree", (), 64, 0)
    assert [step.title for step in check.steps] == ["ONNX Runtime in f32", "OpenVINO in f32"]
    assert [step.cause for step in check.steps] == ["start", "conversion"]
    first, second = check.steps
    assert first.before is None
    assert second.before == second.first
    assert second.before.agreement.value == 1
    assert second.before.max_abs_difference < 1e-4
    assert first.top1.n == 64


def test_accuracy_of_each_step_is_that_of_the_evaluation(workspace, colour_model, colour_dataset):
    check = workspace.check(colour_model, colour_dataset, images="all")
    reports = [workspace.evaluate(colour_model, colour_dataset, engine=name) for name in ("onnxruntime", "openvino")]

    assert [step.top1 for step in check.steps] == [report.summary.top1 for report in reports]
    assert all(report.record.reused_predictions for report in reports)
    assert check.images_rule == "All images of the dataset."


def test_stored_scores_are_taken_instead_of_executing_again(workspace, colour_model, colour_dataset):
    workspace.evaluate(colour_model, colour_dataset)

    check = workspace.check(colour_model, colour_dataset)

    assert [step.reused for step in check.steps] == [False, True]


def test_a_check_of_the_same_things_is_not_made_again(workspace, colour_model, colour_dataset):
    first = workspace.check(colour_model, colour_dataset)

    assert workspace.check(colour_model, colour_dataset).id == first.id
    assert workspace.check(colour_model, colour_dataset, images=63).id != first.id
    assert workspace.check(colour_model, colour_dataset, precision="bf16").id != first.id
    assert workspace.check(colour_model, colour_dataset, fresh=True).id != first.id
    assert workspace.numerics_check(first.id) == first
    assert first in workspace.checks(first.project_id)


def test_bfloat16_is_a_step_of_its_own(workspace, colour_model, colour_dataset):
    check = workspace.check(colour_model, colour_dataset, precision="bf16")

    assert [step.cause for step in check.steps] == ["start", "conversion", "precision"]
    assert check.steps[-1].execution.precision == "bf16"


def test_images_without_annotations_give_agreement_and_no_accuracy(workspace, colour_model, tmp_path):
    folder = write_dataset(tmp_path / "plain", 20)
    (folder / "val.txt").unlink()

    check = workspace.check(colour_model, folder)

    assert check.n == 20
    assert check.steps[0].top1 is None
    assert check.steps[1].before.difference is None


def test_images_that_cannot_be_read_are_counted(workspace, colour_model, tmp_path):
    folder = write_dataset(tmp_path / "some broken", 20)
    (folder / "image_00003.png").write_bytes(b"no image")

    check = workspace.check(colour_model, folder)

    assert (check.n_images, check.n, check.n_failed) == (20, 19, 1)


def test_a_float_model_without_a_reference_has_nothing_to_be_compared_with(workspace, tmp_path, colour_dataset):
    from accubench.models.openvino_runtime import load_openvino

    openvino = load_openvino()
    onnx = write_model(tmp_path / "colours.onnx")
    openvino.save_model(openvino.Core().read_model(onnx), tmp_path / "ir.xml", compress_to_fp16=False)
    steps = {"preprocessing": [{"decode": {"color": "RGB"}}, {"resize": {"size": 8}}], "outputs": {"scores": "logits"}}

    check = workspace.check(tmp_path / "ir.xml", colour_dataset, config=steps)

    assert (check.outcome, check.steps, check.n_images) == ("nothing", (), 0)
    assert "No other engine executes models in format openvino" in check.notes[0]


def test_an_engine_that_is_not_installed_is_named_with_its_command(
    workspace, colour_model, colour_dataset, monkeypatch
):
    monkeypatch.setattr(check_steps, "is_installed", {}.get)

    check = workspace.check(colour_model, colour_dataset)

    assert check.outcome == "nothing"
    assert "pip install 'accubench[onnxruntime]'" in check.notes[0]


def test_a_reference_that_refuses_the_model_is_said_and_the_rest_is_checked(
    workspace, colour_model, colour_dataset, monkeypatch
):
    from accubench.tasks import opening

    def refuse(engine, source, *, threads):
        raise InferenceError("ONNX Runtime cannot run colours.onnx: no such operation.")

    monkeypatch.setattr(opening, "open_reference", refuse)
    check = workspace.check(colour_model, colour_dataset, precision="bf16")

    assert [step.cause for step in check.steps] == ["start", "precision"]
    assert "no such operation" in check.notes[-1]


def test_no_image_is_a_wrong_usage(workspace, colour_model, colour_dataset):
    with pytest.raises(UsageError, match="at least one image"):
        workspace.check(colour_model, colour_dataset, images=0)
    with pytest.raises(CheckNotFoundError):
        workspace.numerics_check("n-000000000-0000")


def checked_in_process(saturating, folder, limit):
    """The check of the saturating model by the command, with OpenVINO limited to some instructions."""
    model, dataset = saturating
    configuration = folder / "configuration.yaml"
    configuration.write_text(
        "preprocessing:\n  - decode: {color: RGB}\n  - resize: {size: 8}\noutputs: {scores: logits}\n"
    )
    command = [sys.executable, "-m", "accubench", "check", str(model), str(dataset), "--config", str(configuration)]
    command += ["--workspace", str(folder / "workspace"), "--json"]
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": limit}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_saturating_kernels_are_found_their_cost_told_and_their_remedy_works(saturating, tmp_path):
    check = checked_in_process(saturating, tmp_path, "AVX2")

    assert check["outcome"] == "differ"
    assert [step["cause"] for step in check["steps"]] == ["start", "integer_kernels"]
    exact, saturated = (step["top1"]["right"] for step in check["steps"])
    assert exact == 64  # all are right without integers
    assert saturated < 50
    (finding,) = check["findings"]
    assert finding["code"] == "numerics-integer_kernels"
    assert "AVX2, which has no VNNI" in finding["message"]
    assert "points (95 % interval" in finding["message"]
    assert "--no-integer-kernels" in finding["remedy"]
    assert check["n_flipped"] == 64 - saturated
    assert {tuple(image["flips"]) for image in check["flipped"]} == {(None, "broken")}
    assert check["processor"] | {"name": ""} == {"name": "", "integer_dot_products": False, "limited_to": "AVX2"}


def test_the_same_model_is_its_own_with_all_instructions_of_a_processor_with_vnni(saturating, tmp_path):
    from accubench.inference import find_processor

    if not find_processor().integer_dot_products:
        pytest.skip("this processor has no VNNI")
    limited = checked_in_process(saturating, tmp_path, "AVX2")
    check = checked_in_process(saturating, tmp_path, "ALL")

    assert (check["outcome"], check["findings"]) == ("agree", [])
    assert check["id"] != limited["id"]  # what was found under a limit does not hold without


def test_a_report_of_a_quantised_model_checks_once_and_says_what_it_found(workspace, saturating, monkeypatch):
    model, dataset = saturating
    monkeypatch.setattr(check_judgement, "matters", bool)  # as if every change mattered

    first = workspace.evaluate(model, dataset, config=CONFIGURATION, check=True)
    again = workspace.evaluate(model, dataset, config=CONFIGURATION, check=True)
    without = workspace.evaluate(model, dataset, config=CONFIGURATION)

    codes = [finding.code for finding in first.record.findings]
    assert "numerics-integer_kernels" in codes
    assert [finding.code for finding in again.record.findings] == codes
    assert "numerics-integer_kernels" not in [finding.code for finding in without.record.findings]
    (check,) = workspace.checks(first.record.project_id)
    assert first.record.check_id == again.record.check_id == check.id
    assert without.record.check_id is None


def test_a_check_that_fails_does_not_fail_the_evaluation(workspace, colour_model, colour_dataset, monkeypatch):
    def fail(*arguments, **options):
        raise RuntimeError("the engine fell over")

    monkeypatch.setattr("accubench.tasks.check_scores.open_classifier", fail)

    report = workspace.evaluate(colour_model, colour_dataset, check=True)

    assert report.summary.n == 150
    (finding,) = [each for each in report.record.findings if each.code == "numerics-not-checked"]
    assert "the engine fell over" in finding.message


def test_a_check_cancelled_at_any_moment_keeps_nothing_of_itself(tmp_path, colour_model, colour_dataset):
    asked, stop_at = 0, 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > stop_at

    with Workspace(tmp_path / "workspace", cancelled=cancelled) as workspace:
        model, dataset = workspace.import_model(colour_model), workspace.import_dataset(colour_dataset)
        while True:
            asked = 0
            try:
                check = workspace.check(model, dataset)
                break
            except Cancelled:
                assert [workspace.checks(each.project.id) for each in workspace.projects()] in ([], [[]])
                stop_at += 1

        assert stop_at >= 4
        assert (check.outcome, check.n, len(check.steps)) == ("agree", 64, 2)


def test_checks_go_with_their_model_and_their_dataset(workspace, colour_model, colour_dataset):
    check = workspace.check(colour_model, colour_dataset)

    workspace.delete_model(check.model_id, with_dependents=True)

    with pytest.raises(CheckNotFoundError):
        workspace.numerics_check(check.id)


@pytest.mark.real_data
def test_the_waterfall_of_a_real_quantised_mobilenet_starts_at_litert(workspace, real_data):
    model = real_data / "models/coral/mobilenet_v1_0.25_128_quant.tflite"

    check = workspace.check(model, real_data / "imagenet-500", images="all")

    assert [step.cause for step in check.steps] == ["start", "conversion", "integer_kernels"]
    assert check.steps[0].top1.right == 224
    assert [step.top1.right for step in check.steps[1:]] == [pytest.approx(224, abs=1), pytest.approx(225, abs=2)]
    assert all(step.before.agreement.value > 0.9 for step in check.steps[1:])
    assert check.findings == ()  # rounding of a network that is unsure is no loss


def test_the_processor_is_read_from_what_linux_tells(tmp_path, monkeypatch):
    from accubench.inference import find_processor

    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    told = tmp_path / "cpuinfo"
    told.write_text("model name\t: Some CPU\nflags\t\t: sse4_1 avx2 avx512_vnni\n")
    assert find_processor(told).model_dump() == {"name": "Some CPU", "integer_dot_products": True, "limited_to": None}
    told.write_text("model name\t: Old CPU\nflags\t\t: sse4_1 avx2\n")
    assert find_processor(told).integer_dot_products is False
    assert find_processor(Path("/no/such/file")).integer_dot_products is None
