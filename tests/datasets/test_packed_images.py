"""Images that are read where they are in an archive: the same dataset as the files, byte for byte."""

from __future__ import annotations

import io
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench import Workspace
from accubench.datasets import (
    allows_random_access,
    is_left_packed,
    load_dataset,
    locators,
    read_image,
    unpack,
    unpacked_archive,
)
from accubench.errors import AccuBenchError, DatasetProblemsError, ImageError
from archive_writers import write_tar, write_zip

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


ARCHIVES = {
    "stored.zip": lambda folder, archive: write_zip(folder, archive, STORED),
    "deflated.zip": write_zip,
    "pax.tar": write_tar,
    "gnu.tar": lambda folder, archive: write_tar(folder, archive, tarfile.GNU_FORMAT),
    "ustar.tar": lambda folder, archive: write_tar(folder, archive, tarfile.USTAR_FORMAT),
    "one_folder.zip": lambda folder, archive: write_zip(folder, archive, top="the set/"),
    "one_folder.tar": lambda folder, archive: write_tar(folder, archive, top="./the set/"),
}
LAYOUTS = {
    "imagenet": {
        "val.txt": b"a.jpg 1\nb b.jpg 0\ndeep/\xc3\xa9' <b>.png 1\n",
        "labels.txt": b"cat\ndog\n",
        "images/a.jpg": b"first",
        "b b.jpg": b"second",
        "deep/\u00e9' <b>.png": b"third",
    },
    "table": {"list.csv": b"file,label\nx/1.jpg,dog\nx/2.JPG,cat\n", "x/1.jpg": b"1", "x/2.JPG": b"22"},
    "class_folders": {"cat/1.png": b"1", "dog/2.png": b"2" * 5000, "dog/more/3.png": b"3"},
    "splits": {"train/cat/1.png": b"1", "train/dog/2.png": b"2", "val/cat/3.png": b"3", "val/dog/4.png": b"4"},
    "images": {"1.webp": b"1", "y/2.gif": b"", "notes.txt": b"hello"},
}


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def load_packed(archive: Path, place: Path):
    unpack(archive, place, leave_images=True)
    found = unpacked_archive(archive, place)
    return load_dataset(found.folder, packed=found.packed)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_is_the_same_dataset_as_its_files(tmp_path, kind, layout):
    files = write_files(tmp_path / "files", LAYOUTS[layout])
    archive = ARCHIVES[kind](files, tmp_path / kind)
    assert allows_random_access(archive)

    expected, content = load_dataset(files), load_packed(archive, tmp_path / "place")

    same = ["image_name", "dataset_class", "size_bytes", "line"]
    assert content.manifest.select(same).equals(expected.manifest.select(same))
    assert (content.layout, content.split, content.annotated) == (expected.layout, expected.split, expected.annotated)
    assert (content.class_names, content.names_decide) == (expected.class_names, expected.names_decide)
    assert [finding.code for finding in content.findings] == [finding.code for finding in expected.findings]
    of_files = [read_image(expected.root, image) for image in locators(expected.manifest)]
    assert [read_image(content.root, image) for image in locators(content.manifest)] == of_files
    assert not [path for path in (tmp_path / "place").rglob("*") if path.suffix.lower() in {".jpg", ".png", ".webp"}]


def test_a_listed_image_that_the_archive_lacks_is_told_with_file_and_line(tmp_path):
    files = write_files(tmp_path / "files", {"val.txt": b"a.jpg 1\ngone.jpg 0\n", "a.jpg": b"1", "c.jpg": b"3"})
    with pytest.raises(DatasetProblemsError) as caught:
        load_packed(write_zip(files, tmp_path / "a.zip"), tmp_path / "place")
    (missing, unlisted) = caught.value.findings
    assert (missing.code, missing.file, missing.line) == ("missing-image", "val.txt", 2)
    assert (unlisted.code, "c.jpg" in unlisted.message) == ("unlisted-images", True)


