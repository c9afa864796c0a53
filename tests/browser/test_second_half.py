"""The second half of the tutorial: optimise to INT8, then see what that changed, image by image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from first_steps import (
    add_dataset,
    add_model,
    column,
    count,
    create_project,
    fill_configuration,
    write_large_images,
)
from playwright.sync_api import expect
from running_server import RunningServer, eventually, is_alive

from accubench import Workspace
from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, ComparisonReport, sample_path

_LARGE_IMAGES = 400
_JOB_MS = 180_000
"""What a job may take where other work goes on beside it."""
_KINDS = ("broken", "fixed", "moved")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """What is optimised, on which images."""

    model_files: tuple[Path, ...]
    model_name: str
    dataset: Path
    form: dict[str, dict[str, str]]
    """What is typed into the accuracy configuration before; empty where the model's own is right."""
    images: int
    failed: int
    calibrated: int
    """Images that the ranges of activations are measured on."""

    @property
    def child(self) -> str:
        """Name of the optimised model."""
        return f"{self.model_name}-int8"

    @property
    def compared(self) -> int:
        """Images that are left and can be read."""
        return self.images - self.failed - self.calibrated


@pytest.fixture
def workspace(server: RunningServer) -> Iterator[Workspace]:
    """The server's workspace, read by Python."""
    with Workspace(server.workspace) as opened:
        yield opened


@pytest.fixture
def sample_story() -> Story:
    """The model and the images that ship with the package."""
    return Story(
        model_files=(sample_path(SAMPLE_MODEL),),
        model_name="model",
        dataset=sample_path(SAMPLE_DATASET),
        form={},
        images=600,
        failed=3,
        calibrated=150,
    )


def test_the_second_half_with_the_sample(page: Any, workspace: Workspace, sample_story: Story, tmp_path: Path) -> None:
    begin(page, sample_story)
    optimise(page, sample_story)
    see_lineage(page, sample_story)
    compare(page, sample_story)
    comparison = workspace.comparison(id_of(page))
    read_headline(page, comparison, sample_story)
    expected = paired_by_hand(page, comparison, workspace, tmp_path)
    see_flips(page, expected, comparison, tmp_path)
    see_outcomes(page, expected, tmp_path)
    see_every_view(page)
    visualize_flips(page, expected, comparison)
    measure_distance(page, comparison, workspace, tmp_path)


def test_a_cancelled_optimisation_ends_at_once_and_leaves_nothing(
    page: Any, server: RunningServer, workspace: Workspace, scratch: Path
) -> None:
    name = "soon-cancelled"
    model = workspace.import_model(sample_path(SAMPLE_MODEL))
    images = write_large_images(scratch / "large", _LARGE_IMAGES)
    add_dataset(page, images, _LARGE_IMAGES)
    create_project(page, model.name, images.name)
    before = {path.name for path in (server.workspace / "models").iterdir()}
    page.get_by_role("link", name="Perform", exact=True).click()
    page.get_by_role("link", name="Optimise to INT8").click()
    page.get_by_label("Subset size").fill(str(_LARGE_IMAGES))
    expect(page.locator("[data-sharing-warning]")).to_be_visible()
    page.get_by_label("Name of the new model").fill(name)
    page.get_by_role("button", name="Optimise", exact=True).click()
    job = page.locator(".live-job").filter(has_text="to INT8")  # beside the measurement of the project's speed
    expect(job.locator("[data-field=count]")).to_have_text(re.compile("^[1-9]"), timeout=_JOB_MS)
    busy = server.native_ids
    assert busy
    job.get_by_role("button", name="Cancel").click()
    eventually(lambda: not any(is_alive(pid) for pid in busy), seconds=2, what="the work to stop")
    expect(page.get_by_text("cancelled").first).to_be_visible()
    page.get_by_role("link", name="Models", exact=True).click()
    expect(page.get_by_role("link", name=model.name, exact=True)).to_be_visible()
    expect(page.get_by_text(name)).to_have_count(0)
    assert {path.name for path in (server.workspace / "models").iterdir()} == before
    assert name not in {each.name for each in workspace.models()}


