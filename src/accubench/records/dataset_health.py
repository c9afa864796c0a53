"""What looking at every image of a dataset once tells about it."""

from __future__ import annotations

from datetime import datetime

from accubench.records.base import Record

__all__ = [
    "ClassBalance",
    "DatasetHealth",
    "DuplicateGroup",
    "FormatKinds",
    "HistogramBin",
    "ImageProblem",
    "SmallerThanInput",
]


class ImageProblem(Record):
    """An image that was noticed, and why."""

    image_name: str
    row: int
    """Of the dataset, from 0."""
    reason: str


class DuplicateGroup(Record):
    """Images whose files are equal byte for byte."""

    n: int
    image_names: tuple[str, ...]
    """The first of them."""
    classes: tuple[int | None, ...]
    """Annotated class of each of the first, as an id of the dataset."""
    contradicts_itself: bool
    """Whether some of all of them have different classes; images without a class contradict nothing."""


class HistogramBin(Record):
    """How many values are at least `low` and below `high`."""

    low: float
    high: float | None
    """None for no upper end."""
    n: int


class FormatKinds(Record):
    """How many readable images of a format are of each kind that rules of decoding decide about."""

    format: str
    n_images: int
    n_sixteen_bit: int
    n_alpha: int
    n_animated: int
    n_cmyk: int
    n_gray: int
    n_turned: int


class ClassBalance(Record):
    """How images are spread over the classes that occur."""

    n_classes: int
    n_empty: int
    """Classes that the dataset has a name for, but no image."""
    fewest: int
    """Images of the class that has the fewest."""
    median: float
    most: int

    @property
    def imbalance(self) -> float:
        """Images of the largest class for one of the smallest; 1 is even."""
        return self.most / self.fewest


class DatasetHealth(Record):
    """The outcome of a health check; lists hold the first of what is counted."""

    dataset_id: str
    dataset_name: str
    n_images: int
    n_unreadable: int
    unreadable: tuple[ImageProblem, ...]
    n_duplicates: int
    """Images that are there once more than needed."""
    n_contradicting: int
    """Groups of equal images with different classes."""
    duplicates: tuple[DuplicateGroup, ...]
    """Groups of equal images, those that contradict themselves first, then the largest."""
    n_small: int
    small: tuple[ImageProblem, ...]
    small_side: int
    """Images whose shorter side has fewer pixels than this are suspiciously small."""
    formats: dict[str, int]
    """Readable images by format, the most frequent first."""
    n_turned: int
    """Readable images whose EXIF orientation turns or mirrors them; where `kinds` is None only those in JPEG."""
    n_gray: int
    """Readable images without colour; where `kinds` is None only those in JPEG."""
    n_cmyk: int
    """Readable images in CMYK; where `kinds` is None only those in JPEG."""
    n_sixteen_bit: int | None = None
    """Readable images with 16 bits a channel; None where `kinds` is None."""
    n_alpha: int | None = None
    """Readable images that may be transparent; None where `kinds` is None."""
    n_animated: int | None = None
    """Readable images of more than one frame or page; None where `kinds` is None."""
    kinds: tuple[FormatKinds, ...] | None = None
    """The same by format, the most frequent first; None in outcomes of before this was counted."""
    balance: ClassBalance | None
    """None where no image is annotated."""
    shorter_sides: tuple[HistogramBin, ...]
    """Shorter sides of readable images in pixels."""
    aspect_ratios: tuple[HistogramBin, ...]
    """Width over height of readable images."""
    sizes_whn: tuple[tuple[int, int, int], ...] | None = None
    """Width, height and number of the readable images of each size as they are stored, the most frequent first; None
    in outcomes of before this was counted."""
    created_at: datetime
    duration_s: float

    @property
    def complete(self) -> bool:
        """Whether everything is counted that is counted today."""
        return self.kinds is not None and self.sizes_whn is not None


class SmallerThanInput(Record):
    """How many images of a dataset are smaller than the input of a model, so that they are enlarged for it."""

    model_id: str
    model_name: str
    size_hw: tuple[int, int] | None
    """Height and width of the input in pixels; None where the model leaves them open and nobody said."""
    n: int | None
    """Readable images with fewer pixels in height or in width; None where the size of the input or those of the images
    are not known."""
