"""What reports about two models share: which images they have, whose pictures they show, the scores of both."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from accubench.records.comparison import Comparison
from accubench.records.report import EvaluatedModel
from accubench.records.tensor_distance import TensorDistance
from accubench.workspace.both_models import BothModels
from accubench.workspace.viewed_report import ViewedReport

__all__ = ["PairedReport"]

P = TypeVar("P", Comparison, TensorDistance)


class PairedReport(ViewedReport[P]):
    """A report about an optimised model and its parent, whose table tells the place of every image in the dataset."""

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        return self.images["position"].to_numpy()

    @property
    def _positions(self) -> NDArray[np.int64]:
        return self._places

    @property
    def _pictured_model(self) -> EvaluatedModel:
        return self.record.optimised

    @cached_property
    def _both(self) -> BothModels:
        return BothModels(self.record, self._store)
