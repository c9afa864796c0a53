"""Reading datasets: one file per layout, each with the verbs sniff and load."""

from accubench.datasets.archives import (
    UnpackedArchive,
    allows_random_access,
    archive_stem,
    is_archive,
    is_left_packed,
    unpack,
    unpacked_archive,
)
from accubench.datasets.content import DatasetContent
from accubench.datasets.loading import load_dataset
from accubench.datasets.manifest import annotations_hash, first_lines, images_hash, locators
from accubench.datasets.member_text import member_text
from accubench.datasets.reading import ImageReader, read_image
from accubench.datasets.subsets import SubsetWanted, choose_subset, subset_rule, take_subset

__all__ = [
    "DatasetContent",
    "ImageReader",
    "SubsetWanted",
    "UnpackedArchive",
    "allows_random_access",
    "annotations_hash",
    "archive_stem",
    "choose_subset",
    "first_lines",
    "images_hash",
    "is_archive",
    "is_left_packed",
    "load_dataset",
    "locators",
    "member_text",
    "read_image",
    "subset_rule",
    "take_subset",
    "unpack",
    "unpacked_archive",
]
