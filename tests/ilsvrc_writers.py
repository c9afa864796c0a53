"""ILSVRC2012's validation set as it is given away: the development kit's files, and Kaggle's."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import scipy.io

from accubench.labels import imagenet_class_names

SYNSETS = imagenet_class_names().synsets or ()
FIELDS = ("ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children")


def permuted(seed: int = 3) -> list[str]:
    """The thousand synsets in an order that is not the sorted one, as the development kit has them."""
    order = list(SYNSETS)
    random.Random(seed).shuffle(order)
    return order


def write_meta(path: Path, order: list[str], *, compressed: bool = True, ancestors: int = 20) -> Path:
    """A ``meta.mat`` by SciPy: the classes, then some of their ancestors, whose numbers go on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    everything = [*order, *(f"n9{number:07d}" for number in range(ancestors))]
    table = np.zeros((len(everything), 1), dtype=[(field, object) for field in FIELDS])
    for place, synset in enumerate(everything):
        children = np.arange(place % 3, dtype=np.float64)
        table[place, 0] = (float(place + 1), synset, f"words of {synset}, é", "a gloss", float(place % 3), children)
    scipy.io.savemat(path, {"first": np.eye(3), "synsets": table}, do_compression=compressed)
    return path


def write_kit(root: Path, ids: list[int], order: list[str], folder: str = "ILSVRC2012_devkit_t12/data") -> Path:
    """The ground truth, with ``meta.mat`` beside it."""
    write_meta(root / folder / "meta.mat", order)
    truth = root / folder / "ILSVRC2012_validation_ground_truth.txt"
    truth.write_text("".join(f"{number}\n" for number in ids))
    return truth


def write_images(folder: Path, count: int) -> None:
    """Images by their numbers; nobody decodes them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        (folder / f"ILSVRC2012_val_{number:08d}.JPEG").write_bytes(b"\xff\xd8\xff%d" % number)


def write_kaggle(root: Path, synsets: list[str]) -> Path:
    """Kaggle's archive, unpacked: images, solution and names; the solution's lines run backwards."""
    write_images(root / "ILSVRC/Data/CLS-LOC/val", len(synsets))
    write_images(root / "ILSVRC/Data/CLS-LOC/test", 1)
    (root / "LOC_synset_mapping.txt").write_text("".join(f"{synset} name of {synset}\n" for synset in SYNSETS))
    lines = [
        f"ILSVRC2012_val_{number:08d},{synset} 1 2 3 4 {synset} 5 6 7 8 "
        for number, synset in enumerate(synsets, start=1)
    ]
    solution = root / "LOC_val_solution.csv"
    solution.write_text("\n".join(["ImageId,PredictionString", *reversed(lines)]) + "\n")
    return solution
