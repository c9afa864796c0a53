"""Progress on standard error: a bar in a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from accubench.cli.streams import write_to_nowhere
from accubench.cli.text import plain

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from accubench.records.progress import Progress

__all__ = ["ProgressDisplay"]

_SECONDS_BETWEEN_LINES = 10.0


class ProgressDisplay:
    """Shows what a running task tells.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._last_line = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close_bar()

    def show(self, progress: Progress) -> None:
        """Show one message; when nobody can see them any more, the task goes on without."""
        try:
            if not self._quiet:
                self._show(progress)
        except BrokenPipeError:
            self._quiet = True
            write_to_nowhere(sys.stderr)

    def _show(self, progress: Progress) -> None:
        if progress.total is None:
            self._close_bar()
            if progress.message:
                print(plain(progress.message), file=sys.stderr, flush=True)
        elif self._terminal:
            self._move_bar(progress)
        else:
            self._print_line(progress)

    def _move_bar(self, progress: Progress) -> None:
        if self._bar is None:
            self._bar = _make_bar()
            self._bar.start()
            self._task = self._bar.add_task(progress.stage, total=progress.total, facts="")
        assert self._task is not None
        self._bar.update(self._task, completed=progress.done, facts=_facts(progress))
        if progress.done == progress.total:
            self._close_bar()

    def _print_line(self, progress: Progress) -> None:
        now = time.monotonic()
        finished = progress.done == progress.total
        if progress.done and (finished or now - self._last_line >= _SECONDS_BETWEEN_LINES):
            self._last_line = now
            print(f"{progress.done} of {progress.total}  {_facts(progress)}", file=sys.stderr, flush=True)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None


def _make_bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[facts]}"))
    return Bar(*columns, console=Console(stderr=True))


def _facts(progress: Progress) -> str:
    facts: list[str] = []
    if progress.rate:
        facts.append(f"{progress.rate:.0f} images/s")
    if progress.remaining_s is not None and progress.done != progress.total:
        facts.append(f"{_duration(progress.remaining_s)} left")
    if progress.judged and progress.right is not None:
        from accubench.analysis import wilson

        low, high = wilson(progress.right, progress.judged)
        facts.append(f"top-1 {progress.right / progress.judged:.1%} [{low:.1%}, {high:.1%}]")
    return "  ".join(facts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
