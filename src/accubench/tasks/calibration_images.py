"""The images that an optimised model was calibrated on: written beside the model, and found again in any dataset."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.errors import WorkspaceError
from accubench.records.model import Model
from accubench.storage import Store

__all__ = ["CALIBRATION_FILE", "calibration_rows", "images_sha256", "write_calibration_images"]

CALIBRATION_FILE = "calibration_images.csv"
"""Names and sizes in bytes of the calibration images, beside the optimised model."""

_SCHEMA = {"image_name": pl.String, "size_bytes": pl.Int64}


def write_calibration_images(path: Path, images: pl.DataFrame) -> None:
    """Write which images a model was calibrated on.

    Args:
        path: The CSV file to write.
        images: Rows of a manifest.
    """
    images.select(*_SCHEMA).write_csv(path)


def images_sha256(images: pl.DataFrame) -> str:
    """The SHA-256 over the names of images, each in UTF-8 and ended by a line feed, in hexadecimal."""
    return hashlib.sha256("".join(f"{name}\n" for name in images["image_name"]).encode()).hexdigest()


def calibration_rows(store: Store, model: Model, manifest: pl.DataFrame) -> NDArray[np.bool_]:
    """Which images of a dataset a model was calibrated on: those of the same name and the same size.

    Args:
        store: Where the model is.
        model: Any model; an original one was calibrated on none.
        manifest: The dataset's images, in whatever order.

    Returns:
        True for a calibration image, shape (images,).

    Raises:
        WorkspaceError: The list of calibration images is gone or damaged.
    """
    if model.recipe is None:
        return np.zeros(len(manifest), np.bool_)
    path = store.model_file(model, CALIBRATION_FILE)
    try:
        known = pl.read_csv(path, schema=_SCHEMA).unique()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WorkspaceError(
            f"{path} cannot be read ({error}), so it is not known which images model {model.name} was calibrated on. "
            "Optimise its parent again."
        ) from error
    marked = known.with_columns(calibrated=pl.lit(value=True))
    found = manifest.select(*_SCHEMA).join(marked, on=[*_SCHEMA], how="left", maintain_order="left", nulls_equal=True)
    return found["calibrated"].fill_null(value=False).to_numpy()
