"""What a refusal on the command line must be, whatever was refused, and what it must leave as it was."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from typer.testing import Result

from accubench import Workspace

__all__ = ["assert_is_one_clear_paragraph", "catalogued", "tree"]

_LONGEST_MESSAGE = 1_500


def assert_is_one_clear_paragraph(done: Result, *words: str) -> None:
    """Status 2, nothing on standard output, and one error of readable length that holds all of the words."""
    assert done.exit_code == 2, done.stderr
    assert done.stdout == ""
    _, begin, text = " ".join(done.stderr.split()).rpartition("Error: ")
    assert begin
    assert not re.search(r"Traceback|Unexpected|\.cpp:|0x[0-9a-f]{8}", text)
    assert "\n\n" not in done.stderr.strip()
    assert len(text) < _LONGEST_MESSAGE
    for each in words:
        assert each in text


def tree(folder: Path) -> dict[str, str]:
    """Every file and folder of a workspace, files with a hash of their content.

    Locks hold nothing, and of the catalogue it is `catalogued` that counts: what was in it leaves free space.
    """
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
        if "locks" not in path.relative_to(folder).parts and not path.name.startswith("catalogue.sqlite")
    }


def catalogued(folder: Path) -> dict[str, list[str]]:
    """The ids of everything that a workspace lists."""
    with Workspace(folder) as opened:
        listed = {"models": opened.models(), "datasets": opened.datasets(), "reports": opened.reports()}
        return {kind: sorted(each.id for each in items) for kind, items in listed.items()}
