"""Photograph the workbench's pages as they are after the tutorial on the sample that ships with AccuBench.

`scripts/docs_images.py` calls this; nothing in the pictures comes from anywhere but the package.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from accubench import AccuracyReport, ComparisonReport, Workspace
from accubench.records.dataset import Dataset
from accubench.records.model import Model
from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, sample_path

WIDTH = 1280


@dataclass(frozen=True, slots=True)
class Picture:
    """One page to photograph."""

    name: str
    address: str
    schemes: tuple[str, ...] = ("light",)
    late: str = "main"
    """What appears only after the page has loaded."""
    height: int = 860
    """Of the window, where the usual one shows too little or too much."""


def photograph_workbench(browser: Any, scratch: Path, save: Callable[[bytes, str], None]) -> None:
    """Walk the tutorial in `scratch` and photograph what it shows; `save` is given pixels and a name."""
    folder = scratch / "workspace"
    with serve(folder) as invitation:
        pictures = prepare(folder)
        parts = urlsplit(invitation)
        for scheme in ("light", "dark"):
            context = browser.new_context(color_scheme=scheme, device_scale_factor=1.25)
            page = context.new_page()
            page.goto(invitation)
            for picture in pictures:
                if scheme in picture.schemes:
                    page.set_viewport_size({"width": WIDTH, "height": picture.height})
                    page.goto(f"{parts.scheme}://{parts.netloc}{picture.address}")
                    page.locator(picture.late).first.wait_for()
                    show_pictures_of(page)
                    save(page.screenshot(), f"workbench-{picture.name}{'-dark' * (scheme == 'dark')}")
            context.close()


def prepare(folder: Path) -> list[Picture]:
    """Do what the tutorial does, and say what there is to see."""
    with Workspace(folder) as workspace:
        model = workspace.import_model(sample_path(SAMPLE_MODEL), name="shapes")
        dataset = workspace.import_dataset(sample_path(SAMPLE_DATASET), name="drawings")
        measure_speed(workspace, model, dataset)
        report = workspace.evaluate(model, dataset)
        before = [
            Picture("start", "/"),
            Picture("models", "/models"),
            Picture("create-report", f"{project_of(report)}/reports/new?type=accuracy", late="[data-previews] img"),
            *pictures_of_report(report),
            Picture("optimize", f"{project_of(report)}/optimize?subset_size=60", height=1240),
        ]
        check = workspace.check(model, dataset)
        optimised = workspace.quantize(model, dataset, subset_size=60)
        measure_speed(workspace, optimised, dataset)
        workspace.evaluate(optimised, dataset)
        distance = workspace.distance(optimised, model, dataset)
        comparison = workspace.compare(optimised, model, dataset)
        return [
            *before,
            Picture("check", f"/checks/{check.id}", ("light", "dark"), height=760),
            Picture("projects", "/projects", height=460),
            Picture("report-types", f"{project_of(comparison)}/reports/new?type=comparison"),
            *pictures_of_comparison(comparison),
            Picture("distance", f"/reports/{distance.id}"),
        ]


def measure_speed(workspace: Workspace, model: Model, dataset: Dataset) -> None:
    """Make the project of a model with its baseline inference, which the server's worker does."""
    job = workspace.background.create_project(model.id, dataset.id)
    deadline = time.monotonic() + 120
    while not workspace.jobs.job(job.id).ended:
        if time.monotonic() > deadline:
            raise SystemExit("The baseline inference did not end within two minutes.")
        time.sleep(0.1)


def project_of(report: AccuracyReport | ComparisonReport) -> str:
    """The address of a report's project."""
    return f"/projects/{report.record.project_id}"


def pictures_of_report(report: AccuracyReport) -> list[Picture]:
    """The erroneous images of an accuracy report: as a table, as a grid, as confusions, and one of them."""
    address = f"/reports/{report.id}"
    erroneous = "erroneous=1&sort=annotated_class_rank&descending=1"
    position = int(report.positions(erroneous=True, sort="annotated_class_rank", descending=True)[2])
    return [
        Picture("report", f"{address}?view=images&{erroneous}", ("light", "dark")),
        Picture("grid", f"{address}?view=images&layout=grid&{erroneous}"),
        Picture("confusion", f"{address}?view=confusion"),
        Picture("visualize", f"{address}/images/{position}?view=images&{erroneous}", ("light", "dark")),
    ]


def pictures_of_comparison(report: ComparisonReport) -> list[Picture]:
    """A comparison limited to flips, and the first broken image."""
    address = f"/reports/{report.id}"
    flips = "filter=agreed%3Dfalse"
    position = int(report.positions(["flip=broken"])[0])
    return [
        Picture("comparison", f"{address}?{flips}", ("light", "dark"), height=1160),
        Picture("both", f"{address}/images/{position}?{flips}", ("light", "dark")),
    ]


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Run `accubench serve` on a free port; the address to open."""
    # A root that says nothing about the machine: pages show it.
    command = [sys.executable, "-m", "accubench", "serve", "--port", "0", "--workspace", str(folder), "--root", "/srv"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        found = next((match[0] for line in lines if (match := re.search(r"http://\S+", line))), None)
        if found is None:
            raise SystemExit("accubench serve ended without saying where to look.")
        yield found
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def show_pictures_of(page: Any) -> None:
    """Wait until every image in sight is drawn."""
    deadline = time.monotonic() + 20
    drawn = "[...document.images].filter((i) => i.getBoundingClientRect().top < innerHeight).every((i) => i.complete)"
    while not page.evaluate(drawn):
        if time.monotonic() > deadline:
            raise SystemExit(f"The images of {page.url} do not arrive.")
        page.wait_for_timeout(50)
