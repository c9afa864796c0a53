"""A small model and dataset for all tests of jobs."""

from __future__ import annotations

import pytest
from job_world import make_project

from accubench.workspace import Workspace
from small_world import write_dataset


@pytest.fixture(scope="session")
def few_images(tmp_path_factory):
    """256 images, 16 of them with a wrong annotation: four parts."""
    return write_dataset(tmp_path_factory.mktemp("few") / "few", 256, wrong=16)


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def project_id(workspace, colour_model, few_images):
    return make_project(workspace, colour_model, few_images)
