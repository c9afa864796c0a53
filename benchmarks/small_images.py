"""Whether the small images of CIFAR and IDX files are evaluated as quickly as the same images in files of their own.

    python benchmarks/small_images.py DATA [--rounds 7] [--images 10000]

DATA holds models as in the development data. Random pixels of 32 x 32 are written as PNG and PPM files with a list, as
CIFAR-10 in both versions, and, grey, as PNG files and as IDX plain and compressed. Each round evaluates every form
once, in a process of its own and in another order, so that a machine whose speed drifts moves all figures alike.
Printed are medians with their spread; the ratio is to the PNG files of the same pixels in the same round.
"""

from __future__ import annotations

import argparse
import gzip
import pickle
import random
import struct
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from packed_images import spread
from PIL import Image

from accubench import Workspace

MODEL = "mlperf_tiny/resnet8_cifar10_float.tflite"
CONFIGURATION = {"preprocessing": [{"decode": {"color": "RGB"}}, {"resize": {"size": 32}}]}
CLASSES = 10

Pixels = NDArray[np.uint8]
"""Shape (images, 32, 32, 3)."""


def write_files(place: Path, pixels: Pixels, labels: Sequence[int], *, suffix: str, grey: bool = False) -> None:
    """Files of their own, with a list."""
    for number, image in enumerate(pixels):
        Image.fromarray(image[:, :, 0] if grey else image).save(place / f"{number:05d}.{suffix}")
    (place / "val.txt").write_text("".join(f"{number:05d}.{suffix} {label}\n" for number, label in enumerate(labels)))


def planes(pixels: Pixels) -> Pixels:
    """Red, green and blue of each image as a row, shape (images, 3072)."""
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).reshape(len(pixels), -1)


def write_cifar_binary(place: Path, pixels: Pixels, labels: Sequence[int]) -> None:
    """CIFAR-10's binary version."""
    classes = np.asarray(labels, np.uint8)[:, None]
    (place / "test_batch.bin").write_bytes(np.hstack([classes, planes(pixels)]).tobytes())


def write_cifar_python(place: Path, pixels: Pixels, labels: Sequence[int]) -> None:
    """CIFAR-10's Python version."""
    table = {b"data": planes(pixels), b"labels": list(labels)}
    (place / "test_batch").write_bytes(pickle.dumps(table, 4))


def write_idx(place: Path, pixels: Pixels, labels: Sequence[int], *, end: str = "") -> None:
    """Grey images as MNIST has them."""
    pack = gzip.compress if end else bytes
    head = struct.pack(">4B3I", 0, 0, 8, 3, *pixels.shape[:3])
    (place / f"t10k-images-idx3-ubyte{end}").write_bytes(pack(head + pixels[:, :, :, 0].tobytes()))
    classes = struct.pack(">4BI", 0, 0, 8, 1, len(labels)) + bytes(labels)
    (place / f"t10k-labels-idx1-ubyte{end}").write_bytes(pack(classes))


class Form(NamedTuple):
    """A way to keep images, and the form whose speed is its measure."""

    write: Callable[[Path, Pixels, Sequence[int]], None]
    measure: str


FORMS = {
    "PNG files": Form(partial(write_files, suffix="png"), "PNG files"),
    "PPM files": Form(partial(write_files, suffix="ppm"), "PNG files"),
    "CIFAR-10, binary": Form(write_cifar_binary, "PNG files"),
    "CIFAR-10, Python": Form(write_cifar_python, "PNG files"),
    "grey PNG files": Form(partial(write_files, suffix="png", grey=True), "grey PNG files"),
    "IDX": Form(write_idx, "grey PNG files"),
    "IDX, gzip": Form(partial(write_idx, end=".gz"), "grey PNG files"),
}


def speed(model: str, dataset: str, folder: str) -> float:
    """Images a second of one evaluation, from the report."""
    with Workspace(folder) as workspace:
        report = workspace.evaluate(model, dataset, config=CONFIGURATION, fresh=True)
    assert report.record.images_per_second is not None
    return report.record.images_per_second


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=10_000)
    given = parser.parse_args()
    # Smooth, so that PNG has something to compress, as it has in photographs.
    coarse = np.random.default_rng(1).integers(0, 256, (given.images, 8, 8, 3), dtype=np.uint8)
    pixels = coarse.repeat(4, axis=1).repeat(4, axis=2)
    labels = [number % CLASSES for number in range(given.images)]
    speeds: dict[str, list[float]] = {form: [] for form in FORMS}
    with tempfile.TemporaryDirectory() as scratch:
        places = {form: Path(scratch) / f"form{number}" for number, form in enumerate(FORMS)}
        for form, place in places.items():
            place.mkdir()
            FORMS[form].write(place, pixels, labels)
        model = str(given.data / "models" / MODEL)
        for round_number in range(given.rounds + 1):  # the first warms up
            for form in random.Random(round_number).sample(list(FORMS), len(FORMS)):
                with get_context("spawn").Pool(1) as pool:
                    measured = pool.apply(speed, (model, str(places[form]), f"{scratch}/workspace"))
                if round_number:
                    speeds[form].append(measured)
    for form, values in speeds.items():
        ratios = [value / files for value, files in zip(values, speeds[FORMS[form].measure], strict=True)]
        print(f"{form:17} {spread(values, '.0f')} images/s, {spread(ratios, '.2f')} of {FORMS[form].measure}")


if __name__ == "__main__":
    main()
