"""How long an evaluation will take, said before it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from accubench.inference import Classifier

__all__ = ["forecast_seconds"]

_DECODED_BYTES_PER_S = 35e6
"""Compressed JPEG bytes that one core reads, decodes and resizes in a second; an order of magnitude, for a forecast."""
_TRIALS = 4


def forecast_seconds(
    classifier: Classifier,
    manifest: pl.DataFrame,
    blocks: Sequence[tuple[int, range]],
    *,
    cores: int,
    clock: Callable[[], float],
) -> float:
    """Estimate the seconds that the rows of `blocks` will take.

    Inference is measured on an empty image (which also warms the model up), decoding is judged by file sizes.
    """
    image = np.zeros(classifier.shape_hwc, classifier.dtype)
    started = clock()
    for _ in range(_TRIALS):
        classifier.scores(image)
    infer_s = (clock() - started) / _TRIALS
    n = sum(len(rows) for _, rows in blocks)
    sizes = manifest["size_bytes"].fill_null(0)
    size_bytes = sum(int(sizes.slice(rows.start, len(rows)).sum()) for _, rows in blocks)
    return (n * infer_s + size_bytes / _DECODED_BYTES_PER_S) / max(1, min(cores, classifier.streams))
