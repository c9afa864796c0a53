"""The one place that imports PyTorch, which only files of PyTorch need: the extra ``torch``."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from accubench.errors import UnsupportedModelError

__all__ = ["load_torch", "quiet_torch"]


def load_torch(path: Path, title: str) -> ModuleType:
    """Import PyTorch and return the module.

    Args:
        path: The model that needs it, for messages.
        title: Name of its format, for messages.

    Raises:
        UnsupportedModelError: PyTorch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise UnsupportedModelError(
            f"{path} is a model in {title} format, and reading it needs PyTorch, which is not installed here. "
            "Install it: pip install 'accubench[torch]'. Or export the model to ONNX where PyTorch is."
        )
    return importlib.import_module("torch")


@contextmanager
def quiet_torch() -> Iterator[None]:
    """Keep what PyTorch and OpenVINO's frontend log and warn of to themselves; errors are raised as ever."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
