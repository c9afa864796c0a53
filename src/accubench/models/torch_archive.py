"""The zip archives in which PyTorch keeps models: what one holds, and a copy with nothing in it but what was checked.

PyTorch never sees the archive itself.
It reads zip files with a parser of its own, which may find other members under the same names than Python does; what
was checked is therefore written into a new archive, and only that one is handed over.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from accubench.errors import BrokenModelError
from accubench.models.contract import read_head
from accubench.models.zip_damage import ZIP_DAMAGE

__all__ = ["TorchContent", "clean_archive", "read_member", "read_members", "torch_content"]

TorchKind = Literal["export", "old export", "compiled", "script", "old script", "pickle"]

_ROOT = "model"
_MOST_MEMBERS = 100_000
_LONGEST_MARK = 16  # bytes; it is "pt2"
_LARGEST_CODE = 50_000_000
"""Bytes that compressed members may have when they are unpacked."""
_OLD_PICKLE = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""How `torch.save` began a file before PyTorch 1.6: the pickle of its magic number."""
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257


class TorchContent(NamedTuple):
    """What a file of PyTorch holds."""

    kind: TorchKind
    members: dict[str, zipfile.ZipInfo]
    """Members of the archive by their names below its one folder; empty for what is no archive."""


def torch_content(path: Path) -> TorchContent | None:
    """Tell by content what PyTorch wrote into a file; None where it wrote nothing, or the file is cut off."""
    head = read_head(path, 512)
    if head.startswith(_OLD_PICKLE):
        return TorchContent("pickle", {})
    if head[_TAR_MARK_AT:].startswith(_TAR_MARK) and head.startswith((b"pickle", b"sys_info", b"storages", b"tensors")):
        return TorchContent("pickle", {})
    if not head.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if not infos or min(info.header_offset for info in infos) != 0:
                return None  # of a file that is cut off, Python finds an archive that is one of its members
            members = {_below_root(info.filename): info for info in infos}
            mark = _mark(archive, members)
    except ZIP_DAMAGE:
        return None
    kind = _kind({info.filename for info in infos}, members, mark)
    return None if kind is None else TorchContent(kind, members)


def _mark(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> bytes:
    if "archive_format" not in members:
        return b""
    with archive.open(members["archive_format"]) as file:
        return file.read(_LONGEST_MARK)


def _kind(full_names: set[str], names: Mapping[str, zipfile.ZipInfo], mark: bytes) -> TorchKind | None:
    if mark == b"pt2":
        return "export" if any(name.startswith("models/") for name in names) else "compiled"
    if "serialized_exported_program.json" in full_names:
        return "old export"
    has_code = any(name.startswith("code/") for name in names)
    if has_code and "constants.pkl" in names and "data.pkl" in names:
        return "script"
    if has_code and "model.json" in names:
        return "old script"
    return "pickle" if "data.pkl" in names else None


def _below_root(name: str) -> str:
    return name.partition("/")[2] or name


def read_members(path: Path, content: TorchContent) -> dict[str, bytes]:
    """Every member by its name below the archive's one folder.

    PyTorch compresses code only, so that what is read is hardly larger than the file.

    Raises:
        BrokenModelError: The archive is damaged, or not as PyTorch writes one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            _check_infos(path, infos)
            _check_sizes(path, infos)
            return {name: archive.read(info) for name, info in content.members.items()}
    except ZIP_DAMAGE as error:
        raise BrokenModelError(f"{path} is damaged: {error}. Fetch or export the file again.") from error


def read_member(path: Path, members: Mapping[str, bytes], name: str) -> bytes:
    """One member that must be there.

    Raises:
        BrokenModelError: It is missing.
    """
    if name not in members:
        raise BrokenModelError(f"{path} is incomplete: it holds no '{name}'. Fetch or export the file again.")
    return members[name]


def _check_infos(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in infos]
    if len(names) > _MOST_MEMBERS:
        raise BrokenModelError(f"{path} holds {len(names)} members, more than any model has.")
    if len({name.partition("/")[0] for name in names}) != 1 or not all("/" in name for name in names):
        raise BrokenModelError(f"{path} is no archive of PyTorch: its members are not in one folder.")
    if len(set(names)) != len(names):
        raise BrokenModelError(f"{path} is no archive of PyTorch: it holds two members of the same name.")


def _check_sizes(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    compressed = sum(info.file_size for info in infos if info.compress_type != zipfile.ZIP_STORED)
    if compressed > _LARGEST_CODE:
        raise BrokenModelError(
            f"{path} is not as PyTorch writes it: {compressed} bytes in it are compressed. "
            "Save the model again with PyTorch itself."
        )
    if sum(info.file_size for info in infos) - compressed > path.stat().st_size:
        raise BrokenModelError(f"{path} is damaged: members of the archive overlap. Export the model again.")


def clean_archive(members: Mapping[str, bytes]) -> io.BytesIO:
    """A new archive in memory with these members, by their names below its one folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(f"{_ROOT}/{name}", content)
    buffer.seek(0)
    return buffer
