"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine pauses any example for longer than hypothesis's 200 ms; property tests are about facts, not time.
settings.register_profile("accubench", deadline=None)
settings.load_profile("accubench")

_SHARED = Path(os.environ.get("ACCUBENCH_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real models and images; tests that ask for it are skipped where it is absent."""
    if not _SHARED.is_dir():
        pytest.skip(f"real models and images are not here ({_SHARED}); set ACCUBENCH_REAL_DATA to their folder")
    return _SHARED


@pytest.fixture(scope="session")
def colour_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX classifier that tells the strongest colour of an image."""
    from small_world import write_model

    return write_model(tmp_path_factory.mktemp("model") / "colours.onnx")


@pytest.fixture(scope="session")
def colour_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """150 images in ImageNet layout, 15 of them with a wrong annotation."""
    from small_world import write_dataset

    return write_dataset(tmp_path_factory.mktemp("data") / "colours", 150, wrong=15)
