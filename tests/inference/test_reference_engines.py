"""Reference engines give the scores that OpenVINO gives, for every kind of input a model can have."""

import threading
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from model_specimens import SIDE, write_onnx
from onnx import TensorProto, helper

from accubench.errors import EngineMissingError, InferenceError, UsageError
from accubench.inference import (
    ModelSource,
    NetworkSource,
    OpenVINOClassifier,
    check_execution,
    engine_name,
    library_versions,
    open_reference,
)
from accubench.models import load_model
from accubench.records.execution import Execution

FIXTURES = Path(__file__).parents[1] / "models" / "fixtures"
SIZE = (SIDE, SIDE)


def onnx_with(folder, **changes):
    return write_onnx(folder, **changes)


def fixed_batch(folder):
    return write_onnx(folder, shape=(4, 3, SIDE, SIDE), outputs=[("scores", TensorProto.FLOAT, (4, 5))])


def half_precision_input(folder):
    first = [helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT)]
    return write_onnx(folder, first=first, input_type=TensorProto.FLOAT16)


def of_bytes(folder):
    first = [helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT)]
    return write_onnx(folder, first=first, input_type=TensorProto.UINT8)


def with_unnamed_shapes(folder):
    return write_onnx(folder, shape=("batch", 3, "height", "width"))


def two_outputs(folder):
    outputs = [("logits", TensorProto.FLOAT, ("batch", 5)), ("scores", TensorProto.FLOAT, ("batch", 5))]
    return write_onnx(folder, outputs=outputs)


ONNX_MODELS = {
    "dynamic batch": onnx_with,
    "fixed batch of 4": fixed_batch,
    "open height and width": with_unnamed_shapes,
    "weights in another file": partial(onnx_with, external=True),
    "float16 input": half_precision_input,
    "uint8 input": of_bytes,
    "two outputs": two_outputs,
}


def sources_of(path, size_hw=None):
    """The same model for OpenVINO and for the engine of its format."""
    scores_output = "scores" if path.suffix == ".onnx" else None
    loaded = partial(load_model, path, input_size_hw=size_hw, scores_output=scores_output)
    description = loaded().description
    image = description.input
    shape = (*(image.size_hw or size_hw), image.channels)
    dtype = np.dtype(image.dtype if image.dtype in {"uint8", "int8"} else "float32")
    network = NetworkSource(
        load=lambda: loaded().model,
        identity=str(path),
        size_bytes=path.stat().st_size,
        layout=image.layout,
        scores_output=description.scores_output,
        shape_hwc=shape,
        dtype=dtype,
    )
    file = ModelSource(
        path=path,
        model_input=image,
        output_names=tuple(output.name for output in description.outputs),
        scores_output=description.scores_output,
        shape_hwc=shape,
        dtype=dtype,
    )
    return network, file


def images_for(source, n=12):
    pixels = np.random.default_rng(5).integers(0, 256, (n, *source.shape_hwc))
    return (pixels if source.dtype.kind != "f" else pixels / 255).astype(source.dtype)