# --- optimise ------------------------------------------------------------------------------------


def begin(page: Any, story: Story) -> None:
    """A project, and an accuracy report where the configuration has to be given."""
    add_model(page, story.model_name, story.model_files)
    add_dataset(page, story.dataset, story.images)
    create_project(page, story.model_name, story.dataset.name)
    if story.form:
        page.get_by_role("link", name="Create Accuracy Report").first.click()
        fill_configuration(page, story.form)
        page.get_by_role("button", name="Create", exact=True).click()
        expect(page.get_by_role("link", name="Open the report")).to_be_visible(timeout=_JOB_MS)


def optimise(page: Any, story: Story) -> None:
    """Perform > Optimise to INT8, watched to its end."""
    page.get_by_role("link", name="Perform", exact=True).click()
    page.get_by_role("link", name="Optimise to INT8").click()
    expect(page.get_by_label("Default", exact=True)).to_be_checked()
    expect(page.get_by_label("Performance", exact=True)).to_be_checked()
    page.get_by_label("Subset size").fill(str(story.calibrated))
    left = story.images - story.calibrated
    expect(page.locator("[data-sharing]")).to_have_text(
        f"Calibrates on {story.calibrated} of {story.images} images, which leaves {left} for validation."
    )
    page.get_by_role("button", name="Optimise", exact=True).click()
    expect(page.locator("[data-job]")).to_have_count(1)
    done = page.get_by_role("status").filter(has_text="is done")
    expect(done).to_be_visible(timeout=_JOB_MS)
    expect(page.get_by_role("region", name="Optimised from it")).to_contain_text(story.child)
    done.get_by_role("link", name="Open the project").click()


def see_lineage(page: Any, story: Story) -> None:
    """The child says what it was made from; on the Projects page it stands below its parent."""
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(story.child)
    expect(page.locator(".lineage")).to_have_text(f"Optimised from {story.model_name}")
    page.locator(".lineage").get_by_role("link", name=story.model_name).click()
    expect(heading).not_to_contain_text(story.child)
    expect(page.get_by_role("region", name="Optimised from it")).to_contain_text("not compared yet")
    page.get_by_role("link", name="Projects", exact=True).first.click()
    rows = page.locator("table.projects tbody tr").filter(has_text=story.dataset.name)
    names = rows.locator("th a").all_inner_texts()
    above = names.index(story.model_name)
    assert names[above + 1] == story.child
    expect(rows.nth(above + 1)).to_contain_text("optimised from the one above")
    rows.nth(above + 1).get_by_role("link", name=story.child, exact=True).click()


# --- the comparison ------------------------------------------------------------------------------


def compare(page: Any, story: Story) -> None:
    """Create Accuracy Report > comparison, watched to its end."""
    page.get_by_role("link", name="Create Accuracy Report").click()
    page.get_by_role("link", name="Comparison of optimised and parent model predictions").click()
    expect(page.get_by_label("Parent model").locator("option:checked")).to_contain_text(story.model_name)
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("link", name="Open the comparison").click(timeout=_JOB_MS)
    expect(count(page)).to_have_text(f"{story.images - story.calibrated} images")


def read_headline(page: Any, comparison: ComparisonReport, story: Story) -> None:
    """The sentence, the verdict and every figure, as the page's data and Python have them."""
    summary, record = comparison.summary, comparison.record
    assert (summary.n, summary.n_failed, summary.n_left_out) == (story.compared, story.failed, story.calibrated)
    said = page.locator(".verdict-panel .sentence")
    expect(said).to_contain_text(comparison.sentence)
    assert summary.verdict is not None
    expect(said.locator(".badge")).to_contain_text(summary.verdict.outcome)
    head = data_of(page)["head"]
    assert head["sentence"] == comparison.sentence
    assert head["summary"] == record.summary.model_dump(mode="json")
    figures = page.locator(".figures.compared .figure")
    assert figures.locator(".value").all_inner_texts() == [figure["value"] for figure in head["figures"]]
    assert record.speed is not None
    expect(figures.filter(has_text="Throughput").locator(".value")).to_contain_text("as fast")
    expect(figures.filter(has_text="Images compared")).to_contain_text(
        f"{story.calibrated} calibration images left out"
    )


