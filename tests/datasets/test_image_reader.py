"""Reading many images of a dataset: what stays open, and for how long."""

from __future__ import annotations

import gc
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from accubench.datasets import ImageReader, load_dataset, locators, reading, unpack, unpacked_archive
from accubench.errors import ImageError
from accubench.records.locator import Locator


def open_files() -> set[str]:
    """Of this process, as its system names them."""
    found: set[str] = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.add(str(descriptor.readlink()))
        except FileNotFoundError:
            continue  # the one that lists them
    return found


def tar_like(folder: Path, count: int) -> list[Locator]:
    """Files of three images each, in which an image is named by its offset."""
    folder.mkdir()
    images: list[Locator] = []
    for number in range(count):
        (folder / f"{number}.tar").write_bytes(b"".join(b"%05d" % (number * 3 + each) for each in range(3)))
        images += [Locator(f"{number}.tar", f"tar:{each * 5}", size_bytes=5) for each in range(3)]
    return images


def test_a_file_of_many_images_is_opened_once_and_closed_with_its_reader(tmp_path, monkeypatch):
    images = tar_like(tmp_path / "set", 1)
    opened: list[str] = []
    open_one = reading._opened
    monkeypatch.setattr(reading, "_opened", lambda place: opened.append(place) or open_one(place))
    reader = ImageReader(tmp_path / "set")
    assert [reader.read(image) for image in images * 2] == [b"00000", b"00001", b"00002"] * 2
    assert opened == [str(tmp_path / "set" / "0.tar")]
    assert opened[0] in open_files()
    del reader
    assert opened[0] not in open_files()


def test_files_of_one_image_do_not_stay_open(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"image")
    reader = ImageReader(tmp_path)
    assert reader.read(Locator("a.jpg")) == b"image"
    assert str(tmp_path / "a.jpg") not in open_files()


def test_few_of_many_files_stay_open_while_many_threads_read_them(tmp_path):
    images = tar_like(tmp_path / "set", 100)
    reader = ImageReader(tmp_path / "set")
    order = [*range(300), *range(0, 300, 7), *reversed(range(300))]
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda row: reader.read(images[row]), order))
    assert read == [b"%05d" % row for row in order]
    assert 0 < sum(str(tmp_path) in name for name in open_files()) <= 16


def test_a_run_goes_on_with_the_file_that_was_checked_when_another_takes_its_place(tmp_path):
    images = tar_like(tmp_path / "set", 1)
    place = tmp_path / "set" / "0.tar"
    images = [image._replace(modified_ns=place.stat().st_mtime_ns) for image in images]
    reader = ImageReader(tmp_path / "set")
    assert reader.read(images[0]) == b"00000"
    (tmp_path / "new").write_bytes(b"x" * 15)
    (tmp_path / "new").replace(place)
    assert reader.read(images[1]) == b"00001"
    with pytest.raises(ImageError, match="changed after the dataset was checked"):
        ImageReader(tmp_path / "set").read(images[1])


def test_a_file_that_is_written_to_meanwhile_gives_no_more_images(tmp_path):
    images = tar_like(tmp_path / "set", 1)
    place = tmp_path / "set" / "0.tar"
    images = [image._replace(modified_ns=place.stat().st_mtime_ns) for image in images]
    reader = ImageReader(tmp_path / "set")
    assert reader.read(images[0]) == b"00000"
    with place.open("r+b") as file:
        file.write(b"xx")
    os.utime(place, ns=(1, 1))
    with pytest.raises(ImageError, match="changed after the dataset was checked"):
        reader.read(images[1])


def test_what_is_no_file_is_refused_and_not_left_open(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    reader = ImageReader(tmp_path)
    for image in (Locator("folder"), Locator("pipe"), Locator("pipe", "tar:0", size_bytes=1)):
        with pytest.raises(ImageError, match="is not a file"):
            reader.read(image)
    with pytest.raises(ImageError, match=r"gone\.zip does not exist any more"):
        reader.read(Locator("gone.zip", "tar:0", size_bytes=1))
    with pytest.raises(ImageError, match="cannot be read"):
        reader.read(Locator("nul\0", None))
    del reader
    gc.collect()  # tracebacks of the errors
    assert not any(str(tmp_path) in name for name in open_files())


def test_images_of_an_archive_are_read_by_threads_as_one_by_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(60):
            archive.writestr(f"cat/{number:02}.jpg", b"%02d" % number * 500)
    unpack(tmp_path / "set.zip", tmp_path / "unpacked", leave_images=True)
    found = unpacked_archive(tmp_path / "set.zip", tmp_path / "unpacked")
    content = load_dataset(found.folder, packed=found.packed)
    reader = ImageReader(content.root)
    with ThreadPoolExecutor(6) as threads:
        read = list(threads.map(reader.read, locators(content.manifest)))
    assert read == [b"%02d" % number * 500 for number in range(60)]