def scores_of_threads(classifier, images, threads=4):
    results = {}

    def infer(start):
        for row in range(start, len(images), threads):
            results[row] = classifier.scores(images[row])

    workers = [threading.Thread(target=infer, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return np.stack([results[row] for row in range(len(images))])


@pytest.mark.parametrize("kind", ONNX_MODELS)
def test_onnx_runtime_and_openvino_give_the_same_scores(tmp_path, kind):
    network, file = sources_of(ONNX_MODELS[kind](tmp_path), SIZE)
    images = images_for(file)

    with OpenVINOClassifier(network) as ours, open_reference("onnxruntime", file, threads=4) as reference:
        expected, scores = scores_of_threads(ours, images), scores_of_threads(reference, images)

    assert (reference.score_columns, reference.score_dtype) == (ours.score_columns, ours.score_dtype)
    assert np.ptp(expected, axis=0).max() > 1e-3  # not the same scores for every image
    np.testing.assert_allclose(scores, expected, atol=1e-5)


@pytest.mark.parametrize(("file", "tolerance"), [("tiny_float.tflite", 1e-5), ("tiny_uint8.tflite", 2)])
def test_litert_and_openvino_give_the_same_scores(file, tolerance):
    """Integers may differ by a step or two: OpenVINO rounds at other places."""
    network, source = sources_of(FIXTURES / file)
    images = images_for(source)

    execution = Execution(integer_kernels=False)
    with OpenVINOClassifier(network, execution=execution) as ours, open_reference("litert", source, threads=4) as lite:
        expected, scores = scores_of_threads(ours, images), scores_of_threads(lite, images)

    assert scores.dtype == expected.dtype
    assert np.ptp(expected.astype(float), axis=0).max() > 10 * min(tolerance, 1e-3)
    np.testing.assert_allclose(scores.astype(float), expected.astype(float), atol=tolerance)


@pytest.mark.parametrize("engine", ["onnxruntime", "litert"])
def test_scores_do_not_depend_on_the_thread_or_on_what_else_is_under_way(tmp_path, engine):
    path = write_onnx(tmp_path) if engine == "onnxruntime" else FIXTURES / "tiny_float.tflite"
    _, source = sources_of(path)
    images = images_for(source, 40)

    with open_reference(engine, source, threads=4) as classifier:
        together, alone = scores_of_threads(classifier, images), scores_of_threads(classifier, images, threads=1)

    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize(
    ("engine", "model", "execution", "device", "said"),
    [
        ("onnxruntime", "tflite", {}, "CPU", "ONNX Runtime runs models in ONNX format"),
        ("litert", "caffe", {}, "CPU", "LiteRT runs models in TensorFlow Lite format"),
        ("litert", "tflite", {}, "GPU", "on the CPU only"),
        ("onnxruntime", "onnx", {"precision": "bf16"}, "CPU", "options of OpenVINO"),
        ("onnxruntime", "onnx", {"integer_kernels": False}, "CPU", "options of OpenVINO"),
    ],
)
def test_what_an_engine_cannot_do_is_refused_with_what_to_leave_away(engine, model, execution, device, said):
    with pytest.raises(UsageError, match=said) as refused:
        check_execution(Execution(engine=engine, **execution), model, device)

    assert "Leave --" in str(refused.value)


@pytest.mark.parametrize("engine", ["onnxruntime", "litert"])
def test_an_engine_that_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch, engine):
    from importlib.metadata import PackageNotFoundError

    def version(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("accubench.inference.engines.version", version)
    model_format = "onnx" if engine == "onnxruntime" else "tflite"
    for ask in (partial(engine_name, engine), partial(check_execution, Execution(engine=engine), model_format, "CPU")):
        with pytest.raises(EngineMissingError, match=rf"pip install 'accubench\[{engine}\]'"):
            ask()


def test_an_engine_that_cannot_be_loaded_is_told_as_one_that_is_missing(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    _, source = sources_of(write_onnx(tmp_path))

    with pytest.raises(EngineMissingError, match="cannot be loaded"):
        open_reference("onnxruntime", source, threads=1)


@pytest.mark.parametrize(("engine", "title"), [("onnxruntime", "ONNX Runtime"), ("litert", "LiteRT")])
def test_a_model_that_the_engine_refuses_is_a_clear_error(tmp_path, engine, title):
    from dataclasses import replace

    _, source = sources_of(write_onnx(tmp_path))
    broken = tmp_path / "broken model.bin"
    broken.write_bytes(b"nothing of the kind")

    with pytest.raises(InferenceError, match=f"{title} cannot run broken model.bin"):
        open_reference(engine, replace(source, path=broken), threads=1)


def test_an_operation_that_only_openvino_has_is_a_clear_error(tmp_path):
    path = write_onnx(tmp_path)
    _, source = sources_of(path)
    model = onnx.load(path)
    model.graph.node[0].op_type = "NoSuchOperation"
    onnx.save(model, path)

    with pytest.raises(InferenceError, match=r"ONNX Runtime cannot run tiny\.onnx"):
        open_reference("onnxruntime", source, threads=1)


def test_versions_hold_the_engine_that_executed():
    assert "onnxruntime" in library_versions("onnxruntime")
    assert "onnxruntime" not in library_versions("openvino")
    assert library_versions("openvino") == library_versions()
