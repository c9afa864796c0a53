"""Views of a report on the command line: the same filters, search and order as on pages and in Python."""

import json
from pathlib import Path

import polars as pl
import pytest

from accubench.workspace import Workspace
from cli_runner import run_accubench


@pytest.fixture(scope="module")
def folder(tmp_path_factory, colour_model, colour_dataset):
    folder = tmp_path_factory.mktemp("views")
    with Workspace(folder / "accubench-workspace") as workspace:
        report = workspace.evaluate(colour_model, colour_dataset)
        report.tag(["image_00003.png", "image_00020.png"], "blurry")
    return folder


def test_erroneous_images_are_printed_with_their_number(folder):
    shown = run_accubench("reports", "show", "--erroneous", "--rows", 3, cwd=folder)

    assert "15 of 150 images" in shown.stdout
    assert "image_00002.png" in shown.stdout
    assert "image_00003.png" not in shown.stdout
    assert "and 12 more (--rows)." in shown.stdout


def test_filters_search_and_order_are_combined(folder):
    options = ["--filter", "image_name contains 000", "--search", "RED", "--sort", "image_name", "--descending"]
    shown = run_accubench("reports", "show", *options, "--rows", 500, "--json", cwd=folder)

    document = json.loads(shown.stdout)
    names = [image["image_name"] for image in document["images"]]
    assert document["count"] == len(names) > 3
    assert names == sorted(names, reverse=True)
    assert all("red" in {image["predicted_name"], image["annotated_name"]} for image in document["images"])


def test_tags_are_a_column_like_others(folder):
    shown = run_accubench("reports", "show", "--filter", "tags contains blur", cwd=folder)

    assert "2 of 150 images" in shown.stdout
    assert shown.stdout.count("blurry") == 2


def test_a_view_is_exported_with_the_columns_of_the_whole_report(folder):
    whole = run_accubench("reports", "export", "latest", "whole.csv", cwd=folder)
    view = run_accubench(
        "reports", "export", "latest", "view.csv", "--not-in-top", 2, "--filter", "status=evaluated", cwd=folder
    )

    assert (whole.returncode, view.returncode) == (0, 0)
    expected = pl.read_csv(folder / "whole.csv").filter(pl.col("annotated_class_rank") >= 2)
    assert 0 < len(expected) < 15
    assert pl.read_csv(folder / "view.csv").equals(expected)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--filter", "confidence<1"], "There is no column 'confidence'"),
        (["--filter", "hello"], "'hello' is no filter"),
        (["--sort", "nam"], "There is no column 'nam'"),
        (["--descending"], "--descending needs --sort"),
        (["--erroneous", "--not-in-top", "5"], "give one of them"),
    ],
)
def test_impossible_views_are_explained(folder: Path, options: list[str], reason: str) -> None:
    refused = run_accubench("reports", "show", "latest", *options, cwd=folder)

    assert refused.returncode == 2
    assert reason in " ".join(refused.stderr.split())


def test_a_view_is_not_written_as_a_page(folder):
    refused = run_accubench("reports", "export", "latest", "view.html", "--erroneous", cwd=folder)

    assert refused.returncode == 2
    assert "A view is written as .csv or .parquet, not as '.html'." in " ".join(refused.stderr.split())
    assert not (folder / "view.html").exists()
