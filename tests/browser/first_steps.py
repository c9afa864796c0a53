"""What stories in the browser begin with: models, datasets, projects, configurations; and how a list is read."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import expect

SQUEEZENET_FORM = {
    "decode": {"Color": "BGR"},
    "resize": {"Mode": "stretch", "Height": "256", "Width": "256"},
    "crop": {"Height": "227", "Width": "227"},
    "normalize": {"Mean": "104, 117, 123"},
}
"""What is typed and chosen in the form of the accuracy configuration, by step and label."""


def add_model(page: Any, name: str, files: Sequence[Path]) -> None:
    """Upload the model's files, dropped onto the page as from a file manager."""
    page.get_by_role("link", name="Models", exact=True).click()
    drop_files(page.locator("[data-drop]"), files)
    for path in files:
        expect(page.locator("[data-chosen]")).to_contain_text(path.name)
    page.get_by_role("button", name="Upload and import").click()
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Models", exact=True).first.click()
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def drop_files(zone: Any, paths: Iterable[Path]) -> None:
    """Let go of files over an element, once the page's scripts have run."""
    zone.wait_for()  # of the page that was asked for, not of the one before
    zone.page.wait_for_load_state("load")
    files = [{"name": path.name, "content": base64.b64encode(path.read_bytes()).decode()} for path in paths]
    zone.evaluate(
        """(zone, files) => {
            const dataTransfer = new DataTransfer();
            for (const {name, content} of files) {
                const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
                dataTransfer.items.add(new File([bytes], name));
            }
            for (const type of ["dragenter", "dragover", "drop"]) {
                zone.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer}));
            }
        }""",
        files,
    )


def add_dataset(page: Any, path: Path, n: int) -> None:
    """Import images by their path on the server, and see what was found."""
    page.get_by_role("link", name="Datasets", exact=True).click()
    page.get_by_label(re.compile("^Path of")).fill(str(path))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=path.name, exact=True)).to_be_visible(timeout=60_000)
    expect(page.locator("main")).to_contain_text(f"{n} images")


def create_project(page: Any, model: str, dataset: str) -> None:
    """Put both together; the baseline inference runs, then the Projects page shows the project with its speed."""
    page.get_by_role("link", name="Projects", exact=True).click()
    page.get_by_role("link", name=re.compile("New project|Create a project")).first.click()
    page.get_by_label("Model").select_option(label=option_of(page, "Model", model))
    page.get_by_label("Dataset").select_option(label=option_of(page, "Dataset", dataset))
    page.get_by_role("button", name="Create project").click()
    throughput = page.locator(".figure", has_text="Throughput").locator(".value")
    expect(throughput).to_have_text(re.compile(r"[0-9]+\.[0-9]"), timeout=90_000)
    page.get_by_role("link", name="Projects", exact=True).first.click()
    row = page.locator("tbody tr").filter(has_text=model).filter(has_text=dataset)
    expect(row).to_contain_text(re.compile(r"[0-9]+\.[0-9]"))
    row.get_by_role("link", name=model).click()


def option_of(page: Any, label: str, name: str) -> str:
    """The words of the option that begins with a name."""
    words = page.get_by_label(label).locator("option").all_inner_texts()
    return next(text for text in words if text.startswith(f"{name} "))


def fill_configuration(page: Any, form: dict[str, dict[str, str]]) -> None:
    """Type and choose values by step and label; steps that are missing are added."""
    for kind, values in form.items():
        place = page.locator(f"[data-step={kind}], [data-section={kind}]")
        if not place.count():
            page.get_by_role("button", name=f"+ {kind.title()}").click()
            expect(place).to_have_count(1)
        for label, value in values.items():
            control = place.get_by_label(label, exact=True)
            if control.evaluate("control => control.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
    expect(page.get_by_role("status").filter(has_text="✓")).to_be_visible()


def count(page: Any) -> Any:
    """Where the report says how many images the view has."""
    return page.locator("h2.count")


def column(page: Any, title: str) -> list[str]:
    """The texts of a column of the report's table."""
    titles = page.locator("table.images th").all_inner_texts()
    index = next(number for number, text in enumerate(titles, 1) if text.strip().startswith(title))
    return page.locator(f"table.images tbody td:nth-child({index})").all_inner_texts()


def write_large_images(folder: Path, n: int) -> Path:
    """One large photograph under many names: slow to decode, quick to make."""
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    first = folder / "image_0000.jpg"
    Image.fromarray(pixels).resize((2000, 1500), Image.Resampling.BILINEAR).save(first, quality=85)
    for row in range(1, n):
        os.link(first, folder / f"image_{row:04d}.jpg")
    (folder / "val.txt").write_text("".join(f"image_{row:04d}.jpg {row % 12}\n" for row in range(n)))
    return folder
