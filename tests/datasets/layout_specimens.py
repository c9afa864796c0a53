"""A small valid dataset of every layout, made of the same four pictures, so that one contract can ask all of them.

A new layout is a function and one line of `SPECIMENS`.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from ilsvrc_writers import SYNSETS, write_kaggle

__all__ = ["SPECIMENS", "Specimen", "pictures"]

Pictures = NDArray[np.uint8]
"""Shape (images, 32, 32, 3)."""


class Specimen(NamedTuple):
    """One layout."""

    write: Callable[[Path, Pictures], object]
    """Writes the dataset into a folder, images in the order in which the manifest must have them."""
    lost: str
    """A file whose loss loses the second image, at least."""
    grey: bool = False
    """Whether only the first channel is written."""


def pictures(seed: int = 1) -> Pictures:
    """Four pictures of noise, which no two encodings confuse."""
    return np.random.default_rng(seed).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)


def png(picture_hwc: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture_hwc).save(out, "PNG")
    return out.getvalue()


def written(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def files(folder: Path, images: Pictures, names: Sequence[str]) -> None:
    for name, image in zip(names, images, strict=True):
        written(folder / name, png(image))


def ilsvrc(folder: Path, images: Pictures) -> None:
    write_kaggle(folder, list(SYNSETS[: len(images)]))  # its lines run backwards
    names = [f"ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_{len(images) - place:08d}.JPEG" for place in range(len(images))]
    files(folder, images, names)


def cifar_binary(folder: Path, images: Pictures) -> None:
    records = [bytes([place]) + image.transpose(2, 0, 1).tobytes() for place, image in enumerate(images)]
    written(folder / "test_batch.bin", b"".join(records))
    written(folder / "batches.meta.txt", "".join(f"class {number}\n" for number in range(10)))


def cifar_python(folder: Path, images: Pictures) -> None:
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1).copy()
    table = {b"data": rows, b"labels": list(range(len(images)))}
    written(folder / "test_batch", pickle.dumps(table, protocol=3))
    names = [f"class {number}".encode() for number in range(10)]
    written(folder / "batches.meta", pickle.dumps({b"label_names": names}, protocol=3))


def idx(folder: Path, images: Pictures) -> None:
    grey = images[..., 0]
    for kind, values in (("images-idx3", grey), ("labels-idx1", np.arange(len(grey), dtype=np.uint8))):
        sizes = np.array(values.shape, ">u4").tobytes()
        written(folder / f"t10k-{kind}-ubyte", bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes())


def imagenet(folder: Path, images: Pictures) -> None:
    names = ["images/b.png", "images/a a.png", "images/é'.png", "images/deep/c.png"]
    files(folder, images, names)
    written(folder / "val.txt", "".join(f"{name} {place}\n" for place, name in enumerate(names)))


def table(folder: Path, images: Pictures) -> None:
    names = ["photos/b.png", 'photos/a, "a".png', "photos/é.png", "photos/c.png"]
    files(folder, images, names)
    rows = [f'"{name.replace(chr(34), chr(34) * 2)}",{place}\n' for place, name in enumerate(names)]
    written(folder / "list.csv", "".join(["path,label\n", *rows]))


def parquet_images(folder: Path, images: Pictures) -> None:
    structs = [{"bytes": png(image), "path": f"{place}.png"} for place, image in enumerate(images)]
    columns = {"image": pa.array(structs), "label": pa.array(range(len(images)))}
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / "test-00000-of-00001.parquet", row_group_size=2)


def class_folders(folder: Path, images: Pictures) -> None:
    files(folder, images, ["cat/1.png", "cat/more/2.png", "dog/1.png", "emu/1.png"])


def images_alone(folder: Path, images: Pictures) -> None:
    files(folder, images, ["1.png", "2.png", "3 é.png", "deep/1.png"])


SPECIMENS: dict[str, Specimen] = {
    "ilsvrc": Specimen(ilsvrc, "ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000003.JPEG"),
    "cifar_binary": Specimen(cifar_binary, "test_batch.bin"),
    "cifar_python": Specimen(cifar_python, "test_batch"),
    "idx": Specimen(idx, "t10k-images-idx3-ubyte", grey=True),
    "imagenet": Specimen(imagenet, "images/a a.png"),
    "table": Specimen(table, 'photos/a, "a".png'),
    "parquet_images": Specimen(parquet_images, "test-00000-of-00001.parquet"),
    "class_folders": Specimen(class_folders, "cat/more/2.png"),
    "images": Specimen(images_alone, "2.png"),
}
"""By the name of the layout."""
