"""What is known of a dataset, and the table of its images."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from accubench.errors import Finding
from accubench.records.base import Record
from accubench.records.class_names import ClassNames

__all__ = ["MANIFEST_COLUMNS", "Dataset", "DatasetLayout", "Subset"]

DatasetLayout = Literal[
    "ilsvrc",
    "cifar_binary",
    "cifar_python",
    "idx",
    "imagenet",
    "table",
    "parquet_images",
    "class_folders",
    "images",
]

MANIFEST_COLUMNS: dict[str, str] = {
    "image_name": "Name of the image, unique in the dataset: its path below the dataset's root, with forward slashes.",
    "path": "The file with the bytes: its path below the dataset's root, or an absolute one.",
    "dataset_class": "Annotated class as an id of the dataset; null where the image is not annotated.",
    "size_bytes": "Size of the image in bytes when the dataset was checked; null where it was not known beforehand.",
    "modified_ns": "Time of last change of the file in nanoseconds since 1970 when the dataset was checked.",
    "line": "1-based line of the annotation file that names the image; null where there is no such file.",
    "member": "Where in that file the image is, for one in an archive or a table; null for a file of its own.",
}
"""Columns of a manifest table, in this order, one row per image: texts, but for the whole numbers (Int64) of class,
size, time and line."""


class Subset(Record):
    """Which images of a larger dataset a dataset holds."""

    way: Literal["limit", "every"]
    """``limit``: so many images; ``every``: one of so many."""
    wanted: int
    """The number that was asked for: of images, or K of every K-th."""
    n: int
    """Images that were chosen."""
    of_n: int
    """Images of the whole dataset when it was checked."""
    rule: str
    """A sentence that says which images are chosen; anybody can repeat it."""
    class_ids: tuple[int, ...] = ()
    """The ids that occur in the annotations of the whole dataset, ascending; the chosen images may lack some."""

    @property
    def sentence(self) -> str:
        """How many images of how many, and which."""
        return f"{self.n:,} of {self.of_n:,} images. {self.rule}"


class Dataset(Record):
    """A validation set, referenced in place: images, and annotations where there are any."""

    id: str
    name: str
    version: int
    """1 for the first content imported under `name`, 2 for the next."""
    root: str
    """Absolute path of the folder that image paths are relative to."""
    source: str
    """Absolute path that was given: the folder or the table file; for an archive, where it was unpacked to."""
    archive: str | None = None
    """Absolute path of the archive that it was unpacked from."""
    layout: DatasetLayout
    split: str | None = None
    """``train``, ``val`` or ``test`` where one sub-folder of them was chosen."""
    annotation_file: str | None = None
    """Path of the annotation file, relative to `root` where it lies below."""
    annotated: bool
    n_images: int
    class_ids: tuple[int, ...] = ()
    """The ids that occur in the annotations, ascending."""
    class_names: ClassNames | None = None
    """Names of the dataset's classes by *dataset* id; folder names for class folders."""
    names_decide: bool = False
    """True where ids are only positions in a list of names (class folders, labels as names), so that the dataset's
    classes must be matched to a model's by name or synset, never by id."""
    options: dict[str, str] = Field(default_factory=dict)
    """What was given beside the path when it was imported (split, annotations, labels, path_column, label_column,
    limit, every)."""
    subset: Subset | None = None
    """How its images were chosen, where it is a part of what its source has."""
    images_hash: str
    """Over name, path, size and time of every image: what predictions depend on."""
    annotations_hash: str
    """Over the class of every image."""
    findings: tuple[Finding, ...] = ()
    """Warnings of the check; errors never get this far."""
    imported_at: datetime

    @property
    def known_class_ids(self) -> tuple[int, ...]:
        """The ids that occur in the annotations, those of the whole dataset where this is a part of one."""
        return self.class_ids if self.subset is None else self.subset.class_ids
