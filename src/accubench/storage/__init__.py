"""The Store: catalogue, predictions and scores, locks."""

from accubench.storage.parts import Part, PartFolder, rows_per_part
from accubench.storage.store import Store

__all__ = ["Part", "PartFolder", "Store", "rows_per_part"]
