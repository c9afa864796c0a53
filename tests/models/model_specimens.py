"""Tiny classifiers in every format, made by each format's own writer, for the tests of this folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch_specimens import SIZE, write_torch_export, write_torchscript

from accubench.models import LoadedModel
from accubench.models.openvino_runtime import load_openvino

FIXTURES = Path(__file__).parent / "fixtures"
SIDE, CHANNELS, CLASSES = 8, 3, 5


@dataclass(frozen=True)
class Specimen:
    """A model on disk and what must be said of it."""

    format: str
    main: str
    make: Callable[[Path], None]
    """Writes the model's files into a folder."""
    layout: str = "NCHW"
    dtype: str = "float32"
    damaged: str = ""
    """The file that tests truncate; the main file where empty."""
    needs_torch: bool = False


def convolution_weights() -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 0.05, (4, CHANNELS, 3, 3)).astype(np.float32)


def class_weights(classes: int = CLASSES) -> NDArray[np.float32]:
    return np.random.default_rng(2).normal(0, 1, (4, classes)).astype(np.float32)


def write_onnx(
    folder: Path,
    *,
    name: str = "tiny.onnx",
    head: Sequence[onnx.NodeProto] | None = None,
    shape: Sequence[int | str] = ("batch", CHANNELS, SIDE, SIDE),
    outputs: Sequence[tuple[str, int, Sequence[int | str]]] = (("scores", TensorProto.FLOAT, ("batch", CLASSES)),),
    metadata: dict[str, str] | None = None,
    first: Sequence[onnx.NodeProto] = (),
    constants: dict[str, NDArray[np.generic]] | None = None,
    input_type: int = TensorProto.FLOAT,
    classes: int = CLASSES,
    external: bool = False,
) -> Path:
    """A convolution, a global average and a matrix product; `first` turns ``image`` into ``pixels``, `head` ends it.

    `head` may use ``logits`` [batch, classes], and ends in ``scores``; the default is a softmax.
    """
    weights = {"conv_weights": convolution_weights()[:, : int(shape[1])] if isinstance(shape[1], int) else None}
    weights |= {"class_weights": class_weights(classes), **(constants or {})}
    nodes = [
        *first,
        helper.make_node("Conv", ["pixels" if first else "image", "conv_weights"], ["features"], strides=[2, 2]),
        helper.make_node("Relu", ["features"], ["active"]),
        helper.make_node("GlobalAveragePool", ["active"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "class_weights"], ["logits"]),
        *(head if head is not None else [helper.make_node("Softmax", ["logits"], ["scores"], axis=1)]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", input_type, shape)],
        [helper.make_tensor_value_info(*output) for output in outputs],
        [numpy_helper.from_array(value, key) for key, value in weights.items() if value is not None],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in (metadata or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    path = folder / name
    if external:
        location = f"{name}.data"
        onnx.save_model(model, path, save_as_external_data=True, location=location, size_threshold=0)
    else:
        onnx.save_model(model, path)
    return path


def write_ir(folder: Path, *, name: str = "tiny.xml", model_info: dict[str, str] | None = None) -> Path:
    """The network of `write_onnx` as OpenVINO IR, version 11."""
    openvino = load_openvino()
    (folder / "source").mkdir()
    model = openvino.Core().read_model(write_onnx(folder / "source"))
    shutil.rmtree(folder / "source")
    for key, value in (model_info or {}).items():
        model.set_rt_info(value, ["model_info", key])
    openvino.save_model(model, folder / name, compress_to_fp16=False)
    return folder / name


def write_ir_v10(folder: Path) -> Path:
    """A flatten, a matrix product and a softmax as OpenVINO IR, version 10, which no current tool writes."""
    weights = np.random.default_rng(3).normal(0, 0.01, (CHANNELS * SIDE * SIDE, CLASSES)).astype(np.float32)
    shape = np.array([1, CHANNELS * SIDE * SIDE], np.int64)
    (folder / "old.bin").write_bytes(shape.tobytes() + weights.tobytes())
    flat, rows = CHANNELS * SIDE * SIDE, weights.nbytes
    (folder / "old.xml").write_text(f"""<?xml version="1.0"?>
<net name="old" version="10"><layers>
<layer id="0" name="image" type="Parameter" version="opset1">
  <data element_type="f32" shape="1,{CHANNELS},{SIDE},{SIDE}"/>
  <output><port id="0" precision="FP32">{_dims(1, CHANNELS, SIDE, SIDE)}</port></output></layer>
<layer id="1" name="shape" type="Const" version="opset1"><data element_type="i64" offset="0" shape="2" size="16"/>
  <output><port id="0" precision="I64">{_dims(2)}</port></output></layer>
<layer id="2" name="flat" type="Reshape" version="opset1"><data special_zero="true"/>
  <input><port id="0">{_dims(1, CHANNELS, SIDE, SIDE)}</port><port id="1">{_dims(2)}</port></input>
  <output><port id="2" precision="FP32">{_dims(1, flat)}</port></output></layer>
<layer id="3" name="weights" type="Const" version="opset1">
  <data element_type="f32" offset="16" shape="{flat},{CLASSES}" size="{rows}"/>
  <output><port id="0" precision="FP32">{_dims(flat, CLASSES)}</port></output></layer>
<layer id="4" name="logits" type="MatMul" version="opset1"><data transpose_a="false" transpose_b="false"/>
  <input><port id="0">{_dims(1, flat)}</port><port id="1">{_dims(flat, CLASSES)}</port></input>
  <output><port id="2" precision="FP32">{_dims(1, CLASSES)}</port></output></layer>
<layer id="5" name="scores" type="SoftMax" version="opset1"><data axis="1"/>
  <input><port id="0">{_dims(1, CLASSES)}</port></input>
  <output><port id="1" precision="FP32">{_dims(1, CLASSES)}</port></output></layer>
<layer id="6" name="scores/sink" type="Result" version="opset1"><input><port id="0">{_dims(1, CLASSES)}</port></input>
</layer></layers><edges>
{_edges("0:0-2:0", "1:0-2:1", "2:2-4:0", "3:0-4:1", "4:2-5:0", "5:1-6:0")}
</edges></net>""")
    return folder / "old.xml"


def write_caffe(folder: Path, *, network: str = "deploy.prototxt", weights: str = "tiny.caffemodel") -> None:
    """A convolution, a global average and a softmax as a Caffe pair."""
    values = np.random.default_rng(4).normal(0, 0.05, (CLASSES, CHANNELS, 3, 3)).astype(np.float32)
    (folder / network).write_text(f"""name: "tiny"
input: "data" input_shape {{ dim: 1 dim: {CHANNELS} dim: {SIDE} dim: {SIDE} }}
layer {{ name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param {{ num_output: {CLASSES} kernel_size: 3 bias_term: false }} }}
layer {{ name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param {{ pool: AVE global_pooling: true }} }}
layer {{ name: "prob" type: "Softmax" bottom: "pool" top: "prob" }}
""")
    dimensions = _field(1, b"".join(_varint(size) for size in values.shape))
    blob = _field(5, values.tobytes()) + _field(7, dimensions)
    layer = _field(1, b"conv") + _field(2, b"Convolution") + _field(7, blob)
    (folder / weights).write_bytes(_field(1, b"tiny") + _field(100, layer))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def _dims(*sizes: int) -> str:
    return "".join(f"<dim>{size}</dim>" for size in sizes)


def _edges(*edges: str) -> str:
    pattern = r"(\d):(\d)-(\d):(\d)"
    edge = r'<edge from-layer="\1" from-port="\2" to-layer="\3" to-port="\4"/>'
    return "".join(re.sub(pattern, edge, one) for one in edges)


def _copy(name: str) -> Callable[[Path], None]:
    return lambda folder: shutil.copy(FIXTURES / name, folder)


def unpacked(name: str) -> Callable[[Path], None]:
    """Unpacks a SavedModel of the fixtures."""
    return lambda folder: shutil.unpack_archive(FIXTURES / f"{name}.zip", folder)


SPECIMENS = {
    "ir_v11": Specimen("openvino", "tiny.xml", write_ir),
    "ir_v10": Specimen("openvino", "old.xml", write_ir_v10),
    "onnx": Specimen("onnx", "tiny.onnx", write_onnx),
    "onnx_external": Specimen("onnx", "tiny.onnx", lambda folder: write_onnx(folder, external=True)),
    "tflite_float": Specimen("tflite", "tiny_float.tflite", _copy("tiny_float.tflite"), layout="NHWC"),
    "tflite_uint8": Specimen("tflite", "tiny_uint8.tflite", _copy("tiny_uint8.tflite"), layout="NHWC", dtype="uint8"),
    "torch_export": Specimen(
        "torch-export", "tiny.pt2", lambda folder: write_torch_export(folder / "tiny.pt2"), needs_torch=True
    ),
    "torchscript": Specimen(
        "torchscript",
        "tiny.pt",
        lambda folder: write_torchscript(folder / "tiny.pt", extra_files=SIZE),
        needs_torch=True,
    ),
    "savedmodel_keras": Specimen("savedmodel", "saved_model.pb", unpacked("keras_export"), layout="NHWC"),
    "savedmodel_saved": Specimen("savedmodel", "saved_model.pb", unpacked("keras_saved"), layout="NHWC"),
    "caffe": Specimen("caffe", "deploy.prototxt", write_caffe, damaged="tiny.caffemodel"),
}


def scores_of(loaded: LoadedModel, seed: int = 0) -> NDArray[np.generic]:
    """The scores that OpenVINO gives for one random image."""
    image = loaded.description.input
    pixels = np.random.default_rng(seed).integers(0, 256, image.shape).astype(image.dtype)
    compiled = load_openvino().Core().compile_model(loaded.model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled(pixels)[loaded.description.scores_output]
