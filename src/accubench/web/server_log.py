"""The server's own log: what went wrong and was not told to visitors."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

__all__ = ["SERVER_LOG", "ServerLog"]

SERVER_LOG = "server.log"
_LARGEST_BYTES = 2_000_000


class ServerLog(logging.Handler):
    """A file of bounded size; opened for each entry, so that it can be deleted or moved at any time.

    Args:
        folder: The workspace's folder of logs.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._path = folder / SERVER_LOG
        self._writing = threading.Lock()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def error(self, message: str, error: BaseException) -> None:
        """Write an error with its traceback."""
        about = (type(error), error, error.__traceback__)
        self.emit(logging.LogRecord("accubench.web", logging.ERROR, __file__, 0, message, None, about))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one entry; where that is impossible, do not: a full disk must not stop the server too."""
        with suppress(OSError), self._writing:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = RotatingFileHandler(self._path, maxBytes=_LARGEST_BYTES, backupCount=2, encoding="utf-8")
            file.setFormatter(self.formatter)
            file.handle(record)
            file.close()
