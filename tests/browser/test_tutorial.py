"""The tutorial from its first page to its last, as a person walks it who never typed a command."""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from first_steps import (
    SQUEEZENET_FORM,
    add_dataset,
    add_model,
    column,
    count,
    create_project,
    fill_configuration,
    write_large_images,
)
from playwright.sync_api import expect
from running_server import RunningServer, cpu_seconds, descendants, eventually, is_alive

from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, sample_path

_LARGE_IMAGES = 800
SAMPLE_FORM = {"decode": {"Color": "RGB"}, "metrics": {"Top-k": "1, 3"}}


@dataclass(frozen=True, slots=True)
class Story:
    """What is evaluated, and what must come out."""

    model_files: tuple[Path, ...]
    model_name: str
    dataset: Path
    form: dict[str, dict[str, str]]
    """What is typed and chosen in the form of the accuracy configuration, by step and label."""
    yaml: tuple[str, ...]
    """Patterns that the same configuration as YAML must hold."""
    right: int
    n: int
    failed: int
    long_dataset: Path
    """Images that take long enough to watch, to cancel and to kill."""
    n_long: int

    @property
    def erroneous(self) -> int:
        """Images whose predicted class differs from the annotated one."""
        return self.n - self.right


@pytest.fixture(scope="module")
def sample_story(scratch: Path) -> Story:
    """The model and the images that ship with the package; `made_with.json` beside them says what is right."""
    return Story(
        model_files=(sample_path(SAMPLE_MODEL),),
        model_name="model",
        dataset=sample_path(SAMPLE_DATASET),
        form=SAMPLE_FORM,
        yaml=("color: RGB", r"top_k: \[1, 3\]"),
        right=548,
        n=597,
        failed=3,
        long_dataset=write_large_images(scratch / "large", _LARGE_IMAGES),
        n_long=_LARGE_IMAGES,
    )


@pytest.fixture(scope="module")
def real_story(real_data: Path) -> Story:
    """SqueezeNet's two Caffe files on 500 images of ImageNet; the counts are those of Intel's Accuracy Checker."""
    folder = real_data / "models" / "squeezenet1.1"
    return Story(
        model_files=(folder / "squeezenet_v1.1.prototxt", folder / "squeezenet_v1.1.caffemodel"),
        model_name="squeezenet_v1.1",
        dataset=real_data / "imagenet-500",
        form=SQUEEZENET_FORM,
        yaml=("color: BGR", r"size: \[256, 256\]", r"size: \[227, 227\]", r"mean: \[104, 117, 123\]"),
        right=335,
        n=500,
        failed=0,
        long_dataset=real_data / "imagenet-500",
        n_long=500,
    )


def test_the_tutorial_with_the_sample(page: Any, server: RunningServer, sample_story: Story) -> None:
    walk(page, server, sample_story)


@pytest.mark.real_data
def test_the_tutorial_with_squeezenet(page: Any, server: RunningServer, real_story: Story) -> None:
    walk(page, server, real_story)


def walk(page: Any, server: RunningServer, story: Story) -> None:
    """The whole story, on one page of the browser."""
    add_model(page, story.model_name, story.model_files)
    add_dataset(page, story.dataset, story.n + story.failed)
    create_project(page, story.model_name, story.dataset.name)
    create_report(page, story)
    read_report(page, story)
    visualize(page, story)
    if story.long_dataset != story.dataset:
        add_dataset(page, story.long_dataset, story.n_long)
        create_project(page, story.model_name, story.long_dataset.name)
    see_progress_and_cancel(page, server, story)
    kill_the_worker(page, server, story)


# --- the report ----------------------------------------------------------------------------------


