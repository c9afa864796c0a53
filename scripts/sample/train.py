"""Train the sample model on a separate draw and export it to ONNX: `python scripts/sample/train.py`.

Needs PyTorch and onnx in an environment of its own; `make.py` prepares one.
The model is a plain stack of convolutions for 64 x 64 pixels, small on purpose:
it shall make mistakes worth looking at.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import onnx
import PIL
import torch
from draw import CLASS_NAMES, SAMPLE, scenes, training_pictures
from PIL import Image
from torch import nn

RESIZE, INPUT = 72, 64
"""Pixels of the shorter side after the resize, and of the square that is cut out of its centre."""
MEAN, SCALE = (128.0, 132.0, 130.0), (64.0, 60.0, 62.0)
"""Red, green, blue; about the mean and the standard deviation of the training draw."""
OPSET = 17


class SampleNet(nn.Sequential):
    """Six 3 x 3 convolutions, global average pooling and one linear layer that gives logits."""

    def __init__(self, classes: int) -> None:
        layers: list[nn.Module] = []
        channels = 3
        for width, stride in ((16, 2), (24, 1), (32, 2), (48, 1), (64, 2), (72, 1)):
            layers += [nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(channels, classes))


def prepared(image: Image.Image) -> np.ndarray:
    """Resize the shorter side to 72 with Pillow and cut out the centre as torchvision does; uint8 of (64, 64, 3)."""
    width, height = image.size
    shorter = min(width, height)
    size = (RESIZE * width // shorter, RESIZE * height // shorter)
    pixels = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BILINEAR))
    top, left = (round((side - INPUT) / 2) for side in pixels.shape[:2])
    return pixels[top : top + INPUT, left : left + INPUT]


def normalized(pixels_nhwc: torch.Tensor) -> torch.Tensor:
    """(pixel - mean) / scale in float32, NCHW."""
    images = pixels_nhwc.permute(0, 3, 1, 2).float()
    return (images - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(SCALE).view(1, 3, 1, 1)


def training_set(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw the training pictures at 72 x 72 pixels: uint8 NHWC, and class ids."""
    drawn = [
        (np.asarray(image.resize((RESIZE, RESIZE), Image.Resampling.BILINEAR)), class_id)
        for image, class_id in training_pictures(count, size=(120, 120))
    ]
    pixels = torch.from_numpy(np.stack([pixels for pixels, _ in drawn]))
    return pixels, torch.tensor([class_id for _, class_id in drawn])


def train(model: nn.Module, pixels: torch.Tensor, classes: torch.Tensor, *, epochs: int, seed: int) -> None:
    """Train with random crops and mirror images, Adam, and a learning rate that falls to zero."""
    dice = torch.Generator().manual_seed(seed)
    batch = 64
    steps = epochs * math.ceil(len(classes) / batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=6e-3, total_steps=steps)
    model.train()
    for epoch in range(epochs):
        started, total_loss = time.perf_counter(), 0.0
        for rows in torch.randperm(len(classes), generator=dice).split(batch):
            top, left, mirrored = (int(torch.randint(bound, (), generator=dice)) for bound in (9, 9, 2))
            images = normalized(pixels[rows, top : top + INPUT, left : left + INPUT])
            loss = nn.functional.cross_entropy(model(images.flip(3) if mirrored else images), classes[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total_loss += loss.item() * len(rows)
        seconds = time.perf_counter() - started
        print(f"epoch {epoch + 1}/{epochs}: loss {total_loss / len(classes):.4f}, {seconds:.1f} s", flush=True)


def right_answers(model: nn.Module, dataset: Path) -> tuple[int, int, np.ndarray]:
    """Right and evaluated images of the dataset, and the confusion matrix (annotated x predicted)."""
    confusion = np.zeros((len(CLASS_NAMES), len(CLASS_NAMES)), dtype=int)
    model.eval()
    for scene in scenes():
        try:
            with Image.open(dataset / "images" / scene.name) as image:
                pixels = prepared(image)
        except OSError:
            continue
        with torch.no_grad():
            scores = model(normalized(torch.from_numpy(pixels.copy())[None]))
        confusion[scene.class_id, int(scores.argmax())] += 1
    return int(confusion.trace()), int(confusion.sum()), confusion


def export(model: nn.Module, path: Path) -> int:
    """Write the model with dynamic batch; its metadata tells how images are prepared and what the classes are called.

    Returns:
        The number of weights after batch normalisation was folded into the convolutions.
    """
    with warnings.catch_warnings():
        # The exporter that traces gives the plainest graph: convolutions with folded batch normalisation.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            copy.deepcopy(model).eval(),
            (torch.zeros(1, 3, INPUT, INPUT),),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
        )
    document = onnx.load(path)
    metadata = {
        "labels": json.dumps(CLASS_NAMES),
        "color": "RGB",
        "mean": json.dumps(MEAN),
        "scale": json.dumps(SCALE),
        "input_size": json.dumps([INPUT, INPUT]),
        "resize_mode": "shorter_side",
        "resize_size": str(RESIZE),
        "resize_library": "pillow",
        "interpolation": "bilinear",
        "license": "Apache-2.0",
    }
    onnx.helper.set_model_props(document, metadata)
    document.doc_string = "The sample classifier of AccuBench, trained on drawn pictures."
    onnx.checker.check_model(document, full_check=True)
    onnx.save(document, path)
    return sum(math.prod(weights.dims) for weights in document.graph.initializer)


def main() -> None:
    """Train, export and record what came out."""
    parser = argparse.ArgumentParser(description="Train the sample model.")
    parser.add_argument("--folder", type=Path, default=SAMPLE, help="holds `dataset`; the model is written into it")
    parser.add_argument("--pictures", type=int, default=4800)
    parser.add_argument("--epochs", type=int, default=16)
    arguments = parser.parse_args()
    torch.manual_seed(20)
    torch.set_num_threads(1)  # sums in the same order on every run
    torch.use_deterministic_algorithms(mode=True)
    model = SampleNet(len(CLASS_NAMES))
    pixels, classes = training_set(arguments.pictures)
    print(f"{len(classes)} pictures, mean {pixels.float().mean((0, 1, 2))}, deviation {pixels.float().std((0, 1, 2))}")
    train(model, pixels, classes, epochs=arguments.epochs, seed=20)
    right, evaluated, confusion = right_answers(model, arguments.folder / "dataset")
    record = {
        "right": right,
        "evaluated": evaluated,
        "top1": round(right / evaluated, 4),
        "parameters": export(model, arguments.folder / "model.onnx"),
        "training_pictures": arguments.pictures,
        "epochs": arguments.epochs,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "torch": torch.__version__.split("+")[0],
        "onnx": onnx.__version__,
    }
    (arguments.folder / "made_with.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record))
    pairs = [
        (confusion[i, j], CLASS_NAMES[i], CLASS_NAMES[j]) for i, j in zip(*np.nonzero(confusion), strict=True) if i != j
    ]
    for count, annotated, predicted in sorted(pairs, reverse=True)[:12]:
        print(f"{count:3} {annotated} taken for {predicted}")


if __name__ == "__main__":
    main()
