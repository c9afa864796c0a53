"""The Store: catalogue, predictions and scores, locks."""

from accubench.storage.deletions import StoredKind
from accubench.storage.disk import folder_bytes, is_nearly_full, storage_errors
from accubench.storage.parts import Part, PartFolder, rows_per_part
from accubench.storage.store import Store

__all__ = [
    "Part",
    "PartFolder",
    "Store",
    "StoredKind",
    "folder_bytes",
    "is_nearly_full",
    "rows_per_part",
    "storage_errors",
]
