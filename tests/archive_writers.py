"""Archives for tests: of given members, or of a folder."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path


def make_zip(path: Path, members: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip archive of members; all have the same time, in 2020."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 2, 3, 4, 5, 6)), content, compression)
    return path


def make_tar(path: Path, members: dict[str, bytes], *, mode: str = "w:gz") -> Path:
    """A tar archive of members; the mode says how it is compressed."""
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            add_file(archive, name, content)
    return path


def add_file(archive: tarfile.TarFile, name: str, content: bytes, **fields: object) -> None:
    """Add one member of any kind; `fields` are those of `tarfile.TarInfo`."""
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(content), 1_580_702_706
    for field, value in fields.items():
        setattr(member, field, value)
    archive.addfile(member, io.BytesIO(content))


def make_link_tar(path: Path, kind: bytes, target: str) -> Path:
    """A tar archive with an image and a member of another kind, such as a link to `target`."""
    with tarfile.open(path, "w") as archive:
        add_file(archive, "a.jpg", b"1")
        add_file(archive, "link", b"", type=kind, linkname=target)
    return path


def write_zip(folder: Path, archive: Path, compression: int = zipfile.ZIP_DEFLATED, top: str = "") -> Path:
    """A zip archive of everything in a folder, below `top`."""
    with zipfile.ZipFile(archive, "w", compression) as opened:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            opened.write(file, f"{top}{file.relative_to(folder)}")
    return archive


def write_tar(folder: Path, archive: Path, form: int = tarfile.PAX_FORMAT, top: str = "") -> Path:
    """A tar archive of everything in a folder, below `top`."""
    with tarfile.open(archive, "w", format=form) as opened:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            opened.add(file, f"{top}{file.relative_to(folder)}")
    return archive
