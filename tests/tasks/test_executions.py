"""The same model executed otherwise: other scores, kept apart; what was stored before that was a choice is valid."""

from pathlib import Path

import numpy as np
import pytest
from drawn_reports import make_report, make_table

from accubench import Workspace
from accubench.errors import UsageError
from accubench.records.execution import Execution
from accubench.records.job_arguments import EvaluateArguments
from accubench.records.report import Report
from accubench.tasks import predict
from accubench.tasks.predict import PredictionsWanted, predictions_key


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


def test_an_engine_gives_the_same_report_from_scores_of_its_own(workspace, colour_model, colour_dataset):
    ours = workspace.evaluate(colour_model, colour_dataset)
    theirs = workspace.evaluate(colour_model, colour_dataset, engine="onnxruntime")

    assert ours.record.predictions_id != theirs.record.predictions_id
    assert ours.images["predicted_class"].to_list() == theirs.images["predicted_class"].to_list()
    np.testing.assert_allclose(ours.scores(), theirs.scores(), rtol=1e-6)
    assert (ours.record.execution_text, theirs.record.execution_text) == ("OpenVINO in f32", "ONNX Runtime in f32")
    assert "onnxruntime" in theirs.record.versions
    assert "onnxruntime" not in ours.record.versions


def test_scores_of_every_execution_are_reused_by_the_same_one_only(workspace, colour_model, colour_dataset):
    executions = ({}, {"engine": "onnxruntime"}, {"integer_kernels": False}, {"precision": "default"})

    first = [workspace.evaluate(colour_model, colour_dataset, **each).record for each in executions]
    again = [workspace.evaluate(colour_model, colour_dataset, **each).record for each in executions]

    assert len({report.predictions_id for report in first}) == len(executions)
    assert [report.predictions_id for report in again] == [report.predictions_id for report in first]
    assert all(report.reused_predictions for report in again)
    assert [report.integer_kernels for report in again] == [True, True, False, True]


def test_an_execution_that_cannot_be_is_refused_before_anything_is_made(workspace, colour_model, colour_dataset):
    with pytest.raises(UsageError, match="LiteRT runs models in TensorFlow Lite format"):
        workspace.evaluate(colour_model, colour_dataset, engine="litert")

    assert not workspace.projects()


def test_two_models_are_compared_as_the_engine_executes_them(workspace, colour_model, colour_dataset):
    report = workspace.compare(colour_model, colour_model, colour_dataset, engine="onnxruntime", speed_seconds=0.05)

    assert report.record.optimised.engine == report.record.parent.engine == "onnxruntime"
    assert report.record.speed is not None
    assert "onnxruntime" in report.record.versions


def test_the_key_of_a_usual_execution_says_nothing_of_engines_and_kernels(
    monkeypatch, workspace, colour_model, colour_dataset
):
    """So that scores stored before there was a choice are found."""
    report = workspace.evaluate(colour_model, colour_dataset)
    wanted = PredictionsWanted(
        model=workspace.model(colour_model),
        dataset=workspace.dataset(colour_dataset),
        manifest=None,
        target=report.record.target,
        configuration=report.record.configuration.configuration,
    )

    monkeypatch.setattr(predict, "content_hash", lambda content: content)
    parts = {
        "device", "engine", "images", "input_size", "libraries", "model", "output", "precision", "preprocessing"
    }  # fmt: skip
    assert set(predictions_key(wanted)) == parts
    assert predictions_key(wanted)["engine"].startswith("openvino ")


def test_reports_and_jobs_of_before_are_read_as_the_usual_execution():
    document = make_report(make_table()).model_dump(mode="json")
    for name in ("engine", "integer_kernels"):
        del document[name]

    assert Report.model_validate(document).execution_text == "OpenVINO in f32"
    queued = EvaluateArguments.model_validate({"project_id": "p", "precision": "bf16"})
    assert queued.execution == Execution(precision="bf16")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "of_openvino", "of_litert"),
    [
        ("mobilenet_v2_1.0_224_quant", (437, 486), (435, 486)),
        ("mobilenet_v1_0.25_128_quant", (224, 350), (224, 351)),
    ],
)
def test_quantised_mobilenets_are_as_right_in_litert_as_in_openvino_without_integer_kernels(
    workspace, real_data, name, of_openvino, of_litert
):
    """LiteRT's integers do not depend on the processor, so its counts are exact."""
    model, dataset = real_data / "models/coral" / f"{name}.tflite", real_data / "imagenet-500"

    lite = workspace.evaluate(model, dataset, engine="litert")
    ours = workspace.evaluate(model, dataset, integer_kernels=False)

    assert [top.right for top in lite.summary.top_k] == list(of_litert)
    assert [top.right for top in ours.summary.top_k] == [pytest.approx(right, abs=1) for right in of_openvino]


@pytest.mark.real_data
def test_caffe_and_onnx_in_openvino_and_onnx_in_onnx_runtime_give_the_same_class_on_500_real_images(
    workspace, real_data
):
    folder, dataset = real_data / "models/squeezenet1.1", real_data / "imagenet-500"
    config = Path(__file__).parents[2] / "docs" / "examples" / "tutorial.yaml"
    reports = [
        workspace.evaluate(folder / "squeezenet_v1.1.prototxt", dataset, config=config),
        workspace.evaluate(folder / "squeezenet1.1.onnx", dataset, config=config),
        workspace.evaluate(folder / "squeezenet1.1.onnx", dataset, config=config, engine="onnxruntime"),
    ]

    for report in reports:
        assert [top.right for top in report.summary.top_k] == [335, 431]
        assert report.images["predicted_class"].to_list() == reports[0].images["predicted_class"].to_list()
        np.testing.assert_allclose(report.scores(), reports[0].scores(), atol=1e-5)
