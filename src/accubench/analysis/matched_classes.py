"""Outputs of two models that mean the same class: ids of one as ids of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MatchedClasses", "OutputIds"]

OutputIds = Sequence[int] | NDArray[np.integer[Any]]
"""For each output of the optimised model the output of its parent that means the same class; -1 for none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatchedClasses:
    """Which outputs of an optimised model and its parent mean the same class, ready to be looked up both ways."""

    optimised: NDArray[np.intp]
    """Outputs of the optimised model that have a counterpart, ascending, shape (common,)."""
    parent: NDArray[np.intp]
    """The counterpart of each, shape (common,)."""
    optimised_count: int
    """Outputs of the optimised model."""
    parent_count: int
    """Outputs of its parent."""

    @classmethod
    def of(cls, parent_outputs: OutputIds, parent_count: int) -> MatchedClasses:
        """The matching that gives each output of the optimised model its counterpart.

        Args:
            parent_outputs: For each output of the optimised model that of its parent, -1 for none.
            parent_count: Outputs of the parent.

        Raises:
            ValueError: An output of the parent does not exist or is the counterpart of two.

        >>> matched = MatchedClasses.of([1, 2, -1], 3)
        >>> matched.in_parent(np.array([0, 2, -1])).tolist(), matched.in_optimised(np.array([0, 1, 2])).tolist()
        ([1, -1, -1], [-1, 0, 1])
        """
        outputs = np.asarray(parent_outputs, dtype=np.intp)
        optimised = np.flatnonzero(outputs >= 0)
        parent = outputs[optimised]
        if len(outputs) and not -1 <= int(outputs.min()) <= int(outputs.max()) < parent_count:
            raise ValueError(f"outputs run from {outputs.min()} to {outputs.max()}, the parent has {parent_count}")
        if len(np.unique(parent)) < len(parent):
            raise ValueError("two outputs of the optimised model have the same counterpart")
        return cls(optimised=optimised, parent=parent, optimised_count=len(outputs), parent_count=parent_count)

    @property
    def same(self) -> bool:
        """Whether both models have the same outputs in the same order."""
        every = np.arange(self.optimised_count)
        return self.optimised_count == self.parent_count and np.array_equal(self.parent, every)

    def in_parent(self, class_n: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
        """Outputs of the optimised model, any shape, as outputs of its parent; -1 stays -1."""
        return _looked_up(self.optimised, self.parent, self.optimised_count, class_n)

    def in_optimised(self, class_n: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
        """Outputs of the parent, any shape, as outputs of the optimised model; -1 stays -1."""
        return _looked_up(self.parent, self.optimised, self.parent_count, class_n)


def _looked_up(
    keys: NDArray[np.intp], values: NDArray[np.intp], count: int, class_n: NDArray[np.integer[Any]]
) -> NDArray[np.int32]:
    # One entry more than there are outputs, so that -1, which numpy takes for the last, finds -1.
    table = np.full(count + 1, -1, dtype=np.int32)
    table[keys] = values
    return table[class_n]