def paired_by_hand(page: Any, comparison: ComparisonReport, workspace: Workspace, folder: Path) -> pl.DataFrame:
    """Both accuracy reports, exported from their pages, joined by image: an independent account of what changed."""
    address = page.url
    models = (comparison.record.optimised, comparison.record.parent)
    optimised, parent = (export_accuracy(page, model.model_name, workspace, folder) for model in models)
    page.goto(address)
    calibrated = pl.read_csv(workspace.folder / "models" / models[0].model_id / "calibration_images.csv")
    changed = pl.col("predicted_class") != pl.col("parent_class")
    right, parent_right = (pl.col(name) == pl.col("annotated_class") for name in ("predicted_class", "parent_class"))
    flip = pl.when(parent_right).then(pl.lit("broken")).when(right).then(pl.lit("fixed")).otherwise(pl.lit("moved"))
    return (
        optimised.join(parent.select("image_name", parent_class="predicted_class"), on="image_name", how="inner")
        .join(calibrated, on="image_name", how="anti")
        .filter(status="evaluated")
        .with_columns(flipped=changed, right=right, parent_right=parent_right, flip=pl.when(changed).then(flip))
    )


def export_accuracy(page: Any, model: str, workspace: Workspace, folder: Path) -> pl.DataFrame:
    """The accuracy report of a model as CSV, made first where there is none."""
    page.get_by_role("link", name="Projects", exact=True).first.click()
    page.locator("table.projects").get_by_role("link", name=model, exact=True).first.click()
    opener = page.get_by_role("link", name="Open the report")
    if not opener.count():
        page.get_by_role("link", name="Create Accuracy Report").first.click()
        page.get_by_role("button", name="Create", exact=True).click()
    opener.click(timeout=_JOB_MS)
    page.get_by_text("Download report").click()
    return download(page, page.get_by_role("link", name="CSV", exact=True).first, folder / f"{model}.csv")


def see_flips(page: Any, expected: pl.DataFrame, comparison: ComparisonReport, folder: Path) -> None:
    """Only flips, then each kind: counts add up, and the page, its data, its file and Python name the same images."""
    limits = page.get_by_role("navigation", name="Kinds of images")
    flips = expected.filter("flipped")
    assert len(flips) == comparison.summary.flips.total
    shown_of_kind: list[int] = []
    for label, kinds in (("Only flips", _KINDS), *((kind.capitalize(), (kind,)) for kind in _KINDS)):
        images = flips.filter(pl.col("flip").is_in(kinds))
        limit = limits.get_by_role("link", name=re.compile(f"^{label} "))
        expect(limit).to_have_text(re.compile(rf"{label}\s+{len(images)}$"))
        limit.click()
        expect(limit).to_have_attribute("aria-current", "true")
        assert_view_is(page, set(images["image_name"]), folder / f"{label}.csv")
        shown_of_kind.append(len(images))
        if len(kinds) == 1:
            assert set(comparison.flips_of(kinds[0])["image_name"]) == set(images["image_name"])
            assert not len(images) or all(kinds[0] in text for text in column(page, "Flip"))
    assert shown_of_kind[0] == sum(shown_of_kind[1:]) > 0
    assert set(comparison.flips["image_name"]) == set(flips["image_name"])


