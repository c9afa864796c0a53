"""What surrounds every command: the workspace, progress on standard error, errors as one clear paragraph."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from accubench.cli.progress import ProgressDisplay
from accubench.cli.stopping import INTERRUPTED, say_stopped
from accubench.cli.streams import until_reader_leaves
from accubench.errors import AccuBenchError, Cancelled

if TYPE_CHECKING:
    from accubench.workspace import Workspace

__all__ = ["GATE_MISSED", "UNUSABLE", "clear_errors", "open_workspace"]

GATE_MISSED = 1
UNUSABLE = 2


@contextmanager
def clear_errors(*, debug: bool) -> Generator[None]:
    """End the process with the right status and one paragraph on standard error; with `debug` show tracebacks."""
    try:
        with until_reader_leaves():
            yield
    except AccuBenchError as error:
        if debug:
            raise
        _fail(str(error), UNUSABLE)
    except (Cancelled, KeyboardInterrupt):
        say_stopped()
        raise typer.Exit(INTERRUPTED) from None
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except OSError as error:
        if debug:
            raise
        _fail(f"The operating system says: {error}. Check space and permissions; --debug shows where.", UNUSABLE)
    except Exception as error:
        if debug:
            raise
        _fail(
            f"Unexpected {type(error).__name__}: {error}. This is a mistake in AccuBench; "
            "run the same command with --debug and report what it prints.",
            UNUSABLE,
        )


@contextmanager
def open_workspace(folder: Path | None, database: str | None, *, quiet: bool = False) -> Generator[Workspace]:
    """Open the workspace with progress shown on standard error; what a command imports in vain is not kept."""
    from accubench.workspace import Workspace

    with (
        ProgressDisplay(quiet=quiet) as display,
        Workspace(folder, database=database, progress=display.show) as workspace,
        workspace.unusable_taken_back(),
    ):
        yield workspace


def _fail(message: str, status: int) -> NoReturn:
    _say(f"Error: {message}")
    raise typer.Exit(status) from None


def _say(message: str) -> None:
    from accubench.cli.text import plain

    first, *rest = plain(message).split("\n")
    print(textwrap.fill(first, 100, break_long_words=False, break_on_hyphens=False), file=sys.stderr)
    for line in rest:
        print(line, file=sys.stderr)
