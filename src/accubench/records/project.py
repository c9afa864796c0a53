"""A model, a dataset and a target that belong together."""

from __future__ import annotations

from datetime import datetime

from accubench.records.base import Record
from accubench.records.target import Target

__all__ = ["Project"]


class Project(Record):
    """Collects the baseline inferences and reports of one model x dataset x target."""

    id: str
    model_id: str
    dataset_id: str
    target: Target
    created_at: datetime
