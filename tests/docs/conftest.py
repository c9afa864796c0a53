"""A folder in which the demo has been run once, and copies of it for each page."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from accubench import Workspace
from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, sample_path
from doc_pages import DOCS


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `accubench demo` leaves behind, without its measurements of speed, which take seconds."""
    folder = tmp_path_factory.mktemp("demo")
    with Workspace(folder / "accubench-demo") as workspace:
        model = workspace.import_model(sample_path(SAMPLE_MODEL), name="sample")
        dataset = workspace.import_dataset(sample_path(SAMPLE_DATASET), name="drawings")
        workspace.evaluate(model, dataset).export(folder / "accubench-demo" / "report.html")
        optimised = workspace.quantize(model, dataset, subset_size=60)
        comparison = workspace.compare(optimised, model, dataset, speed_rounds=0)
        comparison.export(folder / "accubench-demo" / "comparison.html")
    return folder


@pytest.fixture
def page_folder(demo_folder: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Make the scratch folder for a page: the demo's workspace, unless the page runs the demo, and the examples."""

    def make(commands: str) -> Path:
        folder = tmp_path / "page"
        folder.mkdir()
        if "accubench demo" not in commands:
            shutil.copytree(demo_folder / "accubench-demo", folder / "accubench-demo")
            for report in ("report.html", "comparison.html"):
                (folder / "accubench-demo" / report).unlink()
        for example in (DOCS / "examples").glob("*.yaml"):
            shutil.copy(example, folder)
        return folder

    return make
