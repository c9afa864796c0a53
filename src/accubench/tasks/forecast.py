"""How long an evaluation will take, said before it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from accubench.inference import Classifier

__all__ = ["forecast_from_throughput", "forecast_seconds", "inference_seconds"]

_DECODED_BYTES_PER_S = 35e6
"""Compressed JPEG bytes that one core reads, decodes and resizes in a second; an order of magnitude, for a forecast."""
_TRIALS = 4


def inference_seconds(classifier: Classifier, *, clock: Callable[[], float]) -> float:
    """Seconds that one inference takes, measured on an empty image; the model is warm afterwards."""
    classifier.trial()
    started = clock()
    for _ in range(_TRIALS):
        classifier.trial()
    return (clock() - started) / _TRIALS


def forecast_seconds(
    infer_s: float, manifest: pl.DataFrame, blocks: Sequence[tuple[int, range]], *, workers: int
) -> float:
    """Estimate the seconds that the rows of `blocks` will take; decoding is judged by file sizes.

    Args:
        infer_s: Seconds of one inference.
        manifest: Its column ``size_bytes`` is read.
        blocks: Number and rows of each block.
        workers: Threads that share the work.
    """
    n = sum(len(rows) for _, rows in blocks)
    sizes = manifest["size_bytes"].fill_null(0)
    size_bytes = sum(int(sizes.slice(rows.start, len(rows)).sum()) for _, rows in blocks)
    return (n * infer_s + size_bytes / _DECODED_BYTES_PER_S) / workers


def forecast_from_throughput(images_per_second: float, manifest: pl.DataFrame, *, workers: int) -> float:
    """Estimate the seconds that all rows of a manifest will take, from a throughput measured with all workers.

    >>> forecast_from_throughput(100.0, pl.DataFrame({"size_bytes": [350_000] * 100}), workers=2)
    1.5
    """
    return forecast_seconds(workers / images_per_second, manifest, [(0, range(len(manifest)))], workers=workers)
