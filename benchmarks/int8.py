"""An INT8 model to measure, quantised by NNCF with its own defaults; needs the package nncf."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from reference import Recipe


def quantized(recipe: Recipe, images: Sequence[Path], folder: Path) -> Path:
    """Quantise the recipe's model, calibrated on `images`; the path of the resulting IR."""
    os.environ["NNCF_CI"] = "1"  # nncf then reports to nobody
    import nncf
    import openvino as ov

    model = ov.Core().read_model(recipe.model)
    mean = np.array(recipe.mean, np.float32)

    def tensor(path: Path) -> np.ndarray:
        return (recipe.prepare(path.read_bytes()).astype(np.float32) - mean).transpose(2, 0, 1)[np.newaxis]

    path = folder / "int8.xml"
    ov.save_model(nncf.quantize(model, nncf.Dataset(list(images), tensor), subset_size=len(images)), path)
    return path
