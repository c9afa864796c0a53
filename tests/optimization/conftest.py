"""The sample model as a network, with real images for it in the shape that its input takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from accubench.configuration import infer_configuration
from accubench.models import LoadedModel, load_model
from accubench.preprocessing import Preprocessor
from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, sample_path

N = 120


@pytest.fixture(scope="session")
def sample() -> LoadedModel:
    return load_model(sample_path(SAMPLE_MODEL))


@pytest.fixture
def network(sample: LoadedModel) -> Any:
    return sample.model.clone()


@pytest.fixture(scope="session")
def annotated(sample: LoadedModel) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
    """The first images of the sample set as batches of one, NCHW, and their classes."""
    folder = sample_path(SAMPLE_DATASET)
    prepare = Preprocessor(infer_configuration(sample.description).configuration, sample.description.input)
    lines = [line.split() for line in (folder / "val.txt").read_text().splitlines()[:N]]
    files = {path.name: path for path in Path(folder).rglob("*.jpg")}
    batches = [prepare(files[name].read_bytes()).astype(np.float32).transpose(2, 0, 1)[np.newaxis] for name, _ in lines]
    return batches, np.array([int(class_id) for _, class_id in lines])


@pytest.fixture(scope="session")
def images(annotated: tuple[list[NDArray[np.float32]], NDArray[np.int64]]) -> list[NDArray[np.float32]]:
    """Forty images to calibrate on."""
    return annotated[0][:40]
