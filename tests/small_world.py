"""A classifier that can be checked by hand, and images for it.

The model averages each colour channel of an 8 x 8 image and gives the three means as logits: the class of an image is
its strongest colour.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

CLASSES = ("red", "green", "blue")
_METADATA = {
    "labels": json.dumps(CLASSES),
    "color": "RGB",
    "mean": "[0, 0, 0]",
    "scale": "[255, 255, 255]",
    "resize_mode": "stretch",
    "resize_size": "8",
    "resize_library": "opencv",
    "interpolation": "area",
}


def metadata_of(*labels: str) -> dict[str, str]:
    """What the model says of itself, with other labels, or none."""
    return {**{key: value for key, value in _METADATA.items() if key != "labels"}, **_labelled(labels)}


def _labelled(labels: tuple[str, ...]) -> dict[str, str]:
    return {"labels": json.dumps(labels)} if labels else {}


def write_model(
    path: Path,
    *,
    metadata: dict[str, str] | None = None,
    softmax: bool = False,
    gain: float = 20,
    weights_ck: np.ndarray | None = None,
    features: bool = False,
) -> Path:
    """Write the classifier as ONNX; logits are channel means times `gain`.

    `weights_ck` (shape channels x classes) takes the place of the gain; with `features` the image at half its
    size is a second output.
    """
    if weights_ck is None:
        weights_ck = np.eye(3) * np.float32(gain)
    n_classes = weights_ck.shape[1]
    weights = numpy_helper.from_array(weights_ck.astype(np.float32), "weights")
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"], name="pool"),
        helper.make_node("Flatten", ["pooled"], ["flat"], name="flatten"),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"], name="classify"),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["logits"], ["scores"], name="prob", axis=1))
    outputs = [helper.make_tensor_value_info("scores" if softmax else "logits", TensorProto.FLOAT, ["N", n_classes])]
    if features:
        halving = {"kernel_shape": [2, 2], "strides": [2, 2]}
        nodes.append(helper.make_node("AveragePool", ["image"], ["features"], name="halve", **halving))
        outputs.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", 3, 4, 4]))
    graph = helper.make_graph(
        nodes,
        "strongest-colour",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 8, 8])],
        outputs,
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, _METADATA if metadata is None else metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


def pixels_of(row: int) -> tuple[int, int, int]:
    """The colour of image `row`: strongest in channel row % 3, by a margin that varies."""
    colour = [40 + (row * 7) % 50, 30 + (row * 11) % 50, 20 + (row * 13) % 50]
    colour[row % 3] = 120 + (row * 17) % 130
    return colour[0], colour[1], colour[2]


def write_dataset(folder: Path, n: int = 30, *, wrong: int = 0) -> Path:
    """Write `n` images with a val.txt; the first `wrong` of them carry a wrong class."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for row in range(n):
        name = f"image_{row:05d}.png"
        Image.new("RGB", (8 + row % 5, 8 + row % 3), pixels_of(row)).save(folder / name)
        annotated = (row + 1) % 3 if row < wrong else row % 3
        lines.append(f"{name} {annotated}")
    (folder / "val.txt").write_text("\n".join(lines) + "\n")
    return folder


def expected_logits(row: int, gain: float = 20) -> np.ndarray:
    """What the model must give for image `row`, computed without it."""
    return np.array(pixels_of(row), np.float32) / 255 * gain