def see_outcomes(page: Any, expected: pl.DataFrame, folder: Path) -> None:
    """The four cells of the table of outcomes add up, and each leads to exactly its images."""
    cells = {
        "both_right": expected.filter(pl.col("right") & pl.col("parent_right")),
        "broken": expected.filter(~pl.col("right") & pl.col("parent_right")),
        "fixed": expected.filter(pl.col("right") & ~pl.col("parent_right")),
        "both_wrong": expected.filter(~pl.col("right") & ~pl.col("parent_right")),
    }
    assert sum(map(len, cells.values())) == len(expected)
    for key, images in cells.items():
        cell = page.locator(f".outcome-{key} a")
        expect(cell.locator("strong")).to_have_text(str(len(images)))
        cell.click()
        expect(cell).to_have_attribute("aria-current", "true")
        assert_view_is(page, set(images["image_name"]), folder / f"{key}.csv")
    page.locator(".outcomes a[aria-current]").click()
    expect(page.locator(".chip")).to_have_count(0)


def see_every_view(page: Any) -> None:
    """Each tab of the report is a page that says the same sentence."""
    sentence = page.locator(".sentence").inner_text()
    tabs = page.get_by_role("navigation", name="Views of the report").get_by_role("link")
    for label in tabs.all_inner_texts():
        tabs.filter(has_text=label.split("\n")[0]).first.click()
        expect(page.locator(".sentence")).to_have_text(sentence)
    tabs.filter(has_text="Images").first.click()


def visualize_flips(page: Any, expected: pl.DataFrame, comparison: ComparisonReport) -> None:
    """Flip after flip with the arrow key, the bars of both models side by side; an address is all there is to it."""
    page.get_by_role("navigation", name="Kinds of images").get_by_role("link", name=re.compile("^Only flips")).click()
    expect(page.locator(".chip")).to_have_count(1)
    names = page.locator("table.images tbody td.name a").all_inner_texts()
    listed = page.url
    page.get_by_role("link", name=re.compile("^Visualize")).first.click()
    walked = names[:3]
    for name in walked:
        see_both_models(page, expected.row(by_predicate=pl.col("image_name") == name, named=True), comparison)
        if name != walked[-1]:
            page.keyboard.press("ArrowRight")
    assert_address_is_all(page)
    if len(walked) > 1:
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("heading", level=1)).to_have_text(walked[-2])
        page.wait_for_load_state("load")
    page.keyboard.press("Escape")
    expect(count(page)).to_be_visible()
    assert page.url == listed
    assert_address_is_all(page)


def see_both_models(page: Any, row: Row, comparison: ComparisonReport) -> None:
    """One flip: pictures, the kind of flip, and the predictions of both models beside each other."""
    expect(page.get_by_role("heading", level=1)).to_have_text(row["image_name"])
    expect(page.locator(".page-head .badge").first).to_contain_text(row["flip"])
    pictures = page.locator(".pictures img")
    loaded = "all => all.length === 2 && all.every((image) => image.complete && image.naturalWidth > 1)"
    eventually(lambda: pictures.evaluate_all(loaded), seconds=30, what="both pictures of the image")
    page.wait_for_load_state("load")  # scripts have run then
    shown = data_of(page)
    assert shown["detail"]["row"]["image_name"] == row["image_name"]
    image = comparison.image(shown["detail"]["position"])
    left, right = (page.locator(".both .one").nth(place) for place in (0, 1))
    boxes = left.bounding_box(), right.bounding_box()
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert boxes[0]["y"] == boxes[1]["y"]
    tops = (image.optimised_top, image.parent_top)
    assert (tops[0][0].class_id, tops[1][0].class_id) == (row["predicted_class"], row["parent_class"])
    for part, top, model in zip((left, right), tops, shown["models"], strict=True):
        assert [each["class_id"] for each in model["predictions"]] == [each.class_id for each in top]
        assert [each["confidence"] for each in model["predictions"]] == [each.confidence for each in top]
        confidences = part.locator(".prediction .confidence").all_inner_texts()
        assert [as_number(text) for text in confidences] == pytest.approx(
            [each.confidence for each in top], abs=0.5001e-4
        )
        bars = part.locator(".prediction .bar").evaluate_all("all => all.map((bar) => bar.width.baseVal.value)")
        assert bars == pytest.approx([max(0.4, 100 * each.confidence) for each in top], abs=0.01)


