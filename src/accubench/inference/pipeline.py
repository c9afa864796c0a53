"""The streaming pipeline: decode, preprocess, infer and collect, overlapped on all cores, in bounded memory.

Every worker thread takes the next few images, prepares them and infers them.
The parts that take time (decoding, resizing, inference) run without Python's lock, so that as many images are under way
as there are workers.
Rows are collected into blocks; a worker begins a new block only while few blocks are open, so that memory does not grow
with the dataset.
Finished blocks are handed to the calling thread, in whatever order they finish.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from accubench.errors import Cancelled, ImageError

__all__ = ["Block", "predict"]

_POLL_S = 0.1


@dataclass(slots=True)
class Block:
    """Consecutive rows of a dataset while their scores are collected."""

    number: int
    rows: range
    scores_nk: NDArray[Any]
    """Scores as the model gave them, shape (rows, score columns); zeros where the image failed."""
    failures: list[str | None]
    """For each row why the image failed, or None."""
    missing: int
    """Rows without a result so far."""


@dataclass(slots=True)
class _Shared:
    """Where the workers take rows from; touched with `lock` held."""

    blocks: Iterator[tuple[int, range]]
    lock: threading.Lock = field(default_factory=threading.Lock)
    block: Block | None = None
    """The block that rows are handed out from."""
    next_row: int = 0
    exhausted: bool = False


def predict(
    blocks: Iterable[tuple[int, range]],
    *,
    prepare: Callable[[int], NDArray[Any]],
    infer: Callable[[NDArray[Any]], NDArray[Any]],
    score_columns: int,
    score_dtype: DTypeLike,
    workers: int,
    finish: Callable[[Block], None],
    together: int = 1,
    cancelled: Callable[[], bool] = lambda: False,
    open_blocks: int = 3,
) -> None:
    """Give every row of every block its scores, and hand each finished block to `finish`.

    Args:
        blocks: Number and rows of each block, taken one at a time.
        prepare: Makes the prepared image of a row, any array; raises ImageError where the image cannot be used.
        infer: Gives the scores of a prepared image, shape (score columns,); called from several threads.
        score_columns: Numbers per image.
        score_dtype: Element type of the scores.
        workers: Threads that prepare and infer.
        finish: Called in the calling thread with each block when its last row is there.
        together: How many images a worker prepares before it infers them.
        cancelled: Asked about ten times a second.
        open_blocks: How many blocks may exist at a time, the one being finished included.

    Raises:
        Cancelled: `cancelled` said so, after all workers have stopped.
        Exception: Whatever `infer` or `finish` raised; all workers have stopped.
    """
    run = _Run(
        shared=_Shared(iter(blocks)),
        prepare=prepare,
        infer=infer,
        make_scores=lambda rows: np.zeros((rows, score_columns), score_dtype),
        together=together,
        room=threading.Semaphore(open_blocks),
    )
    threads = [threading.Thread(target=run.work, name=f"predict-{number}", daemon=True) for number in range(workers)]
    for thread in threads:
        thread.start()
    try:
        _collect(run, len(threads), finish, cancelled)
    finally:
        run.stopping.set()
        for thread in threads:
            thread.join()


@dataclass(slots=True)
class _Run:
    """One call of `predict`."""

    shared: _Shared
    prepare: Callable[[int], NDArray[Any]]
    infer: Callable[[NDArray[Any]], NDArray[Any]]
    make_scores: Callable[[int], NDArray[Any]]
    together: int
    """How many images a worker prepares before it infers them."""
    room: threading.Semaphore
    """Counts how many more blocks may be opened."""
    finished: queue.SimpleQueue[Block | BaseException | None] = field(default_factory=queue.SimpleQueue)
    """Finished blocks, what a worker died of, and None from each worker at its end."""
    stopping: threading.Event = field(default_factory=threading.Event)
    counting: threading.Lock = field(default_factory=threading.Lock)
    """Guards `Block.missing`; not the lock for taking rows, which is held while waiting for room."""

    def work(self) -> None:
        """Take rows until there are none."""
        try:
            while not self.stopping.is_set() and (taken := self._take()) is not None:
                self._do(*taken)
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, which raises it
            self.finished.put(error)
        self.finished.put(None)

    def _take(self) -> tuple[Block, range] | None:
        """A block and the places of a few of its rows, or None at the end."""
        shared = self.shared
        with shared.lock:
            if shared.block is None:
                shared.block = self._open_block()
                shared.next_row = 0
            block, start = shared.block, shared.next_row
            if block is None:
                return None
            end = shared.next_row = min(start + self.together, len(block.rows))
            if end == len(block.rows):
                shared.block = None
            return block, range(start, end)

    def _open_block(self) -> Block | None:
        if self.shared.exhausted:
            return None
        while not self.room.acquire(timeout=_POLL_S):
            if self.stopping.is_set():
                return None
        taken = next(self.shared.blocks, None)
        if taken is None:
            self.shared.exhausted = True
            return None
        number, rows = taken
        return Block(number, rows, self.make_scores(len(rows)), [None] * len(rows), len(rows))

    def _do(self, block: Block, places: range) -> None:
        prepared = [(place, image) for place in places if (image := self._prepared(block, place)) is not None]
        for place, image in prepared:
            self._infer(block, place, image)
        with self.counting:
            block.missing -= len(places)
            complete = block.missing == 0
        if complete and not self.stopping.is_set():
            self.finished.put(block)

    def _prepared(self, block: Block, place: int) -> NDArray[Any] | None:
        if self.stopping.is_set():
            return None
        try:
            return self.prepare(block.rows[place])
        except ImageError as error:
            block.failures[place] = str(error)
            return None

    def _infer(self, block: Block, place: int, image: NDArray[Any]) -> None:
        if self.stopping.is_set():
            return
        scores = self.infer(image)
        if scores.dtype.kind == "f" and not np.isfinite(scores).all():
            block.failures[place] = "The model's scores hold NaN or infinity."
        else:
            block.scores_nk[place] = scores


def _collect(run: _Run, workers: int, finish: Callable[[Block], None], cancelled: Callable[[], bool]) -> None:
    working = workers
    while working:
        if cancelled():
            raise Cancelled
        try:
            outcome = run.finished.get(timeout=_POLL_S)
        except queue.Empty:
            continue
        if outcome is None:
            working -= 1
        elif isinstance(outcome, Block):
            finish(outcome)
            run.room.release()
        else:
            raise outcome
