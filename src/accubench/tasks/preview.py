"""Preview a configuration: some images of a dataset before and after preprocessing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from accubench.datasets import ImageReader, locators
from accubench.errors import ImageError
from accubench.images import decode, thumbnail_jpeg
from accubench.preprocessing import Preprocessor
from accubench.records.accuracy_configuration import AccuracyConfiguration
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.records.preview import PreviewImage
from accubench.storage import Store

__all__ = ["evenly_chosen", "preview"]


def preview(
    store: Store, model: Model, dataset: Dataset, configuration: AccuracyConfiguration, *, n: int = 4, side: int = 320
) -> list[PreviewImage]:
    """Some images as they are and as the model will see them.

    Args:
        store: Where the list of images is.
        model: Its input is what the steps must end in.
        dataset: Images are taken from all over it.
        configuration: The steps.
        n: How many images; fewer where the dataset has fewer.
        side: Pixels of the longer side of a picture; what is smaller stays so.

    Returns:
        One entry per image, in the dataset's order; an image that cannot be used says why.

    Raises:
        ConfigurationError: The steps do not end in the model's input.
    """
    preprocessor = Preprocessor(configuration, model.description.input)
    manifest = store.manifest(dataset)
    chosen = manifest[evenly_chosen(len(manifest), n)]
    reader = ImageReader(Path(dataset.root))
    return [
        _previewed(name, lambda image=image: reader.read(image), preprocessor, configuration, side)
        for name, image in zip(chosen["image_name"], locators(chosen), strict=True)
    ]


def evenly_chosen(total: int, n: int) -> pl.Series:
    """Rows that divide a list into `n` equal stretches, from the middle of each.

    >>> evenly_chosen(500, 4).to_list(), evenly_chosen(2, 4).to_list()
    ([62, 187, 312, 437], [0, 1])
    """
    n = min(n, total)
    return pl.Series([(2 * index + 1) * total // (2 * n) for index in range(n)], dtype=pl.Int64)


def _previewed(
    name: str, read: Callable[[], bytes], preprocessor: Preprocessor, configuration: AccuracyConfiguration, side: int
) -> PreviewImage:
    color = configuration.decode.color
    try:
        data = read()
        decoded = decode(data, configuration.decode)
    except ImageError as error:
        return PreviewImage(name=name, failure=str(error))
    before = PreviewImage(
        name=name,
        decoded_jpeg=thumbnail_jpeg(decoded, color=color, side=side),
        decoded_size_hw=(decoded.shape[0], decoded.shape[1]),
    )
    try:
        seen = preprocessor.visible(data)
    except ImageError as error:
        return before.model_copy(update={"failure": str(error)})
    picture = thumbnail_jpeg(seen, color="RGB", side=side)
    return before.model_copy(update={"seen_jpeg": picture, "seen_size_hw": (seen.shape[0], seen.shape[1])})