# --- the tensor distance -------------------------------------------------------------------------


def measure_distance(page: Any, comparison: ComparisonReport, workspace: Workspace, folder: Path) -> None:
    """Create Accuracy Report > tensor distance; the worst image comes first, and is looked at."""
    page.get_by_role("link", name="Project", exact=True).click()
    page.get_by_role("link", name="Create Accuracy Report").first.click()
    page.get_by_role("link", name="Tensor distance to parent model output").click()
    page.get_by_role("button", name="Create", exact=True).click()
    made = page.locator("table.history tbody tr").filter(has_text="Tensor distance")
    expect(made).to_be_visible(timeout=_JOB_MS)
    made.locator("th").get_by_role("link").click()
    distance = workspace.tensor_distance(id_of(page))
    expect(page.locator(".sentence")).to_have_text(distance.sentence)
    assert data_of(page)["head"]["sentence"] == distance.sentence
    worst = distance.worst(3)["image_name"].to_list()
    assert page.locator("table.images tbody td.name a").all_inner_texts()[:3] == worst
    table = assert_view_is(page, set(distance.images["image_name"]), folder / "distance.csv")
    summary = next(each for each in distance.summary.distributions if each.measure == "mse")
    assert table["mse"].mean() == pytest.approx(summary.mean)
    assert table.sort("mse", descending=True, nulls_last=True)["image_name"].head(3).to_list() == worst
    assert set(table.filter(pl.col("agreed") == False)["image_name"]) == set(comparison.flips["image_name"])  # noqa: E712
    page.get_by_role("link", name=f"Visualize {worst[0]}", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(worst[0])
    expect(page.locator(".both .one")).to_have_count(2)
    for part in page.locator(".both .one").all():
        expect(part.locator(".prediction").first).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_have_text(worst[1])
    assert_address_is_all(page)


# --- reading pages -------------------------------------------------------------------------------


def id_of(page: Any) -> str:
    """Id of the report that a page is about."""
    return urlsplit(page.url).path.split("/")[2]


def data_of(page: Any) -> Any:
    """The data of the page: the same address with the suffix .json."""
    parts = urlsplit(page.url)
    answer = page.request.get(parts._replace(path=f"{parts.path}.json").geturl())
    assert answer.status == 200
    return answer.json()


def assert_view_is(page: Any, names: set[str], path: Path) -> pl.DataFrame:
    """The page, its data and its file name exactly these images; the file's rows."""
    page.wait_for_load_state("load")
    expect(count(page)).to_have_text(re.compile(rf"^{len(names)} "))
    shown = data_of(page)["views"]["images"]
    assert shown["pager"]["count"] == len(names)
    listed = page.locator("table.images tbody td.name a").all_inner_texts()
    assert listed == [row["image_name"] for row in shown["rows"]]
    if not names:
        return pl.DataFrame()
    table = download(page, page.locator(".same").get_by_role("link", name="CSV", exact=True), path)
    assert table["image_name"].head(len(listed)).to_list() == listed
    assert table["image_name"].n_unique() == len(table) == len(names)
    assert set(table["image_name"]) == names
    return table


def assert_address_is_all(page: Any) -> None:
    """Loaded again, and opened in another tab from the bookmark, the page is the same."""
    page.wait_for_load_state("load")
    address, before = page.url, page.locator("main").inner_text()
    page.reload()
    assert (page.url, page.locator("main").inner_text()) == (address, before)
    other = page.context.new_page()
    other.goto(address)
    assert other.locator("main").inner_text() == before
    other.close()


def download(page: Any, link: Any, path: Path) -> pl.DataFrame:
    """A table that a link leads to."""
    with page.expect_download() as waiting:
        link.click()
    waiting.value.save_as(path)
    return pl.read_csv(path, infer_schema_length=None)


def as_number(text: str) -> float:
    """A confidence as it is shown; one that is too small to show counts as 0."""
    return 0.0 if text.startswith("<") else float(text)
