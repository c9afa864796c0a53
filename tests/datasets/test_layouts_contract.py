"""What every layout keeps, as a folder and inside every kind of archive."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from layout_specimens import SPECIMENS, Specimen, pictures

from accubench.datasets import (
    DatasetContent,
    allows_random_access,
    images_hash,
    load_dataset,
    locators,
    read_image,
    unpack,
    unpacked_archive,
)
from accubench.datasets.content import Request
from accubench.datasets.loading import LAYOUTS
from accubench.errors import DatasetError, ImageError
from accubench.images import decode
from accubench.records.accuracy_configuration import Decode
from accubench.records.dataset import DatasetLayout
from archive_writers import write_tar, write_zip

DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "dataset-layouts.md").read_text()


def write_tar_gz(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(folder, "set")
    return archive


PACKED: dict[str, Callable[[Path, Path], Path]] = {
    "folder": lambda folder, _: folder,
    "set.zip": write_zip,
    "set.tar": write_tar,
    "set.tar.gz": write_tar_gz,
}

every_layout = pytest.mark.parametrize("layout", SPECIMENS)
every_packing = pytest.mark.parametrize("packing", PACKED)


class Place:
    """Where a specimen is written, packed, and loaded from, again and again."""

    def __init__(self, folder: Path, specimen: Specimen, packing: str) -> None:
        self.files = folder / "files"
        self._folder, self._specimen, self._packing, self._times = folder, specimen, packing, 0

    def write(self, images=None) -> None:
        """Write all files anew; each time they are five seconds younger, as no clock is so coarse."""
        self._times += 1
        self._specimen.write(self.files, pictures() if images is None else images)
        for path in self.files.rglob("*"):
            self._set_time(path)

    def lose_image(self) -> None:
        (self.files / self._specimen.lost).unlink()

    def request(self) -> Request:
        """Packs the files as they are now, and unpacks them as the workspace does."""
        packed = PACKED[self._packing](self.files, self._folder / self._packing)
        if packed == self.files:
            return Request(source=packed, folder=packed)
        self._set_time(packed)
        place = self._folder / "unpacked"
        shutil.rmtree(place, ignore_errors=True)
        unpack(packed, place, leave_images=allows_random_access(packed))
        found = unpacked_archive(packed, place)
        return Request(source=found.folder, folder=found.folder, packed=found.packed)

    def _set_time(self, path: Path) -> None:
        os.utime(path, (1_700_000_000 + 5 * self._times,) * 2)

    def load(self) -> DatasetContent:
        request = self.request()
        return load_dataset(request.source, packed=request.packed)


@pytest.fixture
def place(tmp_path, layout, packing) -> Place:
    written = Place(tmp_path, SPECIMENS[layout], packing)
    written.write()
    return written


def decoded(content: DatasetContent):
    return [decode(read_image(content.root, image), Decode(color="RGB")) for image in locators(content.manifest)]


def test_every_layout_has_a_specimen_and_is_tried():
    assert set(SPECIMENS) == set(get_args(DatasetLayout))
    assert [module.__name__.rpartition(".")[2] for module in LAYOUTS] == list(SPECIMENS), "in the order of the table"


@every_layout
@every_packing
def test_the_layout_is_found_and_no_other_one_raises_on_the_way(place, layout):
    request = place.request()
    fitting = [module for module in LAYOUTS if module.sniff(request).fits]
    assert fitting[0].__name__.endswith(f".{layout}")
    assert all(module.sniff(request).reason for module in LAYOUTS)


@every_layout
@every_packing
def test_every_image_has_its_own_name_and_decodes_to_the_pixels_that_were_written(place, layout):
    content = place.load()
    assert content.layout == layout
    assert content.manifest["image_name"].is_unique().all()
    expected = pictures()
    if SPECIMENS[layout].grey:
        expected = np.repeat(expected[..., :1], 3, axis=-1)
    assert [image.tolist() for image in decoded(content)] == expected.tolist()


@every_layout
@every_packing
def test_classes_are_those_that_were_written(place, layout):
    content = place.load()
    classes = content.manifest["dataset_class"].to_list()
    expected = {"images": [None] * 4, "class_folders": [0, 0, 1, 2], "ilsvrc": [3, 2, 1, 0]}
    assert classes == expected.get(layout, [0, 1, 2, 3])
    assert content.annotated == (layout != "images")


@every_layout
@every_packing
def test_the_hash_of_the_images_stays_until_one_of_them_changes(place):
    first = images_hash(place.load().manifest)
    assert images_hash(place.load().manifest) == first
    changed = pictures()
    changed[2, 5, 5] ^= 0xFF
    place.write(changed)
    assert images_hash(place.load().manifest) != first


@every_layout
@every_packing
def test_an_image_that_is_lost_before_it_is_loaded_is_told_or_is_no_part_of_the_dataset(place, layout):
    place.lose_image()
    if layout in {"class_folders", "images"}:
        assert len(decoded(place.load())) == 3
        return
    with pytest.raises(DatasetError) as caught:
        place.load()
    if layout in {"ilsvrc", "imagenet", "table"}:
        assert Path(SPECIMENS[layout].lost).stem in str(caught.value)


@every_layout
@every_packing
def test_an_image_that_is_lost_afterwards_is_a_failed_image(place, packing):
    content = place.load()
    image = locators(content.manifest)[1]
    (content.root / image.path).unlink()
    with pytest.raises(ImageError, match="does not exist any more"):
        read_image(content.root, image)


@every_layout
def test_the_documentation_shows_an_example_of_every_layout(layout):
    link = re.search(rf"^\| \[[^]]*`{layout}`[^]]*\]\(#(\S+)\) \|", DOCUMENTATION, re.MULTILINE)
    assert link, "the table of layouts has a row that leads to its section"
    sections = {heading_anchor(part): part for part in DOCUMENTATION.split("\n## ")[1:]}
    assert re.search(r"^    .*[├└]── ", sections[link[1]], re.MULTILINE), "with the tree of an example"


def heading_anchor(section: str) -> str:
    """The anchor that GitHub gives to the heading of a section."""
    heading = section.split("\n", 1)[0].lower()
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
