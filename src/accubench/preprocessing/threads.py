"""OpenCV's own threads, which would compete with those that prepare images side by side."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import cv2

__all__ = ["one_opencv_thread"]


@contextmanager
def one_opencv_thread() -> Generator[None]:
    """Let each call of OpenCV use one thread while the body runs; many calls run at a time instead."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
