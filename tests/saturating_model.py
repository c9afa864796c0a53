"""A quantised classifier whose 8-bit sums saturate on processors without VNNI, and images that show it.

The class of an image is the pair of colour channels with the greatest sum: red and green, red and blue, green and blue.
Kernels without dot products add red and green, which lie side by side, in 16 bits, where bright pixels do not fit.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from accubench.models.openvino_runtime import load_openvino

CONFIGURATION = {
    "preprocessing": [{"decode": {"color": "RGB"}}, {"resize": {"size": 8}}],
    "outputs": {"scores": "logits"},
}


def write_saturating_model(path: Path) -> Path:
    """Write it as OpenVINO IR, quantised as NNCF does it."""
    openvino = load_openvino()
    from openvino import opset13

    def number(value):
        return opset13.constant(np.float32(value))

    image = opset13.parameter([1, 3, 8, 8], np.float32, name="image")
    image.output(0).set_names({"image"})
    pixels = opset13.fake_quantize(image, number(0), number(255), number(0), number(255), 256)
    pairs = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]])
    integers = opset13.constant((127 * pairs)[:, :, np.newaxis, np.newaxis].astype(np.int8))
    weights = opset13.fake_quantize(
        opset13.convert(integers, "f32"), number(-127), number(127), number(-1), number(1), 255
    )
    sums = opset13.convolution(pixels, weights, [1, 1], [0, 0], [0, 0], [1, 1])
    scores = opset13.reduce_mean(sums, opset13.constant(np.array([2, 3])), keep_dims=False)
    scores.output(0).set_names({"scores"})
    openvino.save_model(openvino.Model([opset13.result(scores)], [image], "pairs"), path, compress_to_fp16=False)
    return path


def write_bright_images(folder: Path, n: int) -> Path:
    """Images of one bright colour each, with the right classes in val.txt."""
    folder.mkdir()
    random, lines = np.random.default_rng(0), []
    for row in range(n):
        red, green, blue = (int(value) for value in random.integers(120, 256, 3))
        Image.new("RGB", (8, 8), (red, green, blue)).save(folder / f"image_{row:03d}.png")
        lines.append(f"image_{row:03d}.png {np.argmax([red + green, red + blue, green + blue])}")
    (folder / "val.txt").write_text("\n".join(lines) + "\n")
    return folder
