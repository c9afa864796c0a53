"""MNIST and its kin: the pixels and classes that were written, plain and compressed with gzip."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.datasets import load_dataset, locators, raw_pixels, read_image
from accubench.datasets.idx import MOST_IMAGES
from accubench.errors import AccuBenchError, DatasetProblemsError, ImageError, UsageError
from accubench.images import decode
from accubench.records.accuracy_configuration import Decode


def idx(values) -> bytes:
    values = np.asarray(values, np.uint8)
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes()


def pictures(count: int, seed: int = 1, side: tuple[int, int] = (28, 20)):
    return np.random.default_rng(seed).integers(0, 256, (count, *side), dtype=np.uint8)


def write(folder: Path, name: str, images, labels=None, *, gz: bool = False, dash: str = "-") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    end = ".gz" if gz else ""
    pack = (lambda data: gzip.compress(data, mtime=0)) if gz else bytes
    (folder / f"{name}-images{dash}idx3-ubyte{end}").write_bytes(pack(idx(images)))
    if labels is not None:
        (folder / f"{name}-labels{dash}idx1-ubyte{end}").write_bytes(pack(idx(labels)))
    return folder


def decoded(content):
    rule = Decode(color="gray")
    return np.stack([decode(read_image(content.root, image), rule)[:, :, 0] for image in locators(content.manifest)])


@pytest.mark.parametrize("gz", [False, True])
@pytest.mark.parametrize(("name", "dash"), [("t10k", "-"), ("t10k", "."), ("emnist-balanced-test", "-")])
def test_images_and_classes_are_those_that_were_written(tmp_path, gz, name, dash):
    content = load_dataset(write(tmp_path, name, pictures(6), [3, 1, 4, 1, 5, 9], gz=gz, dash=dash))
    assert (content.layout, content.split, content.annotated) == ("idx", "test", True)
    assert (decoded(content) == pictures(6)).all()
    assert content.manifest["dataset_class"].to_list() == [3, 1, 4, 1, 5, 9]
    assert content.manifest["image_name"].to_list()[0] == f"{name}/00000"


def test_the_test_set_is_taken_unless_another_is_asked_for(tmp_path):
    write(tmp_path, "t10k", pictures(2), [1, 2])
    write(tmp_path, "train", pictures(3), [0, 0, 0])
    content = load_dataset(tmp_path)
    assert (content.split, len(content.manifest), content.findings[0].code) == ("test", 2, "split-chosen")
    assert len(load_dataset(tmp_path, split="train").manifest) == 3
    with pytest.raises(UsageError):
        load_dataset(tmp_path, split="val")


def test_names_come_from_a_label_file_that_fits(tmp_path):
    write(tmp_path, "t10k", pictures(2), [1, 2])
    (tmp_path / "labels.txt").write_text("shirt\ntrouser\nbag\n")
    content = load_dataset(tmp_path)
    assert content.class_names is not None
    assert content.class_names.names == ("shirt", "trouser", "bag")
    (tmp_path / "labels.txt").write_text("shirt\ntrouser\n")
    assert load_dataset(tmp_path).class_names is None


def test_images_without_classes_are_not_annotated(tmp_path):
    content = load_dataset(write(tmp_path, "t10k", pictures(2)))
    assert (content.annotated, content.findings[0].code) == (False, "not-annotated")


def test_of_several_sets_one_must_be_named(tmp_path):
    for name in ("emnist-digits-test", "emnist-letters-test"):
        write(tmp_path, name, pictures(2), [1, 2])
    with pytest.raises(DatasetProblemsError, match="Several sets"):
        load_dataset(tmp_path)
    content = load_dataset(tmp_path, annotations=Path("emnist-letters-test-labels-idx1-ubyte"))
    assert content.manifest["image_name"][0] == "emnist-letters-test/00000"


@pytest.mark.parametrize("gz", [False, True])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[:-1], "but it has"),
        (lambda data: data + b"1", "but it has"),
        (lambda data: data[:10], "does not begin"),
        (lambda data: b"\0\0\x0d\3" + data[4:], "does not begin"),
        (lambda data: data[:4] + b"\xff" * 12 + data[16:], "says that it has"),
        (lambda data: data[:4] + bytes(4) + data[8:], "says that it has"),
        (lambda _data: b"", "does not begin"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_told(tmp_path, change, said, gz):
    write(tmp_path, "t10k", pictures(2), [1, 2])
    path = tmp_path / "t10k-images-idx3-ubyte"
    data = change(path.read_bytes())
    path.unlink()
    (tmp_path / f"{path.name}{'.gz' if gz else ''}").write_bytes(gzip.compress(data) if gz else data)
    with pytest.raises(DatasetProblemsError, match=said) as caught:
        load_dataset(tmp_path)
    assert caught.value.findings[0].file.startswith("t10k-images")


def test_images_and_classes_must_be_as_many(tmp_path):
    with pytest.raises(DatasetProblemsError, match="There are 3 images, but 2 classes"):
        load_dataset(write(tmp_path, "t10k", pictures(3), [1, 2]))


def test_a_damaged_or_exploding_gzip_is_told_without_being_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_pixels, "LARGEST_UNPACKED_BYTES", 1000)
    write(tmp_path, "t10k", pictures(3), [1, 2, 3], gz=True)
    with pytest.raises(DatasetProblemsError, match="unpacks to more than"):
        load_dataset(tmp_path)
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DatasetProblemsError, match=r"damaged or cut off|more than"):
        load_dataset(tmp_path)


def test_a_gzip_out_of_proportion_is_told_in_words_that_name_the_ratio(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_pixels, "_HARMLESS_BYTES", 1000)
    write(tmp_path, "t10k", np.zeros((2, 600, 600)), [1, 2], gz=True)
    with pytest.raises(DatasetProblemsError, match="unpacks to more than 200 times its size") as caught:
        load_dataset(tmp_path)
    assert caught.value.findings[0].file == "t10k-images-idx3-ubyte.gz"


def test_more_images_than_anybody_has_are_refused_before_a_row_is_made(tmp_path):
    """Of one pixel each they are four kilobytes on the disk, and were gigabytes of rows."""
    write(tmp_path, "t10k", np.zeros((MOST_IMAGES + 1, 1, 1)), gz=True)
    assert (tmp_path / "t10k-images-idx3-ubyte.gz").stat().st_size < 4096
    tracemalloc.start()
    try:
        with pytest.raises(DatasetProblemsError, match=r"2,000,001 images; more than 2,000,000 are not read"):
            load_dataset(tmp_path)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 50 << 20


def test_a_gzip_that_was_damaged_after_the_check_gives_failed_images(tmp_path):
    content = load_dataset(write(tmp_path, "t10k", pictures(3), [1, 2, 3], gz=True))
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:60])
    (image, *_) = locators(content.manifest)
    with pytest.raises(ImageError, match="damaged or cut off"):
        read_image(content.root, image._replace(modified_ns=None))


@given(at=st.integers(0, 1200), patch=st.binary(min_size=1, max_size=5), cut=st.integers(0, 1200), gz=st.booleans())
def test_damaged_files_are_told_and_raise_nothing_else(tmp_path_factory, at, patch, cut, gz):
    folder = write(tmp_path_factory.mktemp("idx"), "t10k", pictures(2), [1, 2], gz=gz)
    path = folder / f"t10k-images-idx3-ubyte{'.gz' if gz else ''}"
    data = bytearray(path.read_bytes())
    data[at : at + len(patch)] = patch
    path.write_bytes(bytes(data[: len(data) - cut]))
    try:
        content = load_dataset(folder)
        for image in locators(content.manifest):
            assert read_image(content.root, image).startswith(b"P5\n")
    except AccuBenchError:
        pass
