"""What Python's own reader of zip archives raises where an archive is damaged."""

from __future__ import annotations

import struct
import zipfile
import zlib
from lzma import LZMAError

__all__ = ["ZIP_DAMAGE"]

ZIP_DAMAGE = (
    zipfile.BadZipFile, zlib.error, LZMAError, struct.error, EOFError, OSError, ValueError, NotImplementedError,
    RuntimeError,
)  # fmt: skip
"""An unknown compression is a NotImplementedError, an encrypted member a RuntimeError; a missing one is a KeyError."""
