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

__all__ = ["CALIBRATION_FILE", "calibration_rows", "images_sha256", "same_images", "write_calibration_images"]

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


def same_images(manifest: pl.DataFrame, images: pl.DataFrame) -> NDArray[np.bool_]:
    """Which images of a manifest are among others: those of the same name and the same size in bytes.

    Args:
        manifest: Images, in whatever order.
        images: The others, with the columns ``image_name`` and ``size_bytes``.

    Returns:
        True for an image that is among the others, shape (images of the manifest,).
    """
    known = images.select(*_SCHEMA).unique().with_columns(known=pl.lit(value=True))
    found = manifest.select(*_SCHEMA).join(known, on=[*_SCHEMA], how="left", maintain_order="left", nulls_equal=True)
    return found["known"].fill_null(value=False).to_numpy()


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
        images = pl.read_csv(path, schema=_SCHEMA)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WorkspaceError(
            f"{path} cannot be read ({error}), so it is not known which images model {model.name} was calibrated on. "
            "Optimise its parent again."
        ) from error
    return same_images(manifest, images)
