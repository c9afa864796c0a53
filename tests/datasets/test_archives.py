"""Archives of strangers: everything safe is unpacked, everything else leaves nothing behind."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.datasets import archives
from accubench.datasets.archives import archive_stem, is_archive, unpacked_archive
from accubench.errors import Cancelled, DatasetProblemsError, StorageFullError
from archive_writers import add_file, make_link_tar, make_tar, make_zip

HARMLESS = {"set/a.jpg": b"first", "set/sub/b é ' <b>.jpg": b"second"}


def unpack(archive: Path, place: Path, **options: object) -> Path:
    archives.unpack(archive, place, **options)
    return unpacked_archive(archive, place).folder


def refused(archive: Path, place: Path, **options: int) -> str:
    """The message, after making sure that nothing is left."""
    with pytest.raises(DatasetProblemsError) as caught:
        unpack(archive, place / "out", **options)
    assert not (place / "out").exists()
    assert archive.name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("set.zip", make_zip),
        ("stored.zip", lambda path, members: make_zip(path, members, compression=zipfile.ZIP_STORED)),
        ("set.tar", lambda path, members: make_tar(path, members, mode="w")),
        ("set.tar.gz", make_tar),
        ("set.tgz", make_tar),
        ("set.tar.bz2", lambda path, members: make_tar(path, members, mode="w:bz2")),
        ("set.tar.xz", lambda path, members: make_tar(path, members, mode="w:xz")),
    ],
)
def test_a_harmless_archive_gives_its_files_and_their_times(tmp_path, name, make):
    archive = make(tmp_path / name, HARMLESS)
    assert is_archive(archive)
    folder = unpack(archive, tmp_path / "out")
    assert folder == tmp_path / "out" / "set"
    found = {path.relative_to(tmp_path / "out").as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == HARMLESS
    assert {path.stat().st_mtime for path in found.values()} == {1_580_702_706}


def test_the_single_folder_at_the_top_is_stepped_into_but_several_are_not(tmp_path):
    single = {"val.txt": b"a.jpg 0"}
    assert unpack(make_zip(tmp_path / "a.zip", single), tmp_path / "a") == tmp_path / "a"
    several = {"cats/1.jpg": b"1", "dogs/2.jpg": b"2"}
    assert unpack(make_zip(tmp_path / "b.zip", several), tmp_path / "b") == tmp_path / "b"
    nested = {"set/val/1.jpg": b"1", "__MACOSX/set/._1.jpg": b"fork"}
    assert unpack(make_zip(tmp_path / "c.zip", nested), tmp_path / "c") == tmp_path / "c" / "set"
    assert not (tmp_path / "c" / "__MACOSX").exists()


ESCAPES = ["../evil.jpg", "set/../../evil.jpg", "/tmp/evil.jpg", "C:/evil.jpg", "a\x01b.jpg", "n" * 300 + ".jpg"]


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name, make):
    place = tmp_path / "deep" / "place"
    place.mkdir(parents=True)
    archive = make(place / "bad.zip", {"good.jpg": b"1", name: b"2"})
    message = refused(archive, place)
    assert "member" in message
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["bad.zip"]


def test_backslashes_of_windows_are_folders_and_do_not_lead_out(tmp_path):
    assert "leads out" in refused(make_zip(tmp_path / "bad.zip", {"..\\evil.jpg": b"1"}), tmp_path)
    folder = unpack(make_zip(tmp_path / "good.zip", {"a\\1.jpg": b"1", "b\\2.jpg": b"2"}), tmp_path / "out")
    assert (folder / "a" / "1.jpg").read_bytes() == b"1"


def test_a_zero_byte_does_not_hide_the_end_of_a_name(tmp_path):
    archive = make_zip(tmp_path / "bad.zip", {"goodX.jpg": b"1"})
    archive.write_bytes(archive.read_bytes().replace(b"goodX", b"good\0"))
    assert "control characters" in refused(archive, tmp_path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["/etc/passwd", "../..", "a.jpg"])
def test_links_in_a_tar_are_refused_wherever_they_lead(tmp_path, kind, target):
    assert "is a link" in refused(make_link_tar(tmp_path / "bad.tar", kind, target), tmp_path)


def test_links_in_a_zip_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc")
        archive.writestr("link/passwd", "mine")
    assert "is a link" in refused(tmp_path / "bad.zip", tmp_path)


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_are_refused(tmp_path, kind):
    assert "neither" in refused(make_link_tar(tmp_path / "bad.tar", kind, ""), tmp_path)


@pytest.mark.parametrize("second", ["set/a.jpg", "SET/A.JPG", "./set//a.jpg"])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_name_that_is_there_twice_is_refused(tmp_path, second, mode):
    with tarfile.open(tmp_path / "bad.tar", mode) as archive:
        add_file(archive, "set/a.jpg", b"1")
        add_file(archive, second, b"2")
    assert "twice" in refused(tmp_path / "bad.tar", tmp_path)


def test_a_file_that_is_also_a_folder_is_refused(tmp_path):
    for number, names in enumerate([("a", "a/b.jpg"), ("a/b.jpg", "a")]):
        archive = make_zip(tmp_path / f"bad{number}.zip", dict.fromkeys(names, b"1"))
        assert "both a file and a folder" in refused(archive, tmp_path)


def test_all_problems_of_a_zip_are_named_together(tmp_path):
    message = refused(make_zip(tmp_path / "bad.zip", {"../a": b"1", "/b": b"2", "c": b"3", "C": b"4"}), tmp_path)
    assert all(name in message for name in ("../a", "/b", "  C:"))


def test_an_encrypted_member_is_refused(tmp_path):
    archive = make_zip(tmp_path / "bad.zip", {"a.jpg": b"1"})
    data = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    archive.write_bytes(data)
    assert "a.jpg: The member is encrypted" in refused(archive, tmp_path)


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.tar.gz", "bomb.tar.xz"])
def test_a_bomb_is_refused_early(tmp_path, name):
    zeros = {"zeros.jpg": bytes(120_000_000)}
    if name.endswith("zip"):
        archive = make_zip(tmp_path / name, zeros)
    else:
        archive = make_tar(tmp_path / name, zeros, mode=f"w:{name.rpartition('.')[2]}")
    assert "200 times" in refused(archive, tmp_path)


def test_a_zip_that_understates_what_it_holds_is_refused(tmp_path):
    archive = make_zip(tmp_path / "bad.zip", {"a.jpg": bytes(5000)})
    archive.write_bytes(archive.read_bytes().replace(struct.pack("<L", 5000), struct.pack("<L", 50)))
    assert "a.jpg" in refused(archive, tmp_path)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_more_bytes_than_allowed_are_refused(tmp_path, make):
    archive = make(tmp_path / "large.zip", {"a.jpg": os.urandom(3000), "b.jpg": os.urandom(3000)})
    assert "more than 5,000 bytes" in refused(archive, tmp_path, largest_bytes=5000)


def test_more_bytes_than_the_disk_has_are_refused(tmp_path, monkeypatch):
    archive = make_zip(tmp_path / "a.zip", {"a.jpg": bytes(3000)})
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=(1 << 30) + 2000))
    with pytest.raises(StorageFullError, match="2,000 bytes"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_members_than_allowed_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("accubench.datasets.archives.MOST_MEMBERS", 3)
    members = {f"{number}.jpg": b"1" for number in range(4)}
    assert "more than 3 members" in refused(make_zip(tmp_path / "a.zip", members), tmp_path)
    assert "more than 3 members" in refused(make_tar(tmp_path / "a.tar", members, mode="w"), tmp_path)


def test_a_header_of_a_gigabyte_is_not_read_into_memory(tmp_path):
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    with gzip.open(tmp_path / "bad.tar.gz", "wb") as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        file.write(bytes(1 << 20))
    assert "damaged" in refused(tmp_path / "bad.tar.gz", tmp_path)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_tar_that_was_cut_off_names_the_member(tmp_path, mode, share):
    archive = make_tar(tmp_path / "a.tar", {f"{n}.jpg": os.urandom(20_000) for n in range(8)}, mode=mode)
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * share)])
    message = refused(archive, tmp_path)
    assert "cut off" in message
    assert f"{int(8 * share)}.jpg" in message or f"{int(8 * share) - 1}.jpg" in message


def test_a_tar_that_ends_between_two_members_is_refused(tmp_path):
    archive = make_tar(tmp_path / "a.tar", {"1.jpg": bytes(512), "2.jpg": bytes(512)}, mode="w")
    archive.write_bytes(archive.read_bytes()[:1024])
    assert "1.jpg" in refused(archive, tmp_path)


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path):
    archive = make_tar(tmp_path / "a.tar", {"1.jpg": b"1", "2.jpg": b"2"}, mode="w")
    data = bytearray(archive.read_bytes())
    data[1024 + 5] ^= 0xFF
    archive.write_bytes(data)
    assert "1.jpg" in refused(archive, tmp_path)


def test_a_zip_that_was_cut_off_or_damaged_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {f"{n}.jpg": os.urandom(9000) for n in range(4)})
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    assert "cut off" in refused(archive, tmp_path)
    changed = bytearray(whole)
    changed[12_000] ^= 0xFF
    archive.write_bytes(changed)
    assert "1.jpg: The member is damaged" in refused(archive, tmp_path)


def test_a_zip_whose_list_of_members_is_elsewhere_is_damaged(tmp_path):
    archive = make_zip(tmp_path / "a.zip", HARMLESS)
    data = bytearray(archive.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 20] = b"\xff" * 12
    data[end:end] = b"PK\x06\x07" + struct.pack("<LQL", 0, 1 << 62, 1)
    archive.write_bytes(data)
    assert "not where it should be" in refused(archive, tmp_path)


def test_what_is_not_safe_is_told_with_what_to_do(tmp_path):
    message = refused(make_zip(tmp_path / "bad.zip", {"../a": b"1"}), tmp_path)
    assert "unpack it by hand if you trust it" in message


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    for name in ("a.zip", "a.tar", "a.tar.gz"):
        (tmp_path / name).write_bytes(b"I am text. " * 100)
        assert "damaged" in refused(tmp_path / name, tmp_path)
        (tmp_path / name).write_bytes(b"")
        assert "empty (0 bytes)" in refused(tmp_path / name, tmp_path)


def test_permissions_of_members_are_not_taken_over(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add_file(archive, "a.jpg", b"1", mode=0o6777)
    folder = unpack(tmp_path / "a.tar", tmp_path / "out")
    assert stat.S_IMODE((folder / "a.jpg").stat().st_mode) & ~0o666 == 0


def test_cancelling_stops_in_the_middle_and_leaves_nothing(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.jpg": os.urandom(3 << 20)})
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        unpack(archive, tmp_path / "out", cancelled=lambda: next(asked))
    assert not (tmp_path / "out").exists()


def test_progress_counts_up_to_the_size_of_the_archive(tmp_path):
    for archive in (make_zip(tmp_path / "a.zip", HARMLESS), make_tar(tmp_path / "a.tar", HARMLESS, mode="w")):
        seen: list[tuple[int, int]] = []
        unpack(archive, tmp_path / archive.suffix, report=lambda done, total, seen=seen: seen.append((done, total)))
        assert seen == sorted(seen)
        assert all(done <= total == archive.stat().st_size for done, total in seen)


@given(st.binary(max_size=2000), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\0"]))
def test_any_bytes_are_unpacked_or_refused(tmp_path_factory, content, head):
    place = tmp_path_factory.mktemp("any")
    (place / "a.tar").write_bytes(head + content)
    try:
        unpack(place / "a.tar", place / "out")
    except DatasetProblemsError:
        assert not (place / "out").exists()


def test_the_name_of_an_archive_without_its_ending():
    assert [archive_stem(name) for name in ("a.b.TAR.GZ", "x.tgz", "plain", ".zip")] == ["a.b", "x", "plain", ".zip"]
