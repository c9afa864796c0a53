"""Finding the layout, reading images, hashes."""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path

import polars as pl
import pytest

from accubench.datasets import annotations_hash, images_hash, load_dataset, read_image
from accubench.datasets.manifest import ManifestRow, make_manifest
from accubench.datasets.reading import LARGEST_IMAGE_BYTES
from accubench.errors import DatasetNotFoundError, DatasetProblemsError, ImageError, UnknownLayoutError, UsageError
from accubench.records.dataset import MANIFEST_COLUMNS
from accubench.records.locator import Locator


def test_loose_images_are_not_annotated(make_tree):
    content = load_dataset(make_tree("b.jpg", "a.webp", "deep/er/c.TIFF", files={"notes.txt": "hello"}))
    assert (content.layout, content.annotated, content.annotation_file) == ("images", False, None)
    assert content.manifest["image_name"].to_list() == ["a.webp", "b.jpg", "deep/er/c.TIFF"]
    assert content.manifest["dataset_class"].null_count() == 3
    assert dict(content.manifest.schema) == {
        name: pl.String if name in {"image_name", "path", "member"} else pl.Int64 for name in MANIFEST_COLUMNS
    }
    message = content.findings[0].message
    assert "no .txt file lists images; there is notes.txt" in message
    assert "there is no .csv or .tsv file" in message
    assert "deep is the only sub-folder with images, so it is not taken for a class" in message


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "bmp", "gif", "webp", "tif", "tiff", "JPEG", "Png"])
def test_images_are_known_by_suffix_in_any_case(make_tree, suffix):
    assert len(load_dataset(make_tree(f"a.{suffix}")).manifest) == 1


def test_an_unknown_layout_says_what_was_looked_for_and_found(make_tree):
    root = make_tree(files={"a.xml": "", "b.xml": "", "sub/weights.bin": ""})
    with pytest.raises(UnknownLayoutError) as caught:
        load_dataset(root)
    text = str(caught.value)
    for part in (
        "ImageNet's style (a .txt file beside the images with lines `name class`): there is no .txt file",
        "a table (.csv or .tsv with a column of paths and a column of classes): there is no .csv or .tsv file",
        "one folder per class (also below train, val or test): there are no sub-folders with images",
        "a folder of images (not annotated): there are no images",
        "2 .xml, 1 .bin (a.xml, b.xml, sub/weights.bin)",
    ):
        assert part in text


def test_an_empty_folder_has_no_layout(tmp_path):
    with pytest.raises(UnknownLayoutError, match="Found were no files"):
        load_dataset(tmp_path)


def test_a_path_that_does_not_exist_is_no_dataset(tmp_path):
    for name in ("nowhere", "x" * 300, "zero\0"):
        with pytest.raises(DatasetNotFoundError, match="There is no dataset at"):
            load_dataset(tmp_path / name)


@pytest.mark.parametrize("name", ["a.jpg", "images.zip", "model.onnx"])
def test_a_file_of_another_kind_is_no_dataset(make_tree, name):
    with pytest.raises(UnknownLayoutError, match="is not a dataset"):
        load_dataset(make_tree(name) / name)


def test_options_that_do_not_fit_are_usage_errors(make_tree):
    root = make_tree("a.jpg", files={"val.txt": "a.jpg 0"})
    with pytest.raises(UsageError, match=r"annotation file gone\.txt does not exist"):
        load_dataset(root, annotations=Path("gone.txt"))
    with pytest.raises(UsageError, match=r"label file gone\.txt does not exist"):
        load_dataset(root, labels=Path("gone.txt"))
    with pytest.raises(UsageError, match="is an annotation file itself"):
        load_dataset(root / "val.txt", annotations=root / "val.txt")


def test_every_code_of_a_finding_is_explained_in_the_documentation():
    repository = Path(__file__).parents[2]
    sources = [path for room in ("datasets", "labels") for path in (repository / "src/accubench" / room).glob("*.py")]
    text = "".join(path.read_text() for path in sources)
    codes = set(re.findall(r'(?:code=|finding\(\s*|[("\s])"([a-z]+(?:-[a-z]+)+)"', text))
    codes -= {"utf-8-sig"}
    explained = (repository / "docs" / "dataset-layouts.md").read_text()
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in explained} == set()


def test_a_relative_source_gives_absolute_paths(make_tree, monkeypatch):
    root = make_tree("a.jpg", files={"val.txt": "a.jpg 0"})
    monkeypatch.chdir(root.parent)
    content = load_dataset(Path("dataset/../dataset"))
    assert (content.root, content.source) == (root, root)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read_is_an_error(make_tree):
    root = make_tree("cat/a.jpg", "dog/b.jpg", "dog/closed/c.jpg")
    (root / "dog" / "closed").chmod(0)
    try:
        with pytest.raises(DatasetProblemsError, match="dog/closed/: The folder cannot be read"):
            load_dataset(root)
    finally:
        (root / "dog" / "closed").chmod(0o755)


def test_nothing_is_written_into_the_dataset(make_tree):
    root = make_tree("cat/a.jpg", "dog/b.jpg", files={"labels.txt": "cat\ndog\n"})
    before = sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*"))
    load_dataset(root)
    assert sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*")) == before


def test_reading_gives_the_bytes_of_relative_and_absolute_paths(make_tree):
    root = make_tree(files={"a.jpg": b"\0\xffbytes"})
    assert read_image(root, Locator("a.jpg")) == read_image(Path("/"), Locator(str(root / "a.jpg"))) == b"\0\xffbytes"


