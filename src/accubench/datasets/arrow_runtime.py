"""The one place that imports Arrow, with its allocator told to keep freed memory for a while."""

from __future__ import annotations

import os
import sys

__all__ = ["pa", "pc", "pq", "types"]

_KEPT_MS = "5000"


def _keep_freed_memory() -> bool:
    """Have freed memory kept for the next rows; says whether the environment was changed for it.

    mimalloc, the allocator of Arrow, otherwise returns to the system after 10 ms what the next decoded rows would
    take, and the kernel then clears as many pages as images are large: 3 % of the time of a whole evaluation where
    images are left to Arrow.
    The variable is read once, when Arrow is loaded.
    """
    if "pyarrow" in sys.modules or "MIMALLOC_PURGE_DELAY" in os.environ:
        return False
    os.environ["MIMALLOC_PURGE_DELAY"] = _KEPT_MS
    return True


_changed = _keep_freed_memory()
try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from pyarrow import types
finally:
    if _changed:
        del os.environ["MIMALLOC_PURGE_DELAY"]
