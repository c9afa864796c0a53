"""Progress of an evaluation: images done, rate, remaining time, running accuracy."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from accubench.inference import Block
from accubench.records.progress import Progress
from accubench.tasks.surroundings import Surroundings

__all__ = ["Pace"]

_RECENT_BLOCKS = 16


class Pace:
    """Counts finished blocks and tells the listener.

    Args:
        surroundings: Clock and listener.
        total: Images of the whole dataset.
        n_done: Images that were finished before.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        *,
        total: int,
        n_done: int,
    ) -> None:
        self._surroundings = surroundings
        self._total = total
        self._done = n_done
        self._right = 0
        self._judged = 0
        self._recent: deque[tuple[float, int]] = deque(maxlen=_RECENT_BLOCKS)

    def announce(self, expected_s: float) -> None:
        """Say what lies ahead, before the first image."""
        left = self._total - self._done
        kept = f", {self._done} are done already" if self._done else ""
        self._surroundings.say("evaluate", f"{left} images to go{kept}; expected to take about {_spoken(expected_s)}.")
        self._recent.append((self._surroundings.clock(), self._done))
        self._tell(rate=None)

    def count(self, block: Block, right_n: NDArray[np.bool_] | None) -> None:
        """Count a finished block.

        Args:
            block: Its rows and failures.
            right_n: Which of its images are right, shape (images,); None without annotations.
        """
        self._done += len(block.rows)
        if right_n is not None:
            evaluated = np.array([failure is None for failure in block.failures])
            self._right += int((right_n & evaluated).sum())
            self._judged += int(evaluated.sum())
        now = self._surroundings.clock()
        then, done_then = self._recent[0]
        self._recent.append((now, self._done))
        self._tell(rate=(self._done - done_then) / (now - then) if now > then else None)

    def _tell(self, rate: float | None) -> None:
        self._surroundings.progress(
            Progress(
                stage="evaluate",
                done=self._done,
                total=self._total,
                rate=rate,
                remaining_s=(self._total - self._done) / rate if rate else None,
                right=self._right if self._judged else None,
                judged=self._judged or None,
            )
        )


def _spoken(seconds: float) -> str:
    """A duration as one would say it.

    >>> _spoken(0.4), _spoken(42), _spoken(200), _spoken(9000)
    ('1 second', '42 seconds', '3 minutes', '2.5 hours')
    """
    if seconds < 90:
        whole = max(1, round(seconds))
        return f"{whole} second{'s' if whole > 1 else ''}"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"
