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

_UNCOUNTED = (
    "browser/",
    "docs/",
    "cli/test_malformed_datasets.py",
    "cli/test_malformed_models.py",
    "tasks/test_hostile_images_end_to_end.py",
    "web/test_agreement.py",
    "web/test_fuzz.py",
    "workspace/test_view_agreement.py",
)
"""Tests that go known ways hundreds of times. Counting lines doubles the time of Python, and they reach no new ones."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests that walk known ways out of the count of lines."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(_UNCOUNTED):
            item.add_marker("no_cover")


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