def test_images_that_cannot_be_read_say_why(make_tree):
    root = make_tree("folder/a.jpg")
    os.mkfifo(root / "pipe.jpg")
    with (root / "huge.jpg").open("wb") as file:
        file.truncate(LARGEST_IMAGE_BYTES + 1)
    for path, message in {
        "gone.jpg": "does not exist any more",
        "folder": "is not a file",
        "pipe.jpg": "is not a file",
        "huge.jpg": "more than 1 GiB",
        "zero\0.jpg": "embedded null",
        "x" * 300: "too long",
    }.items():
        with pytest.raises(ImageError, match=message):
            read_image(root, Locator(path))


MANIFEST = [ManifestRow("a.jpg", "x/a.jpg", 3, 10, 20, 1), ManifestRow("ü.jpg", "x/ü.jpg", None, 11, 21, None)]


def test_hashes_are_those_of_the_values_and_never_change():
    manifest = make_manifest(MANIFEST)
    assert images_hash(manifest) == hashlib.sha256(
        b"manifest 1: 2"
        b"\nimage_name\n" + (5).to_bytes(8, "little") + (6).to_bytes(8, "little") + "a.jpgü.jpg".encode()
        + b"\npath\n" + (7).to_bytes(8, "little") + (8).to_bytes(8, "little") + "x/a.jpgx/ü.jpg".encode()
        + b"\nsize_bytes\n\0\0" + (10).to_bytes(8, "little") + (11).to_bytes(8, "little")
        + b"\nmodified_ns\n\0\0" + (20).to_bytes(8, "little") + (21).to_bytes(8, "little")
    ).hexdigest()  # fmt: skip
    assert (
        annotations_hash(manifest)
        == hashlib.sha256(b"manifest 1: 2\ndataset_class\n\0\1" + (3).to_bytes(8, "little") + bytes(8)).hexdigest()
    )


@pytest.mark.parametrize(
    ("change", "images_change", "annotations_change"),
    [
        ({"image_name": "b.jpg"}, True, False),
        ({"path": "b.jpg"}, True, False),
        ({"size_bytes": 1}, True, False),
        ({"modified_ns": 1}, True, False),
        ({"dataset_class": 0}, False, True),
        ({"line": 7}, False, False),
    ],
)
def test_hashes_notice_what_they_are_about(change, images_change, annotations_change):
    before, after = make_manifest(MANIFEST), make_manifest([MANIFEST[0], MANIFEST[1]._replace(**change)])
    assert (images_hash(before) != images_hash(after)) == images_change
    assert (annotations_hash(before) != annotations_hash(after)) == annotations_change


def test_hashes_do_not_depend_on_how_polars_stores_the_columns():
    manifest = make_manifest(MANIFEST * 3)
    pieces = pl.concat([make_manifest(MANIFEST)] * 3, rechunk=False)
    assert images_hash(manifest) == images_hash(pieces)
    assert annotations_hash(manifest) == annotations_hash(pieces)


def test_a_changed_image_changes_the_hash(make_tree):
    root = make_tree("a.jpg", files={"val.txt": "a.jpg 0"})
    before = images_hash(load_dataset(root).manifest)
    assert images_hash(load_dataset(root).manifest) == before
    os.utime(root / "a.jpg", ns=(0, 1))
    assert images_hash(load_dataset(root).manifest) != before


def test_a_list_of_a_hundred_thousand_lines_takes_linear_time(make_tree):
    """A bound twenty times above what it takes: it is there to notice work that grows with the square."""
    text = "".join(f"a.jpg {n % 1000}\n" for n in range(100_000))
    start = time.perf_counter()
    with pytest.raises(DatasetProblemsError):
        load_dataset(make_tree("a.jpg", files={"val.txt": text}))
    assert time.perf_counter() - start < 20


def test_a_link_to_itself_is_told_and_hides_nothing_else_in_its_folder(make_tree):
    root = make_tree("a.jpg", "z.jpg")
    (root / "m.jpg").symlink_to("m.jpg")
    content = load_dataset(root)
    assert content.manifest["path"].to_list() == ["a.jpg", "z.jpg"]
    found = [(finding.code, finding.file) for finding in content.findings]
    assert ("link-not-followed", "m.jpg") in found


def test_a_split_is_found_beside_a_link_to_itself(make_tree):
    root = make_tree("val/cat/1.jpg", "val/dog/2.jpg", "train/cat/3.jpg")
    (root / "val" / "loop").symlink_to("loop")
    content = load_dataset(root)
    assert (content.layout, content.split, len(content.manifest)) == ("class_folders", "val", 2)


def test_a_list_that_is_a_pipe_is_refused_at_once(make_tree):
    root = make_tree("a.jpg")
    os.mkfifo(root / "val.txt")
    for source, options in ((root / "val.txt", {}), (root, {"annotations": Path("val.txt")})):
        with pytest.raises(UsageError, match=r"val\.txt is not a file"):
            load_dataset(source, **options)


def test_a_listed_link_to_a_device_is_no_file(make_tree):
    root = make_tree("a.jpg", files={"val.txt": "a.jpg 0\nzero.jpg 1\n"})
    (root / "zero.jpg").symlink_to("/dev/zero")
    with pytest.raises(DatasetProblemsError, match=r"val\.txt:2: zero\.jpg is not a file"):
        load_dataset(root)
