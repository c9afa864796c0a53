"""Files that a browser sends: written to the workspace as they arrive, never whole in memory."""

from __future__ import annotations

import re
import secrets
import shutil
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from accubench.errors import AccuBenchError, StorageFullError, UsageError
from accubench.records.job import Job
from accubench.web.workbench import Workbench

__all__ = ["LargeUploadError", "Upload", "receive_upload", "safe_name"]

_LONGEST_NAME_BYTES = 200
_LONGEST_FIELD_BYTES = 10_000
_LONGEST_HEADER_BYTES = 8_000
_MOST_FIELDS = 50
_MOST_FILES = 100_000
_SPARE_BYTES = 1 << 30  # of the disk, which are left free
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class LargeUploadError(AccuBenchError):
    """More was sent than the server takes."""


def safe_name(given: str) -> str:
    r"""The name that an uploaded file gets: the user's own, without folders and without what cannot be seen.

    Raises:
        UsageError: Nothing is left of it, or it is too long.

    >>> safe_name("C:\\photos\\a b.jpg"), safe_name("../../.profile"), safe_name("<b>é'.onnx")
    ('a b.jpg', 'profile', "<b>é'.onnx")
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    visible = "".join(letter for letter in base if unicodedata.category(letter) not in _INVISIBLE)
    name = visible.strip().lstrip(".").strip()
    if not name:
        raise UsageError(f"A file with the name {given[:100]!r} cannot be kept. Rename it.")
    if len(name.encode()) > _LONGEST_NAME_BYTES:
        raise UsageError(f"The name {name[:60]}... is too long: at most {_LONGEST_NAME_BYTES} bytes. Rename the file.")
    return name


@dataclass
class Upload:
    """Files that arrived, in a folder of their own, and what else was in the form."""

    folder: Path
    """Until `finish` its name ends in ``.unfinished``."""
    names: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def finish(self, workbench: Workbench, submit: Callable[[Path], Job]) -> Job:
        """Let the folder stay, and queue what makes something of it.

        Args:
            workbench: The server.
            submit: Queues the import of the folder it is given.
        """
        final = self.folder.with_suffix("")
        try:
            with workbench.workspace.hold_uploads():
                self.folder.rename(final)
                return submit(final)
        except BaseException:
            shutil.rmtree(final, ignore_errors=True)
            raise

    def discard(self) -> None:
        """Delete everything that arrived."""
        shutil.rmtree(self.folder, ignore_errors=True)


async def receive_upload(request: Request, workbench: Workbench) -> Upload:
    """Write the files of a multipart form into a new folder below the workspace's uploads.

    Raises:
        UsageError: It is no such form, has no file, or a file's name cannot be kept or is there twice.
        LargeUploadError: It is larger than the server takes.
        StorageFullError: It does not fit on the disk.
        ClientDisconnect: The browser went away.
    """
    limit = workbench.settings.largest_upload_bytes
    folder = workbench.workspace.uploads / f"u-{secrets.token_hex(8)}.unfinished"
    await run_in_threadpool(folder.mkdir, parents=True)
    upload = Upload(folder)
    try:
        _check_space(request, folder, limit)
        with _Receiver(upload, _boundary(request), limit) as receiver:
            async for chunk in request.stream():
                await run_in_threadpool(receiver.take, chunk)
            await run_in_threadpool(receiver.end)
    except BaseException:
        upload.discard()
        raise
    return upload


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise UsageError("Files are sent as multipart/form-data.")
    return options[b"boundary"]


def _check_space(request: Request, folder: Path, limit: int) -> None:
    announced = request.headers.get("content-length", "0")
    size = int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 20 else 0
    if size > limit + _LONGEST_FIELD_BYTES * _MOST_FIELDS:
        raise _too_large(limit)
    free = shutil.disk_usage(folder).free - _SPARE_BYTES
    if size > free:
        raise StorageFullError(
            f"These files have {size:,} bytes, but only {max(0, free):,} of the disk of {folder.parent} may be used. "
            "Free some space, or import from a path on the server."
        )


def _too_large(limit: int) -> LargeUploadError:
    return LargeUploadError(
        f"At most {limit:,} bytes can be uploaded at once. Import larger files from a path on the server."
    )


class _Receiver:
    """Takes a multipart body piece by piece; parts with a file name go to files, the others into memory."""

    def __init__(self, upload: Upload, boundary: bytes, limit: int) -> None:
        self._upload = upload
        self._limit = limit
        self._received = 0
        self._taken: set[str] = set()
        self._file: IO[bytes] | None = None
        self._field = bytearray()
        self._field_name = ""
        self._wanted = False
        self._headers: dict[bytes, bytes] = {}
        self._header = [bytearray(), bytearray()]
        self._complete = False
        callbacks: Any = {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda data, start, end: self._add_to_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._add_to_header(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open_part,
            "on_part_data": lambda data, start, end: self._write(memoryview(data)[start:end]),
            "on_part_end": self._end_part,
            "on_end": self._end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except MultipartParseError as error:
            raise _no_form() from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def take(self, chunk: bytes) -> None:
        """Take the next piece of the body."""
        self._received += len(chunk)
        if self._received > self._limit + _LONGEST_FIELD_BYTES * _MOST_FIELDS:
            raise _too_large(self._limit)
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise _no_form() from error
        except OSError as error:
            raise StorageFullError(
                f"The files could not be written to {self._upload.folder.parent}: {error.strerror}. Nothing was kept."
            ) from error

    def end(self) -> None:
        """Make sure that the body was whole."""
        if not self._complete:
            raise _no_form()
        if not self._upload.names:
            raise UsageError("No file was chosen.")

    def _begin_part(self) -> None:
        self._headers, self._header = {}, [bytearray(), bytearray()]

    def _add_to_header(self, part: int, data: bytes) -> None:
        self._header[part] += data
        if len(self._header[part]) > _LONGEST_HEADER_BYTES or len(self._headers) > _MOST_FIELDS:
            raise _no_form()

    def _end_header(self) -> None:
        self._headers[bytes(self._header[0]).lower()] = bytes(self._header[1])
        self._header = [bytearray(), bytearray()]

    def _open_part(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._field_name = options.get(b"name", b"").decode(errors="replace")
        self._field = bytearray()
        given = options.get(b"filename")
        # A browser sends a part without a file's name where none was chosen.
        self._wanted = given is None
        if given:
            self._open_file(safe_name(given.decode(errors="replace")))

    def _open_file(self, name: str) -> None:
        if name.casefold() in self._taken:
            raise UsageError(f"There are two files named {name} (upper and lower case count as one). Send one of them.")
        if len(self._taken) >= _MOST_FILES:
            raise UsageError(f"At most {_MOST_FILES:,} files can be uploaded at once. Send them as an archive.")
        self._taken.add(name.casefold())
        self._upload.names.append(name)
        self._file = (self._upload.folder / name).open("xb")

    def _write(self, data: memoryview) -> None:
        if self._file is not None:
            self._file.write(data)
        elif self._wanted:
            self._field += data
            if len(self._field) > _LONGEST_FIELD_BYTES or len(self._upload.fields) > _MOST_FIELDS:
                raise UsageError(f"The form's value of {self._field_name[:60]!r} is too long.")

    def _end_part(self) -> None:
        if self._file is None and self._wanted:
            self._upload.fields[self._field_name] = self._field.decode(errors="replace")
        self._close()

    def _end(self) -> None:
        self._complete = True

    def _close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None


def _no_form() -> UsageError:
    return UsageError("The upload broke off, or is no form with files. Nothing was kept; send it again.")
