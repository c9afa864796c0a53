"""Reading datasets: one file per layout, each with the verbs sniff and load."""

from accubench.datasets.archives import archive_stem, is_archive, only_folder, unpack
from accubench.datasets.content import DatasetContent
from accubench.datasets.loading import load_dataset
from accubench.datasets.manifest import annotations_hash, first_lines, images_hash, locators
from accubench.datasets.reading import read_image
from accubench.datasets.subsets import choose_subset, subset_rule

__all__ = [
    "DatasetContent",
    "annotations_hash",
    "archive_stem",
    "choose_subset",
    "first_lines",
    "images_hash",
    "is_archive",
    "load_dataset",
    "locators",
    "only_folder",
    "read_image",
    "subset_rule",
    "unpack",
]