def create_report(page: Any, story: Story) -> None:
    """Perform > Create Accuracy Report; the configuration as a form, as YAML, and as a form again."""
    page.get_by_role("link", name="Perform", exact=True).click()
    page.get_by_role("link", name="Create Accuracy Report").click()
    fill_configuration(page, story.form)
    before = read_form(page)
    page.get_by_role("tab", name="Advanced").click()
    editor = page.get_by_label("Accuracy configuration as YAML")
    for pattern in story.yaml:
        expect(editor).to_have_value(re.compile(pattern))
    text = editor.input_value()
    page.get_by_role("tab", name="Basic").click()
    eventually(lambda: read_form(page) == before, seconds=10, what="the form as it was")
    page.get_by_role("tab", name="Advanced").click()
    expect(editor).to_be_visible()
    assert editor.input_value() == text
    notice_a_mistake(page, text)
    page.get_by_role("tab", name="Basic").click()
    eventually(lambda: read_form(page) == before, seconds=10, what="the form as it was")
    see_previews(page)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("link", name="Analyze")).to_have_attribute("aria-current", "page")


def read_form(page: Any) -> list[list[str]]:
    """Name and value of all controls of the form, shown or folded."""
    script = "all => all.map((c) => [c.id, c.type === 'checkbox' ? String(c.checked) : c.value])"
    return page.locator("#panel-form [data-name]").evaluate_all(script)


def notice_a_mistake(page: Any, text: str) -> None:
    """A mistake in the YAML is marked at its line while it is typed, and the form waits until it is mended."""
    editor = page.get_by_label("Accuracy configuration as YAML")
    wrong = text.replace("color:", "colour:", 1)
    line = wrong[: wrong.index("colour:")].count("\n") + 1
    editor.fill(wrong)
    expect(page.get_by_role("button", name=f"Line {line}", exact=True).first).to_be_visible()
    expect(editor).to_have_attribute("aria-invalid", "true")
    editor.fill(text)
    expect(page.get_by_role("button", name=re.compile("^Line"))).to_have_count(0)


def see_previews(page: Any) -> None:
    """Four images, as decoded and as the model sees them."""
    images = page.locator("[data-previews] img")
    expect(images).to_have_count(8)
    loaded = "all => all.every((image) => image.complete && image.naturalWidth > 1)"
    eventually(lambda: images.evaluate_all(loaded), seconds=20, what="the previews")


def read_report(page: Any, story: Story) -> None:
    """The headline; only erroneous images; sorted; filtered; the address keeps all of it."""
    page.get_by_role("link", name="Open the report").click(timeout=120_000)
    expect(page.locator(".figure").filter(has_text="Top-1 accuracy")).to_contain_text(f"{story.right} right")
    expect(page.locator(".figure").filter(has_text="Images")).to_contain_text(f"{story.n} evaluated")
    expect(page.get_by_text("interim")).to_have_count(0)
    everything = story.n + story.failed
    page.get_by_label("Show only erroneous images").check()
    expect(count(page)).to_have_text(re.compile(rf"^{story.erroneous} of {everything} images$"))
    page.get_by_role("columnheader", name=re.compile("^Rank")).get_by_role("link").click()
    expect(page.get_by_role("columnheader", name=re.compile("^Rank"))).to_have_attribute("aria-sort", "ascending")
    ranks = [int(text) for text in column(page, "Rank")]
    assert ranks == sorted(ranks)
    assert ranks[0] >= 1
    page.get_by_label("Column to filter by").select_option("predicted_confidence")
    page.get_by_label("Comparison").select_option("<")
    page.get_by_label("Value", exact=True).fill("0.5")
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_role("list", name="Filters in force")).to_contain_text("0.5")
    assert all(float(text) < 0.5 for text in column(page, "Model Confidence in Predicted Class"))
    page.wait_for_load_state("load")
    before = page.locator("main").inner_text()
    page.reload()
    assert page.locator("main").inner_text() == before
    page.go_back()
    expect(count(page)).to_have_text(re.compile(rf"^{story.erroneous} of {everything} images$"))
    page.go_forward()
    expect(count(page)).not_to_have_text(re.compile(rf"^{story.erroneous} "))


