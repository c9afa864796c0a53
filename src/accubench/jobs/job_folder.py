"""The files of one job: how far it is, what it said, what became of it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from accubench.records.job import JobOutcome
from accubench.records.progress import Progress

__all__ = ["JobFolder"]


class JobFolder:
    """The folder ``jobs/<job_id>`` of a workspace.

    ::

        progress.json   the newest progress, written whole
        log.txt         one line for every message, with its time
        outcome.json    what the process that did the work has made, or why it failed
        attempts.json   how earlier attempts ended

    Args:
        workspace: The workspace folder.
        job_id: Whose files.
    """

    def __init__(self, workspace: Path, job_id: str) -> None:
        self.path = workspace / "jobs" / job_id
        self.log_path = self.path / "log.txt"

    def prepare(self) -> None:
        """Create the folder where it is absent."""
        self.path.mkdir(parents=True, exist_ok=True)

    # --- progress -------------------------------------------------------------------------------

    def progress(self) -> Progress | None:
        """The newest progress, or None before the first."""
        try:
            return Progress(**self._read("progress.json"))
        except (OSError, ValueError, TypeError):
            return None

    def write_progress(self, progress: Progress) -> None:
        """Replace the progress in one step; a full disk must not end the work over it."""
        with suppress(OSError):
            self._write("progress.json", asdict(progress))

    # --- outcome --------------------------------------------------------------------------------

    def outcome(self) -> JobOutcome | None:
        """What the work came to, or None where it did not come to its end."""
        try:
            return JobOutcome.model_validate(self._read("outcome.json"))
        except (OSError, ValueError):
            return None

    def write_outcome(self, outcome: JobOutcome) -> None:
        """Say what the work came to."""
        self._write("outcome.json", outcome.model_dump(mode="json"))

    # --- attempts -------------------------------------------------------------------------------

    def attempts(self) -> dict[str, Any]:
        """What `write_attempts` wrote, or nothing."""
        try:
            return self._read("attempts.json")
        except (OSError, ValueError):
            return {}

    def write_attempts(self, attempts: Mapping[str, Any]) -> None:
        """Remember how attempts ended."""
        self._write("attempts.json", attempts)

    # --- log ------------------------------------------------------------------------------------

    def log(self) -> str:
        """Everything that was said, or nothing so far."""
        try:
            return self.log_path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def say(self, text: str, now: datetime) -> None:
        """Append lines with their time."""
        lines = "".join(f"{now:%Y-%m-%d %H:%M:%SZ}  {line}\n" for line in text.splitlines())
        with suppress(OSError), self.log_path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(lines)

    # --- how ------------------------------------------------------------------------------------

    def _read(self, name: str) -> dict[str, Any]:
        read = json.loads((self.path / name).read_text(encoding="utf-8"))
        if not isinstance(read, dict):
            raise ValueError(f"{name} holds no object")  # noqa: TRY004 - damaged like any other invalid content
        return read

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        temporary = self.path / f"{name}.{secrets.token_hex(4)}.unfinished"
        try:
            temporary.write_text(json.dumps(content), encoding="utf-8")
            os.replace(temporary, self.path / name)  # noqa: PTH105 - Path.replace builds another Path for nothing
        finally:
            temporary.unlink(missing_ok=True)
