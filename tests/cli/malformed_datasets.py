"""Datasets that are broken, hostile or none at all: each a function that writes one and returns what to name.

A new case is one line of a table below: its name, the function, and words that the message must hold, the file and line
among them.
"""

from __future__ import annotations

import gzip
import io
import os
import socket
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from archive_writers import add_file, make_link_tar, make_tar, make_zip
from ilsvrc_writers import SYNSETS, permuted, write_images, write_kaggle, write_kit

__all__ = ["HTML", "MALFORMED", "OUTSIDE_MODEL", "WRONG_OPTIONS", "Case", "case", "written"]

HTML = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>Not here</body></html>"


class Case(NamedTuple):
    """One malformed dataset."""

    write: Callable[[Path], Path]
    """Writes it into an empty folder and returns the path to give."""
    words: tuple[str, ...]
    """What the message must hold."""
    options: tuple[str, ...] = ()


def case(write: Callable[[Path], Path], *words: str, options: tuple[str, ...] = ()) -> Case:
    return Case(write, words, options)


# --- folders ----------------------------------------------------------------------------------------


def png(shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 100, 50)).save(out, "PNG")
    return out.getvalue()


def written(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def with_images(folder: Path, *names: str) -> Path:
    for shade, name in enumerate(names or ("a.png", "b.png", "c.png")):
        written(folder / name, png(shade))
    return folder


def listing(content: bytes | str, file: str = "val.txt") -> Callable[[Path], Path]:
    """Three images and a list of them."""
    return lambda folder: written(with_images(folder) / file, content).parent


def table(content: bytes | str) -> Callable[[Path], Path]:
    return listing(content, "images.csv")


def given(content: bytes | str, file: str) -> Callable[[Path], Path]:
    """The same, where the list is given and not the folder."""
    return lambda folder: listing(content, file)(folder) / file


def classes(*names: str) -> Callable[[Path], Path]:
    """Class folders with an image in each."""
    return lambda folder: with_images(folder, *(f"{name}/{place}.png" for place, name in enumerate(names)))


def listed_link(target: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        listing("a.png 0\nlink.png 1\n")(folder)
        (folder / "link.png").symlink_to(target)
        return folder

    return write


def listed_folder(folder: Path) -> Path:
    (folder / "d.png").mkdir()
    return listing("a.png 0\nd.png 1\n")(folder)


def listed_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.png")
    return listing("a.png 0\npipe.png 1\n")(folder)


def listed_socket(folder: Path) -> Path:
    listing("a.png 0\nsocket.png 1\n")(folder)
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket has 108 bytes at most
    try:
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind("socket.png")
    finally:
        os.chdir(here)
    return folder


def list_is_a_pipe(folder: Path) -> Path:
    os.mkfifo(with_images(folder) / "val.txt")
    return folder / "val.txt"


def list_is_a_device(folder: Path) -> Path:
    (with_images(folder) / "val.txt").symlink_to("/dev/zero")
    return folder / "val.txt"


def dataset_is_a_link_to_itself(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


def device(_: Path) -> Path:
    return Path("/dev/null")


def unreadable_folder(folder: Path) -> Path:
    classes("red", "green")(folder)
    (folder / "green").chmod(0)
    if os.access(folder / "green", os.R_OK):
        pytest.skip("this user may read every folder")
    return folder


def nothing_but_text(folder: Path) -> Path:
    return written(folder / "readme.md", "nothing").parent


def undecodable_name(folder: Path) -> Path:
    with_images(folder, "red/1.png", "green/2.png")
    Path(os.fsdecode(os.fsencode(folder / "red") + b"/\xff.png")).write_bytes(png())
    return folder


def sparse(file: str) -> Callable[[Path], Path]:
    """A list of a tebibyte, of which the disk holds but the first line."""

    def write(folder: Path) -> Path:
        listing("a.png 0\n" if file.endswith("txt") else "path,label\na.png,0\n", file)(folder)
        os.truncate(folder / file, 1 << 40)
        return folder / file

    return write


# --- archives ---------------------------------------------------------------------------------------

MEMBERS = {"set/val.txt": b"a.png 0\nb.png 1\n", "set/a.png": png(1), "set/b.png": png(2)}


def zipped(members: dict[str, bytes]) -> Callable[[Path], Path]:
    return lambda folder: make_zip(folder / "set.zip", members)


def good_zip(folder: Path) -> Path:
    return make_zip(folder / "set.zip", MEMBERS)


def good_tar(folder: Path, mode: str = "w") -> Path:
    return make_tar(folder / ("set.tar" if mode == "w" else "set.tar.gz"), MEMBERS, mode=mode)


def cut(write: Callable[[Path], Path], share: float = 0.6) -> Callable[[Path], Path]:
    def write_part(folder: Path) -> Path:
        path = write(folder)
        os.truncate(path, int(path.stat().st_size * share))
        return path

    return write_part


def patched(write: Callable[[Path], Path], change: Callable[[bytearray], object]) -> Callable[[Path], Path]:
    def write_changed(folder: Path) -> Path:
        path = write(folder)
        content = bytearray(path.read_bytes())
        change(content)
        return written(path, bytes(content))

    return write_changed


def encrypt(content: bytearray) -> None:
    """Set the flag of the first member, in both places where it is."""
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1


def claim_zip64(content: bytearray) -> None:
    """A zip64 locator that leads far beyond the end, and an ordinary end that says to follow it."""
    at = content.rindex(b"PK\x05\x06")
    content[at + 8 : at + 20] = b"\xff" * 12
    content[at:at] = b"PK\x06\x07" + struct.pack("<LQL", 0, 1 << 62, 1)


def claim_method(content: bytearray) -> None:
    """A way of compression that there is not, for the list."""
    at = content.index(b"PK\x01\x02")
    content[at + 10 : at + 12] = struct.pack("<H", 97)
    at = content.index(b"PK\x03\x04")
    content[at + 8 : at + 10] = struct.pack("<H", 97)


def zip_with_a_link(folder: Path) -> Path:
    link = zipfile.ZipInfo("set/c.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = good_zip(folder)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    return path


def zip_with_a_name_twice(folder: Path) -> Path:
    return make_zip(folder / "set.zip", {**MEMBERS, "set/A.PNG": png(3)})


def tar_with(name: str, kind: bytes, target: str = "") -> Callable[[Path], Path]:
    return lambda folder: make_link_tar(folder / name, kind, target)


def sparse_tar(folder: Path) -> Path:
    """A file of GNU's sparse format, which stands for a terabyte of zeros."""
    with tarfile.open(folder / "set.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        add_file(archive, "a.png", png())
        headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 40)}
        add_file(archive, "b.png", b"1\n0\n0\n".ljust(512, b"\0"), pax_headers=headers)
    return folder / "set.tar"


def tar_of_an_endless_size(folder: Path) -> Path:
    """A last member that says it has more bytes than the archive."""
    with tarfile.open(folder / "set.tar", "w") as archive:
        add_file(archive, "a.png", png())
        member = tarfile.TarInfo("b.png")
        member.size = 1 << 40
        archive.fileobj.write(member.tobuf())  # `addfile` of newer Pythons would want the content
    return folder / "set.tar"


def bomb(name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        zeros = {"set/val.txt": b"\n" * 110_000_000}
        return make_zip(folder / name, zeros) if name.endswith("zip") else make_tar(folder / name, zeros)

    return write


def gzip_in_gzip(folder: Path) -> Path:
    path = good_tar(folder, "w:gz")
    return written(path, gzip.compress(path.read_bytes()))


def zip_in_zip(folder: Path) -> Path:
    inner = good_zip(folder)
    path = make_zip(folder / "outer.zip", {"set.zip": inner.read_bytes()})
    inner.unlink()
    return path


# --- ILSVRC2012 -------------------------------------------------------------------------------------


def kit(ids: list[int], change: Callable[[Path], object] = str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        write_images(folder / "val", 3)
        change(write_kit(folder, ids, permuted(), "data"))
        return folder

    return write


def kaggle(change: Callable[[str], str]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        solution = write_kaggle(folder, list(SYNSETS[:3]))
        solution.write_text(change(solution.read_text()))
        return folder

    return write


# --- tables that hold their images ------------------------------------------------------


def parquet(labels: list[object]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        images = [{"bytes": png(place), "path": f"{place}.png"} for place in range(len(labels))]
        pq.write_table(pa.table({"image": pa.array(images), "label": pa.array(labels)}), folder / "set.parquet")
        return folder / "set.parquet"

    return write


LONG_NUMBER = "9" * 30

LISTS: dict[str, Case] = {
    "list_negative_class": case(listing("a.png 0\nb.png -1\n"), "val.txt:2", "-1"),
    "list_float_class": case(listing("a.png 0\nb.png 1.5\n"), "val.txt:2", "1.5"),
    "list_class_of_30_digits": case(listing(f"a.png 0\nb.png {LONG_NUMBER}\n"), "val.txt:2"),
    "list_hexadecimal_class": case(listing("a.png 0\nb.png 0x1f\n"), "val.txt:2", "0x1f"),
    "list_class_in_other_digits": case(listing("a.png 0\nb.png ²\n"), "val.txt:2"),
    "list_missing_image": case(listing("a.png 0\ngone.png 1\n"), "val.txt:2", "gone.png does not exist"),
    "list_other_case": case(listing("a.png 0\nB.PNG 1\n"), "val.txt:2", "There is b.png, though"),
    "list_missing_class": case(listing("a.png 0\nb.png\n"), "val.txt:2", "no class"),
    "list_several_classes": case(listing("a.png 0\nb.png 1 2\n"), "val.txt:2", "more than one class"),
    "list_several_classes_by_tabs": case(listing("a.png\t0\nb.png\t1\t2\n"), "val.txt:2", "more than one class"),
    "list_leads_out": case(listing("a.png 0\n../secret.png 1\n"), "val.txt:2", "leads out"),
    "list_absolute_name": case(listing("a.png 0\n/etc/passwd 1\n"), "val.txt:2", "leads out"),
    "list_duplicates_contradict": case(listing("a.png 0\nb.png 1\na.png 1\n"), "val.txt:3", "line 1"),
    "list_of_markup": case(listing("a.png 0\n<script>alert(1)</script>.png 1\n"), "val.txt:2", "<script>"),
    "list_of_escapes": case(listing("a.png 0\n\x1b[31mred.png 1\n"), "val.txt:2", "\\x1b"),
    "list_not_utf8": case(listing(b"a.png 0\nb\xff.png 1\n"), "val.txt:2", "UTF-8"),
    "list_with_zero_bytes": case(listing(b"a.png 0\nb\0.png 1\n"), "val.txt:2", "zero byte"),
    "list_utf16_without_mark": case(listing("a.png 0\nb.png 1\n".encode("utf-16-le")), "val.txt:1", "UTF-8"),
    "list_empty": case(given("", "val.txt"), "val.txt", "lists no images"),
    "list_found_empty": case(listing(""), "val.txt", "lists no images"),
    "list_of_comments": case(listing("# a.png 0\n\n# b.png 1\n"), "val.txt", "lists no images"),
    "list_of_blank_lines": case(listing("\n \n\t\n"), "val.txt", "lists no images"),
    "list_of_one_line_of_100_mb": case(listing(b"a.png 0 " + b"x" * 100_000_000), "val.txt:1"),
    "list_of_a_tebibyte": case(sparse("val.txt"), "val.txt", "1,099,511,627,776 bytes"),
    "list_is_html": case(given(HTML, "val.txt"), "val.txt:1"),
    "list_is_an_image": case(given(png(), "val.txt"), "val.txt:1"),
    "list_is_a_pipe": case(list_is_a_pipe, "val.txt", "is not a file"),
    "list_is_a_device": case(list_is_a_device, "val.txt", "is not a file"),
    "list_two_candidates": case(
        lambda folder: written(listing("a.png 0\n", "x.txt")(folder) / "y.txt", "a.png 0\n").parent,
        "x.txt, y.txt",
        "annotations",
    ),
    "listed_image_is_a_folder": case(listed_folder, "val.txt:2", "d.png is not a file"),
    "listed_image_is_a_pipe": case(listed_pipe, "val.txt:2", "pipe.png is not a file"),
    "listed_image_is_a_socket": case(listed_socket, "val.txt:2", "socket.png is not a file"),
    "listed_image_is_a_device": case(listed_link("/dev/zero"), "val.txt:2", "link.png is not a file"),
    "listed_image_is_a_dangling_link": case(listed_link("gone.png"), "val.txt:2", "a link that leads nowhere"),
    "listed_image_is_a_cyclic_link": case(listed_link("link.png"), "val.txt:2", "a link that leads nowhere"),
}

TABLES: dict[str, Case] = {
    "table_without_paths": case(given("a,b\n1,2\n", "images.csv"), "images.csv:1", "path_column"),
    "table_empty": case(given("", "images.csv"), "images.csv"),
    "table_of_a_head_alone": case(given("path,label\n", "images.csv"), "images.csv"),
    "table_with_open_quotes": case(table('path,label\na.png,0\n"b.png,1\nc.png,2\n'), "images.csv:3"),
    "table_of_two_columns_of_one_name": case(table("path,label,label\na.png,0,1\n"), "images.csv:1", "called label"),
    "table_missing_image": case(table("path,label\na.png,0\ngone.png,1\n"), "images.csv:3", "gone.png does not exist"),
    "table_negative_class": case(table("path,label\na.png,0\nb.png,-3\n"), "images.csv:3", "-3"),
    "table_duplicates_contradict": case(table("path,label\na.png,0\nb.png,1\na.png,1\n"), "images.csv:4"),
    "table_not_utf8": case(table(b"path,label\na.png,0\nb\xff.png,1\n"), "images.csv:3", "UTF-8"),
    "table_with_zero_bytes": case(table(b"path,label\na.png,0\nb.png,\0\n"), "images.csv:3", "zero byte"),
    "table_of_a_tebibyte": case(sparse("images.csv"), "images.csv", "1,099,511,627,776 bytes"),
    "table_of_one_field_of_1_mb": case(table(f'path,label\na.png,0\nb.png,"{"x" * 1_000_000}\n'), "images.csv:3"),
}

FOLDERS: dict[str, Case] = {
    "folder_of_text": case(nothing_but_text, "is not recognised", "readme.md"),
    "folder_empty": case(lambda folder: folder, "is not recognised", "no files"),
    "folder_unreadable": case(unreadable_folder, "green", "permission"),
    "folder_is_a_link_to_itself": case(dataset_is_a_link_to_itself, "loop"),
    "folders_of_one_number": case(classes("1", "01"), "01, 1", "Rename all but one"),
    "folder_with_a_name_not_utf8": case(undecodable_name, "\\udcff", "Rename it"),
    "file_of_no_kind": case(lambda folder: written(folder / "set.rar", b"Rar!"), "set.rar", "is not a dataset"),
    "file_is_an_image": case(lambda folder: written(folder / "a.png", png()), "a.png", "is not a dataset"),
    "file_is_a_device": case(device, "/dev/null", "is not a dataset"),
    "odd_name": case(
        lambda folder: written(folder / "<script>'\n\" é" / "val.txt", "gone.png 0\n").parent, "<script>", "val.txt:1"
    ),
}

ARCHIVES: dict[str, Case] = {
    "zip_is_html": case(lambda folder: written(folder / "set.zip", HTML), "set.zip", "no zip or tar archive"),
    "zip_empty": case(lambda folder: written(folder / "set.zip", b""), "set.zip", "empty"),
    "zip_cut_off": case(cut(good_zip), "set.zip", "cut off"),
    "zip_without_members": case(zipped({}), "set.zip is not recognised", "no files"),
    "zip_absolute_name": case(zipped({**MEMBERS, "/etc/a.png": png()}), "set.zip", "/etc/a.png", "absolute"),
    "zip_name_leads_out": case(zipped({**MEMBERS, "../a.png": png()}), "set.zip", "../a.png", "leads out"),
    "zip_name_leads_out_with_backslashes": case(zipped({**MEMBERS, "..\\a.png": png()}), "set.zip", "leads out"),
    "zip_with_a_link": case(zip_with_a_link, "set.zip", "set/c.png", "is a link"),
    "zip_name_twice": case(zip_with_a_name_twice, "set.zip", "set/A.PNG", "there twice"),
    "zip_encrypted": case(patched(good_zip, encrypt), "set.zip", "set/val.txt", "encrypted"),
    "zip_compressed_unknown": case(patched(good_zip, claim_method), "set.zip", "set/val.txt", "compressed in a way"),
    "zip_of_zip64_nonsense": case(patched(good_zip, claim_zip64), "set.zip", "damaged"),
    "zip_bomb": case(bomb("bomb.zip"), "bomb.zip", "200 times"),
    "zip_in_zip": case(zip_in_zip, "outer.zip is not recognised", "1 .zip (set.zip)"),
    "zip_with_a_wrong_list": case(zipped({**MEMBERS, "set/val.txt": b"gone.png 0\n"}), "set.zip/val.txt", "val.txt:1"),
    "tar_cut_off": case(cut(good_tar, 0.3), "set.tar", "cut off"),
    "tar_of_an_endless_size": case(tar_of_an_endless_size, "set.tar", "b.png", "cut off"),
    "tar_with_a_device": case(tar_with("set.tar", tarfile.CHRTYPE), "set.tar", "link", "neither"),
    "tar_with_a_pipe": case(tar_with("set.tar", tarfile.FIFOTYPE), "set.tar", "neither"),
    "tar_with_a_hard_link": case(tar_with("set.tar", tarfile.LNKTYPE, "/etc/passwd"), "set.tar", "is a link"),
    "tar_with_a_link": case(tar_with("set.tar", tarfile.SYMTYPE, "../.."), "set.tar", "is a link"),
    "tar_sparse": case(sparse_tar, "set.tar", "b.png"),
    "tar_name_leads_out": case(
        lambda folder: make_tar(folder / "set.tar", {**MEMBERS, "../a.png": png()}, mode="w"), "set.tar", "leads out"
    ),
    "tar_gz_cut_off": case(cut(lambda folder: good_tar(folder, "w:gz"), 0.5), "set.tar.gz", "cut off"),
    "tar_gz_bomb": case(bomb("bomb.tar.gz"), "bomb.tar.gz", "200 times"),
    "tar_gz_in_gz": case(gzip_in_gzip, "set.tar.gz", "no zip or tar archive"),
    "tar_gz_is_html": case(lambda folder: written(folder / "set.tar.gz", HTML), "set.tar.gz", "no zip or tar archive"),
}

PUBLISHED: dict[str, Case] = {
    "ilsvrc_without_meta": case(
        kit([1, 2, 3], lambda truth: truth.with_name("meta.mat").unlink()), "meta.mat", "whole development kit"
    ),
    "ilsvrc_meta_cut_off": case(
        kit([1, 2, 3], lambda truth: os.truncate(truth.with_name("meta.mat"), 2000)), "meta.mat"
    ),
    "ilsvrc_meta_is_text": case(
        kit([1, 2, 3], lambda truth: truth.with_name("meta.mat").write_text("hello")), "meta.mat"
    ),
    "ilsvrc_class_0": case(kit([1, 0, 3]), "ILSVRC2012_validation_ground_truth.txt:2", "from 1 to 1000"),
    "ilsvrc_class_1001": case(kit([1, 2, 1001]), "ILSVRC2012_validation_ground_truth.txt:3", "1001"),
    "ilsvrc_missing_image": case(kit([1, 2, 3, 4]), "truth.txt:4", "ILSVRC2012_val_00000004 does not exist"),
    "ilsvrc_empty": case(kit([]), "ILSVRC2012_validation_ground_truth.txt"),
    "ilsvrc_blank_line": case(
        kit([], lambda truth: truth.write_text("1\n\n3\n")), "ILSVRC2012_validation_ground_truth.txt:2", "empty"
    ),
    "kaggle_other_head": case(
        kaggle(lambda text: text.replace("ImageId", "Id")), "LOC_val_solution.csv:1", "ImageId,PredictionString"
    ),
    "kaggle_two_synsets": case(
        kaggle(lambda text: text.replace(f"{SYNSETS[1]} 5", f"{SYNSETS[9]} 5")),
        "LOC_val_solution.csv:3",
        "more than one class",
    ),
    "kaggle_cut_boxes": case(kaggle(lambda text: text.rstrip()[:-4]), "LOC_val_solution.csv:4"),
    "kaggle_missing_image": case(
        kaggle(lambda text: text.replace("_00000002,", "_00000009,")), "LOC_val_solution.csv:3", "does not exist"
    ),
    "kaggle_image_twice": case(
        kaggle(lambda text: text.replace("_00000002,", "_00000003,")), "LOC_val_solution.csv:3", "line 2"
    ),
    "parquet_cut_off": case(cut(parquet([0, 1])), "set.parquet"),
    "parquet_is_html": case(lambda folder: written(folder / "set.parquet", HTML), "set.parquet"),
    "parquet_negative_class": case(parquet([0, -7]), "set.parquet:2", "-7"),
}

MALFORMED: dict[str, Case] = {**LISTS, **TABLES, **FOLDERS, **ARCHIVES, **PUBLISHED}
"""Everything that every command refuses."""

OUTSIDE_MODEL: dict[str, Case] = {
    "list_class_outside_the_model": case(listing("a.png 0\nb.png 3\n"), "val.txt:2", "3"),
    "list_of_names_the_model_has_not": case(listing("a.png red\nb.png violet\n"), "violet"),
    "folders_of_names_the_model_has_not": case(classes("red", "violet"), "violet"),
    "folders_of_numbers_outside_the_model": case(classes("0", "7"), "7"),
    "folders_of_18_digits": case(classes("0", "9" * 18), "9" * 18),
    "folders_of_30_digits": case(classes("0", LONG_NUMBER), LONG_NUMBER),
    "parquet_class_outside_the_model": case(parquet([0, 9]), "9"),
}
"""What is right in itself, but not for a model of three classes."""

LABELLED = listing("a.png 0\nb.png 2\n")
WRONG_OPTIONS: dict[str, Case] = {
    "labels_too_few": case(
        lambda folder: written(LABELLED(folder) / "labels.txt", "red\ngreen\n").parent,
        "labels.txt",
        "2",
        options=("--labels", "labels.txt"),
    ),
    "labels_missing": case(LABELLED, "gone.txt does not exist", options=("--labels", "gone.txt")),
    "labels_broken_json": case(
        lambda folder: written(LABELLED(folder) / "labels.json", '{"0": "red", ').parent,
        "labels.json",
        options=("--labels", "labels.json"),
    ),
    "labels_with_gaps": case(
        lambda folder: written(LABELLED(folder) / "labels.json", '{"0": "red", "2": "blue"}').parent,
        "labels.json",
        options=("--labels", "labels.json"),
    ),
    "labels_not_utf8": case(
        lambda folder: written(LABELLED(folder) / "labels.txt", b"red\n\xff\nblue\n").parent,
        "labels.txt",
        options=("--labels", "labels.txt"),
    ),
    "labels_are_a_folder": case(
        lambda folder: written(LABELLED(folder) / "labels" / "x", "").parents[1],
        "labels is not a file",
        options=("--labels", "labels"),
    ),
    "labels_without_the_class_of_the_list": case(
        lambda folder: written(listing("a.png red\nb.png violet\n")(folder) / "labels.txt", "red\ngreen\n").parent,
        "val.txt:2",
        "violet",
        options=("--labels", "labels.txt"),
    ),
    "split_that_is_not_there": case(LABELLED, "no split 'test'", options=("--split", "test")),
    "column_of_no_table": case(LABELLED, options=("--path-column", "x")),
    "column_that_is_not_there": case(
        table("path,label\na.png,0\n"), "images.csv", "path, label", options=("--label-column", "x")
    ),
    "annotations_of_another_machine": case(LABELLED, "does not exist", options=("--annotations", "C:\\val.txt")),
}
"""Datasets that do not fit what is said of them; only the import of a dataset takes label files for it."""
