"""Running another library's work in a thread of its own, so that it can be stopped at any moment.

The work speaks with the thread that started it: whatever it needs from outside (an image, an opinion on a network, an
ear for its progress) it asks for, and the answer is computed in the starting thread.
To stop, the thread looks at a flag whenever the library calls a function, with Python's means for profilers, and leaves
by a `SystemExit`, the one exception that ends a thread without a word.
An exception thrown in from another thread (`PyThreadState_SetAsyncExc`) would be shorter, but it also comes up in the
middle of the interpreter's own upkeep, such as the removal of dead weak references, and is printed there.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, Generic, TypeVar

from accubench.errors import Cancelled

__all__ = ["Apart", "Listener", "current_apart", "run_apart"]

Listener = Callable[[str, int, int | None], None]
"""Told of a stage, how much of it is done and how much there is, where that is known."""

T = TypeVar("T")

_POLL_S = 0.1
_PATIENCE_S = 1.5
"""How long a thread that is told to stop is waited for."""


class Apart(threading.Thread, Generic[T]):
    """A thread with work of another library, and its way to ask the thread that started it.

    Args:
        work: Gets this thread and returns what it made.
        library: Name of the package whose functions may be left unfinished.
        listen: Told of progress, in the thread that started this one.
    """

    def __init__(self, work: Callable[[Apart[T]], T], library: str, listen: Listener) -> None:
        super().__init__(name="accubench-apart", daemon=True)
        self.questions: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        """What is to be answered, one at a time; None when the work is over."""
        self.answer: Future[Any] = Future()
        """Where the answer to the last question is awaited."""
        self.outcome: Future[T] = Future()
        self._work, self._library, self._listen = work, library, listen
        self._shields = self._stopping = False

    def run(self) -> None:
        """Do the work."""
        self.look_at_calls(wanted=True)
        try:
            self.outcome.set_result(self._work(self))
        except BaseException as error:  # noqa: BLE001 - raised in the thread that started this one
            self.outcome.set_exception(error)
        finally:
            self.look_at_calls(wanted=False)
            self.questions.put(None)

    def ask(self, question: Callable[[], Any]) -> Any:
        """Have `question` called in the thread that started this one and wait for its answer."""
        if self._stopping:
            raise SystemExit
        self.answer = Future()
        self.questions.put(question)
        return self.answer.result()

    def tell(self, stage: str, done: int, total: int | None) -> None:
        """Tell of progress."""
        self.ask(lambda: self._listen(stage, done, total))

    def watched(self, stage: str, items: Iterable[Any], total: int | None) -> Generator[Any]:
        """The same items; tells before the first and after each how many are done."""
        self.tell(stage, 0, total)
        for done, item in enumerate(items, start=1):
            yield item
            self.tell(stage, done, total)

    def look_at_calls(self, *, wanted: bool) -> None:
        """Have every call be a moment to stop at, or not: that costs time, and questions are such moments too."""
        sys.setprofile(self._leave_when_stopping if wanted else None)

    @contextmanager
    def shielded(self) -> Generator[None]:
        """Finish what is inside, such as an import, which must not end half way."""
        self._shields = True
        yield
        self._shields = False
        if self._stopping:
            raise SystemExit

    def stop(self) -> None:
        """Refuse all questions and wait until the work has noticed; at most for the length of our patience.

        A call into native code cannot be cut short; one that takes longer is left behind and ends alone.
        """
        self._stopping = True
        deadline = time.monotonic() + _PATIENCE_S
        while self.is_alive() and time.monotonic() < deadline:
            if not self.answer.done():
                self.answer.set_exception(SystemExit())
            self.join(0.02)

    def _leave_when_stopping(self, frame: FrameType, _event: str, _argument: Any) -> None:
        """Called by Python at every call and return in this thread."""
        if self._stopping and not self._shields:
            package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if package == self._library:
                raise SystemExit


def current_apart() -> Apart[Any] | None:
    """The calling thread, where it is one that runs work apart."""
    thread = threading.current_thread()
    return thread if isinstance(thread, Apart) else None


def run_apart(work: Callable[[Apart[T]], T], *, library: str, listen: Listener, cancelled: Callable[[], bool]) -> T:
    """Run `work` in a thread of its own, answer its questions, and return what it made.

    Args:
        work: Gets its thread, to ask and tell.
        library: Name of the package that the work is done by: its functions are left when the work is stopped.
        listen: Told of progress, in the calling thread.
        cancelled: Asked ten times a second and before every answer.

    Raises:
        Cancelled: `cancelled` said so; the work has ended by then, but for a last call into native code.
        Exception: Whatever the work or an answer raised.
    """
    apart: Apart[T] = Apart(work, library, listen)
    apart.start()
    try:
        _answer_until_the_end(apart, cancelled)
        apart.join()
    finally:
        apart.stop()
    return apart.outcome.result()


def _answer_until_the_end(apart: Apart[Any], cancelled: Callable[[], bool]) -> None:
    while True:
        try:
            question = apart.questions.get(timeout=_POLL_S)
        except Empty:
            question = _nothing_asked
        if question is None:
            return
        if cancelled():
            raise Cancelled
        if question is not _nothing_asked:
            apart.answer.set_result(question())


def _nothing_asked() -> None:
    """Stands for no question."""
