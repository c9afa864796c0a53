"""What two models made of one image, side by side."""

from __future__ import annotations

from accubench.records.comparison import Comparison
from accubench.records.image_detail import TopPrediction
from accubench.records.tensor_distance import TensorDistance
from accubench.storage import Store
from accubench.workspace.report_images import ReportImages

__all__ = ["BothModels"]


class BothModels:
    """The scores of an optimised model and its parent, one image at a time.

    Args:
        record: The report that both were evaluated for.
        store: Where scores are.
    """

    def __init__(self, record: Comparison | TensorDistance, store: Store) -> None:
        self._parent_outputs = record.matching.parent_outputs
        self._optimised = ReportImages(record.optimised, record, store)
        self._parent = ReportImages(record.parent, record, store)

    def top(self, position: int, annotated: int | None) -> tuple[tuple[TopPrediction, ...], tuple[TopPrediction, ...]]:
        """The highest classes of the optimised model and of its parent; none where scores are gone.

        Args:
            position: The image's row in the dataset.
            annotated: The annotated class as an output of the optimised model, or None.
        """
        of_parent = None if annotated is None else self._parent_outputs[annotated]
        theirs = None if of_parent is None or of_parent < 0 else of_parent
        return self._optimised.top(position, annotated), self._parent.top(position, theirs)