def visualize(page: Any, story: Story) -> None:
    """Image after image of the view with the arrow key; an address is all there is to it."""
    names = page.locator("table.images tbody td.name a").all_inner_texts()
    assert len(names) > 3
    listed = page.url
    page.get_by_role("link", name=re.compile("^Visualize")).first.click()
    for name in names[:4]:
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.locator(".prediction").first).to_be_visible()
        pictures = page.locator(".pictures img")
        loaded = "all => all.length === 2 && all.every((image) => image.complete && image.naturalWidth > 1)"
        eventually(lambda: pictures.evaluate_all(loaded), seconds=15, what="both pictures of the image")  # noqa: B023
        page.wait_for_load_state("load")  # scripts have run then
        if name != names[3]:
            page.keyboard.press("ArrowRight")
    before = page.locator("main").inner_text()
    address = page.url
    page.reload()
    assert (page.url, page.locator("main").inner_text()) == (address, before)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", level=1)).to_have_text(names[2])
    page.wait_for_load_state("load")
    page.keyboard.press("Escape")
    expect(count(page)).to_be_visible()
    assert page.url == listed


# --- long runs -----------------------------------------------------------------------------------


def begin_report(page: Any) -> str:
    """Begin a report that infers anew, from any page of the project; the id of its job."""
    page.get_by_role("link", name="Create Accuracy Report").first.click()
    page.get_by_label("Infer anew even where scores are stored").check()
    page.get_by_role("button", name="Create", exact=True).click()
    place = page.locator("[data-job]")
    expect(place).to_have_count(1)
    return place.get_attribute("data-job")


def images_done(page: Any) -> int:
    """How many images the page says are done."""
    if not page.locator("[data-job] [data-field=count]").count():
        return 0
    text = page.locator("[data-job] [data-field=count]").inner_text()
    return int((re.findall(r"[0-9,]+", text) or ["0"])[0].replace(",", ""))


def open_project(page: Any, story: Story) -> None:
    """The project of the long runs."""
    page.get_by_role("link", name="Projects", exact=True).first.click()
    row = page.locator("tbody tr").filter(has_text=story.model_name).filter(has_text=story.long_dataset.name)
    row.get_by_role("link", name=story.model_name).click()


def see_progress_and_cancel(page: Any, server: RunningServer, story: Story) -> None:
    """Numbers grow without a reload; an interim report can be read; cancelling frees the cores within two seconds."""
    open_project(page, story)
    begin_report(page)
    seen = {eventually(lambda: images_done(page), seconds=30, what="the first images")}
    eventually(lambda: len(seen.add(images_done(page)) or seen) > 2, seconds=30, what="progress to move")
    busy = server.native_ids
    assert busy
    page.get_by_role("button", name="Cancel").click()
    asked = time.monotonic()
    eventually(lambda: not any(is_alive(pid) for pid in busy), seconds=2, what="the work to stop")
    below = descendants(server.process_id)
    before = cpu_seconds(below)
    eventually(lambda: time.monotonic() > asked + 2.5, seconds=3, what="half a second to measure in")
    assert cpu_seconds(below) - before < 0.5
    expect(page.get_by_text("cancelled").first).to_be_visible()


def kill_the_worker(page: Any, server: RunningServer, story: Story) -> None:
    """Kill the worker in the middle of a run: another one takes over, and the report is whole."""
    open_project(page, story)
    job = begin_report(page)
    eventually(lambda: images_done(page) > story.n_long // 5, seconds=60, what="some images")
    worker = server.worker_id
    assert worker is not None
    busy = server.native_ids
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: not any(is_alive(pid) for pid in busy), seconds=5, what="the worker's children to end with it")
    page.goto(f"{server.address}/jobs/{job}")
    expect(page.locator("[data-field=state]")).to_have_text("succeeded", timeout=90_000)
    expect(page.locator("main")).to_contain_text("2 runs")
    assert server.worker_id != worker
    page.get_by_role("link", name=re.compile("report", re.IGNORECASE)).first.click()
    expect(page.locator(".figure").filter(has_text="Images")).to_contain_text(f"{story.n_long} evaluated")
    if story.long_dataset == story.dataset:
        expect(page.locator(".figure").filter(has_text="Top-1 accuracy")).to_contain_text(f"{story.right} right")
