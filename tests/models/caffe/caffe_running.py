"""Imports and runs Caffe networks the way tests need it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from caffe_writer import Array, NetworkWriter, caffemodel_bytes
from numpy.typing import ArrayLike

from accubench.models.caffe import import_caffe
from accubench.models.openvino_runtime import load_openvino


def infer(model: Any, *inputs: Array) -> Array:
    """The first output of a model, computed in float32 also on processors that prefer bfloat16."""
    compiled = load_openvino().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled(list(inputs))[0])


def run(network: NetworkWriter, folder: Path, *inputs: Array) -> Array:
    """Write, import and infer a network."""
    return infer(import_caffe(*network.write(folder)), *inputs)


def import_text(folder: Path, text: str, blobs: dict[str, list[ArrayLike]] | None = None, **written: Any) -> Any:
    """Import a network given as text, with its weights by layer name."""
    prototxt, caffemodel = folder / "net.prototxt", folder / "net.caffemodel"
    prototxt.write_text(text)
    arrays = {name: [np.asarray(blob, np.float32) for blob in group] for name, group in (blobs or {"x": []}).items()}
    caffemodel.write_bytes(caffemodel_bytes(arrays, **written))
    return import_caffe(prototxt, caffemodel)
