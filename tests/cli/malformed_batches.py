"""Datasets with many images in one file that are broken or hostile: batches, pickles, IDX and MATLAB files.

A new case is one line of the table below, as in `malformed_datasets`.
"""

from __future__ import annotations

import gzip
import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from malformed_datasets import HTML, Case, case, written

from ilsvrc_writers import permuted, write_images, write_kit

__all__ = ["MALFORMED_BATCHES"]


def cifar(content: bytes) -> Callable[[Path], Path]:
    return lambda folder: written(folder / "test_batch.bin", content).parent


def batch(content: bytes) -> Callable[[Path], Path]:
    """CIFAR-10's Python version, whose batch is a pickle."""
    return lambda folder: written(folder / "test_batch", content).parent


def table_pickle(rows: int, labels: list[int]) -> bytes:
    return pickle.dumps({b"data": np.zeros((rows, 3072), np.uint8), b"labels": labels}, 4)


def idx_images(count: int, *, stated: int | None = None) -> bytes:
    return bytes([0, 0, 8, 3]) + struct.pack(">3L", count if stated is None else stated, 8, 8) + bytes(count * 64)


def idx_labels(*labels: int) -> bytes:
    return bytes([0, 0, 8, 1]) + struct.pack(">L", len(labels)) + bytes(labels)


def idx(images: bytes, labels: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        written(folder / "t10k-images-idx3-ubyte", images)
        return written(folder / "t10k-labels-idx1-ubyte", labels).parent

    return write


def idx_gz(images: bytes) -> Callable[[Path], Path]:
    return lambda folder: written(folder / "t10k-images-idx3-ubyte.gz", gzip.compress(images)).parent


def kit_with_meta(content: bytes) -> Callable[[Path], Path]:
    """ILSVRC2012's development kit with something else in the place of its ``meta.mat``."""

    def write(folder: Path) -> Path:
        write_images(folder / "val", 1)
        truth = write_kit(folder, [1], permuted())
        written(truth.with_name("meta.mat"), content)
        return folder

    return write


ITSELF_TWICE = b"q\x00h\x00\x86"
"""Instructions of a pickle: a pair of what is on top, twice."""
MATLAB_HEAD = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
MATLAB_BOMB = zlib.compress(bytes(80 << 20), 9)
CIFAR_RECORD = np.zeros(3073, np.uint8).tobytes()

MALFORMED_BATCHES: dict[str, Case] = {
    "cifar_cut_off": case(cifar(CIFAR_RECORD + CIFAR_RECORD[:-1]), "test_batch.bin"),
    "cifar_class_10": case(cifar(CIFAR_RECORD + b"\x0a" + CIFAR_RECORD[1:]), "test_batch.bin", "10"),
    "pickle_that_calls": case(batch(b"\x80\x02cos\nsystem\n(U\x04trueatR."), "test_batch", "os system"),
    "pickle_of_deep_keys": case(batch(b"\x80\x02})" + b"\x85" * 300_000 + b"K\x01s."), "test_batch", "damaged"),
    "pickle_in_itself": case(batch(b"\x80\x02})" + ITSELF_TWICE * 60 + b"K\x01s."), "test_batch", "damaged"),
    "pickle_of_huge_counts": case(batch(b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7fabc."), "test_batch", "damaged"),
    "pickle_cut_off": case(batch(table_pickle(3, [1, 2, 3])[:-900]), "test_batch", "damaged"),
    "pickle_other_counts": case(batch(table_pickle(3, [1, 2])), "test_batch", "3 images and 2 classes"),
    "pickle_negative_class": case(batch(table_pickle(2, [1, -1])), "test_batch", "Record 1", "class -1"),
    "kit_meta_is_html": case(kit_with_meta(HTML), "meta.mat", "is no MATLAB 5 file"),
    "kit_meta_bomb": case(
        kit_with_meta(MATLAB_HEAD + struct.pack("<II", 15, len(MATLAB_BOMB)) + MATLAB_BOMB), "meta.mat", "unpacks to"
    ),
    "idx_gz_bomb": case(idx_gz(idx_images(1) + bytes(20 << 20)), "t10k-images-idx3-ubyte.gz", "200 times"),
    "idx_gz_of_dots": case(
        idx_gz(struct.pack(">4B3I", 0, 0, 8, 3, 2_000_001, 1, 1) + bytes(2_000_001)), "ubyte.gz", "2,000,001 images"
    ),
    "idx_gz_is_html": case(
        lambda folder: written(folder / "t10k-images-idx3-ubyte.gz", HTML).parent, "ubyte.gz", "damaged or cut off"
    ),
    "idx_other_counts": case(idx(idx_images(3), idx_labels(1, 2)), "t10k-", "3", "2"),
    "idx_cut_off": case(idx(idx_images(3)[:-1], idx_labels(1, 2, 3)), "t10k-images-idx3-ubyte"),
    "idx_of_huge_counts": case(idx(idx_images(3, stated=0xFFFFFFFF), idx_labels(1)), "t10k-images-idx3-ubyte"),
}