def test_a_member_that_was_damaged_is_a_failed_image_and_its_neighbours_are_not(tmp_path):
    files = write_files(tmp_path / "files", {f"{name}.jpg": name.encode() * 2000 for name in "abc"})
    for compression in (STORED, DEFLATED):
        archive = write_zip(files, tmp_path / f"{compression}.zip", compression)
        content = load_packed(archive, tmp_path / f"place{compression}")
        damaged = locators(content.manifest)[1]
        at = int((damaged.member or "").partition(":")[2].split(",")[0]) + 30 + len("b.jpg") + 3
        with archive.open("r+b") as file:
            file.seek(at)
            file.write(b"\xff\x00\xff")
        images = [image._replace(modified_ns=None) for image in locators(content.manifest)]
        assert read_image(content.root, images[0]) == b"a" * 2000
        with pytest.raises(ImageError, match=r"In .*zip, the image is damaged or cut off"):
            read_image(content.root, images[1])
        assert read_image(content.root, images[2]) == b"c" * 2000


@pytest.mark.parametrize("kind", ["deflated.zip", "pax.tar"])
def test_an_archive_that_changed_or_was_cut_off_after_the_check_gives_no_image(tmp_path, kind):
    files = write_files(tmp_path / "files", {"a.jpg": b"1" * 600, "b.jpg": b"2" * 600})
    archive = ARCHIVES[kind](files, tmp_path / kind)
    content = load_packed(archive, tmp_path / "place")
    (first, *_) = locators(content.manifest)
    archive.write_bytes(archive.read_bytes()[:40])
    with pytest.raises(ImageError, match="changed after the dataset was checked"):
        read_image(content.root, first)
    with pytest.raises(ImageError, match="damaged or cut off"):
        read_image(content.root, first._replace(modified_ns=None))


