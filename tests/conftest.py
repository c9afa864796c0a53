"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED = Path(os.environ.get("ACCUBENCH_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real models and images; tests that ask for it are skipped where it is absent."""
    if not _SHARED.is_dir():
        pytest.skip(f"real models and images are not here ({_SHARED}); set ACCUBENCH_REAL_DATA to their folder")
    return _SHARED
