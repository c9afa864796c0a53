"""The one place that imports NNCF: usage reporting off, bars and log lines kept from the terminal."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from accubench.models.openvino_runtime import load_openvino
from accubench.optimization.apart import current_apart

__all__ = ["STAGES", "load_nncf"]

STAGES = {
    "Applying Bias correction": "correcting biases",
    "Calculating ranking scores": "ranking layers",
}
"""What we call a stage, by the title of NNCF's progress bar; the bars of other stages are not passed on."""

_LOG = logging.getLogger("accubench.optimization")
_LOG.addHandler(logging.NullHandler())  # without any handler, Python would print warnings to standard error
_LOADING = threading.Lock()
_LATE = (
    "nncf.openvino.quantization.quantize_model",
    "nncf.quantization.algorithms.accuracy_control.algorithm",
    "nncf.quantization.algorithms.accuracy_control.openvino_backend",
)
"""What NNCF imports when it is called; an import must not be interrupted, a call may be."""


def load_nncf() -> ModuleType:
    """Import NNCF and return the module.

    NNCF reports its use through ``openvino_telemetry``, unless ``NNCF_CI`` is set while it is imported.
    Call its functions without their wrappers (`inspect.unwrap`): the wrappers do nothing but report.

    Where NNCF works in a thread of `run_apart`, its progress bars are not drawn but told to that thread's listener,
    and its log lines go to the logger ``accubench.optimization``; elsewhere, NNCF is what it was.
    """
    with _LOADING:
        load_openvino()
        if "nncf" not in sys.modules:
            with _reporting_switched_off(), _logger_class_kept():
                importlib.import_module("nncf")
        for name in _LATE:
            importlib.import_module(name)
        _take_over_bars()
        _take_over_log_lines()
        return sys.modules["nncf"]


@contextmanager
def _reporting_switched_off() -> Generator[None]:
    before = os.environ.get("NNCF_CI")
    os.environ["NNCF_CI"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["NNCF_CI"]
        else:
            os.environ["NNCF_CI"] = before


@contextmanager
def _logger_class_kept() -> Generator[None]:
    """NNCF makes its own class the one of all loggers that come after it."""
    before = logging.getLoggerClass()
    try:
        yield
    finally:
        logging.setLoggerClass(before)


def _take_over_bars() -> None:
    track = importlib.import_module("nncf.common.logging.track_progress").track
    original = track.__init__
    if getattr(original, "taken_over", False):
        return

    def start(bar: Any, sequence: Any = None, description: str = "", *rest: Any, **options: Any) -> None:
        apart = current_apart()
        if apart is not None:
            options["disable"] = True
            if description in STAGES and sequence is not None:
                total = len(sequence) if hasattr(sequence, "__len__") else options.get("total")
                sequence = apart.watched(STAGES[description], sequence, total)
        original(bar, sequence, description, *rest, **options)

    start.taken_over = True  # type: ignore[attr-defined]
    track.__init__ = start


def _take_over_log_lines() -> None:
    logger = logging.getLogger("nncf")
    if not any(isinstance(one, _OfOurThreads) for one in logger.filters):
        logger.addFilter(_OfOurThreads())


class _OfOurThreads(logging.Filter):
    """Passes what our own work makes NNCF say on to our logger, and lets everything else through."""

    def filter(self, record: logging.LogRecord) -> bool:
        if current_apart() is None:
            return True
        if _LOG.isEnabledFor(record.levelno):
            _LOG.handle(record)
        return False