def test_a_member_that_unpacks_to_more_than_it_says_is_damaged_and_no_memory_is_spent_on_it(tmp_path):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", DEFLATED) as opened:
        opened.writestr("a.jpg", bytes(50_000_000))
    data = archive.read_bytes()
    archive.write_bytes(data.replace((50_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    content = load_packed(archive, tmp_path / "place")
    (image,) = locators(content.manifest)
    assert image.size_bytes == 10
    with pytest.raises(ImageError, match="damaged"):
        read_image(content.root, image)


def test_a_tar_archive_whose_last_image_is_cut_off_is_refused(tmp_path):
    files = write_files(tmp_path / "files", {"a.jpg": b"1" * 600, "b.jpg": b"2" * 6000})
    archive = write_tar(files, tmp_path / "a.tar")
    archive.write_bytes(archive.read_bytes()[:3000])
    with pytest.raises(DatasetProblemsError, match="cut off"):
        unpack(archive, tmp_path / "place", leave_images=True)
    assert not (tmp_path / "place").exists()


@given(st.binary(max_size=4000), st.integers(0, 4000), st.binary(min_size=1, max_size=8))
def test_a_mutated_archive_is_refused_or_gives_images_or_failures_and_nothing_else(tmp_path_factory, tail, at, patch):
    folder = tmp_path_factory.mktemp("mutated")
    files = write_files(folder / "files", {"a.jpg": b"1" * 700, "c/b.jpg": b"2" * 700})
    for archive in (write_zip(files, folder / "a.zip"), write_tar(files, folder / "a.tar")):
        data = bytearray(archive.read_bytes())
        data[at : at + len(patch)] = patch
        archive.write_bytes(bytes(data) + tail)
        try:
            content = load_packed(archive, folder / f"place-{archive.suffix}")
        except AccuBenchError:
            continue
        for image in locators(content.manifest):
            with suppress(ImageError):
                assert len(read_image(content.root, image)) == image.size_bytes


def test_compressed_archives_do_not_allow_random_access(tmp_path):
    for suffix, mode in ((".tar.gz", "w:gz"), (".tar.bz2", "w:bz2"), (".tar.xz", "w:xz")):
        archive = tmp_path / f"a{suffix}"
        with tarfile.open(archive, mode) as opened:
            opened.addfile(tarfile.TarInfo("a.jpg"), io.BytesIO())
        assert not allows_random_access(archive)


# --- in a workspace ---------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


@pytest.mark.parametrize("kind", ["stored.zip", "deflated.zip", "pax.tar"])
def test_scores_from_an_archive_are_those_from_its_files(workspace, tmp_path, kind, colour_model, colour_dataset):
    archive = ARCHIVES[kind](colour_dataset, tmp_path / kind)
    expected = workspace.evaluate(colour_model, colour_dataset)
    report = workspace.evaluate(colour_model, archive)
    assert report.images.equals(expected.images)
    assert report.top1 == expected.top1
    unpacked = [path for path in (workspace.folder / "unpacked").rglob("*") if path.suffix == ".png"]
    assert not unpacked, "images stay in the archive"
    assert workspace.dataset(archive).id == report.record.dataset_id
    assert workspace.dataset(archive.stem).id == report.record.dataset_id
    assert report.image(3).path.endswith(kind)


def test_an_archive_that_changed_is_a_new_version_also_by_name(workspace, tmp_path, colour_dataset):
    archive = write_zip(colour_dataset, tmp_path / "set.zip")
    first = workspace.dataset(archive)
    lines = (colour_dataset / "val.txt").read_text().splitlines()
    other = write_files(tmp_path / "other", {"val.txt": f"{lines[0]}\n".encode()})
    name = lines[0].split()[0]
    (image,) = colour_dataset.rglob(f"*{Path(name).name}")
    write_files(other, {str(image.relative_to(colour_dataset)): image.read_bytes()})
    write_zip(other, archive)
    second = workspace.dataset("set")
    assert (first.version, second.version, second.name, second.n_images) == (1, 2, "set", 1)
    assert workspace.dataset("set").id == second.id


def test_an_archive_that_is_gone_leaves_the_dataset_as_it_was(workspace, tmp_path, colour_dataset, colour_model):
    archive = write_zip(colour_dataset, tmp_path / "set.zip")
    first = workspace.evaluate(colour_model, archive)
    archive.unlink()
    again = workspace.evaluate(colour_model, "set")
    assert again.record.dataset_id == first.record.dataset_id
    assert again.record.reused_predictions


def test_an_annotation_file_named_by_its_place_in_the_archive_is_found_again(workspace, tmp_path):
    files = {"one.txt": b"a.jpg 0\n", "two.txt": b"a.jpg 1\n", "a.jpg": b"1"}
    archive = write_zip(write_files(tmp_path / "files", files), tmp_path / "set.zip")
    first = workspace.dataset(archive, annotations="two.txt")
    assert first.class_ids == (1,)
    assert workspace.dataset("set").id == first.id
    files["two.txt"] = b"a.jpg 7\n"
    write_zip(write_files(tmp_path / "files", files), archive)
    assert workspace.dataset("set").class_ids == (7,)


def test_deleting_the_dataset_deletes_what_was_unpacked_and_never_the_archive(workspace, tmp_path, colour_dataset):
    archive = write_zip(colour_dataset, tmp_path / "set.zip")
    dataset = workspace.dataset(archive)
    (place,) = (workspace.folder / "unpacked").iterdir()
    assert is_left_packed(place)
    workspace.delete_dataset(dataset.id)
    assert archive.is_file()
    assert not list((workspace.folder / "unpacked").iterdir())


def test_pictures_come_out_of_the_archive(workspace, tmp_path, colour_model, colour_dataset):
    archive = write_zip(colour_dataset, tmp_path / "set.zip")
    report = workspace.evaluate(colour_model, archive)
    images = workspace.dataset_images(report.record.dataset_id)
    assert (images.thumbnail(0) or b"").startswith(b"\xff\xd8")
    assert report.image(0).size_wh is not None


def test_messages_name_the_archive_and_not_the_folder_that_it_was_unpacked_into(tmp_path):
    archive = write_zip(
        write_files(tmp_path / "given", {"set/val.txt": b"gone.png 0\n", "set/a.png": b"1"}), tmp_path / "set.zip"
    )
    with Workspace(tmp_path / "workspace") as workspace, pytest.raises(DatasetProblemsError) as caught:
        workspace.import_dataset(archive)
    assert f"{archive}/val.txt cannot be used" in str(caught.value)
    assert "unpacked" not in str(caught.value)
