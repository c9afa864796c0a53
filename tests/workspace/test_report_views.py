"""Views of a report: the page's rows, their positions, facets, tags, files, and single images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from accubench.errors import ExportError, UsageError
from accubench.workspace import AccuracyReport, Filter, Workspace


@pytest.fixture
def report(tmp_path: Path, colour_model: Path, colour_dataset: Path) -> AccuracyReport:
    return Workspace(tmp_path / "workspace").evaluate(colour_model, colour_dataset)


def test_a_view_of_erroneous_images_has_their_positions_in_the_dataset(report: AccuracyReport) -> None:
    view = report.view(erroneous=True, limit=4)

    assert view.count == 15
    assert view.positions.tolist() == [0, 1, 2, 3]
    assert report.positions(erroneous=True).tolist() == list(range(15))


def test_an_image_has_its_top_predictions_with_the_annotated_one_marked(report: AccuracyReport) -> None:
    detail = report.image(4)

    assert [top.rank for top in detail.top] == [0, 1, 2]
    assert sum(top.confidence for top in detail.top) == pytest.approx(1)
    assert [top.class_id for top in detail.top if top.annotated] == [detail.row.annotated_class]
    assert detail.top[0].confidence == detail.row.predicted_confidence
    assert detail.size_wh == (8 + 4 % 5, 8 + 4 % 3)
    assert (detail.failure, detail.picture_failure) == (None, None)


def test_what_the_model_saw_is_a_png_of_its_input_size(report: AccuracyReport) -> None:
    import cv2

    seen = report.seen_png(2)

    assert seen is not None
    pixels = cv2.imdecode(np.frombuffer(seen, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (8, 8, 3)


def test_a_tag_can_be_filtered_and_taken_away(report: AccuracyReport) -> None:
    report.tag(["image_00003.png", "image_00007.png"], "blurry")
    report.tag(["image_00003.png"], "dark")

    tagged = report.view(["tags contains blurry"])
    assert tagged.rows["tags"].to_list() == ["blurry, dark", "blurry"]
    assert report.tags() == {"blurry": 2, "dark": 1}
    assert report.image(3).tags == ("blurry", "dark")

    report.untag(["image_00003.png"], "blurry")
    assert report.positions(["tags contains blurry"]).tolist() == [7]


def test_a_page_is_made_from_one_state_of_the_tags_and_the_next_one_from_the_newest(
    tmp_path: Path, report: AccuracyReport
) -> None:
    report.tag(["image_00003.png"], "blurry")
    with Workspace(tmp_path / "workspace") as elsewhere, report.tags_held():
        other = elsewhere.report(report.id)
        seen = [report.tags()]
        other.tag(["image_00007.png"], "blurry")
        seen += [report.tags(), other.tags()]
        count = report.view(["tags contains blurry"]).count

    assert seen == [{"blurry": 1}, {"blurry": 1}, {"blurry": 2}]
    assert count == 1
    assert report.tags() == {"blurry": 2}
    assert report.positions(["tags contains blurry"]).tolist() == [3, 7]


def test_a_limited_view_has_the_same_rows_in_every_order(report: AccuracyReport) -> None:
    limits = {"filters": ["predicted_confidence>0.3"], "search": "RED"}
    found = report.positions(**limits)

    for descending in (False, True):
        ordered = report.positions(**limits, sort="image_name", descending=descending)
        names = report.rows_at(ordered)["image_name"].to_list()
        assert sorted(ordered.tolist()) == found.tolist()
        assert names == sorted(names, reverse=descending)
    with pytest.raises(UsageError, match=r"no column 'image_nam'\. Did you mean 'image_name'"):
        report.positions(**limits, sort="image_nam")


def test_an_image_that_carries_a_tag_already_keeps_it_once(report: AccuracyReport) -> None:
    report.tag(["image_00001.png", "image_00001.png"], "dark")
    report.tag(["image_00001.png"], "  dark ")

    assert report.view(["tags=dark"]).rows["image_name"].to_list() == ["image_00001.png"]
    assert report.tags() == {"dark": 1}


def test_another_report_of_the_dataset_shows_the_same_tags(
    report: AccuracyReport, colour_model: Path, colour_dataset: Path, tmp_path: Path
) -> None:
    other = Workspace(tmp_path / "workspace").evaluate(colour_model, colour_dataset)
    assert other.tags() == {}

    report.tag(["image_00001.png"], "dark")

    assert other.image(1).tags == ("dark",)


@pytest.mark.parametrize("tag", ["", "  ", "a,b", "a\nb" * 40, "x" * 61, "bell\x07"])
def test_a_tag_that_could_not_be_shown_or_filtered_is_refused(report: AccuracyReport, tag: str) -> None:
    with pytest.raises(UsageError, match="A tag has 1 to 60 letters"):
        report.tag(["image_00001.png"], tag)


def test_an_image_of_another_dataset_is_not_tagged(report: AccuracyReport) -> None:
    with pytest.raises(UsageError, match=r"no image 'nothing\.png'"):
        report.tag(["image_00001.png", "nothing.png"], "dark")
    assert report.tags() == {}


def test_text_search_looks_into_names_of_images_and_classes(report: AccuracyReport) -> None:
    assert report.positions(search="IMAGE_0001").tolist() == list(range(10, 20))
    reds = set(report.positions(["predicted_name=red"])) | set(report.positions(["annotated_name=red"]))
    assert set(report.positions(search=" Red ")) == reds
    assert report.positions(search="   ").size == 150
    assert report.facets(search="image_0001").count == 10


def test_a_value_that_is_true_and_one_that_is_1_are_two_filters(report: AccuracyReport) -> None:
    assert report.view([Filter("tied", "=", value=True)]).count == 0
    with pytest.raises(UsageError):
        report.view([Filter("tied", "=", value=1)])


@pytest.mark.parametrize("suffix", [".html", ".json", "", ".CSV"])
def test_a_view_is_written_as_a_table_only(report: AccuracyReport, suffix: str) -> None:
    with pytest.raises(ExportError, match=r"A view is written as \.csv or \.parquet"):
        report.export_view(suffix)


def test_confused_pairs_of_a_view_count_only_its_images(report: AccuracyReport) -> None:
    pairs = report.confused_pairs(filters=["predicted_class=0"])

    assert pairs["images"].sum() == report.view(["predicted_class=0"], erroneous=True).count
    assert set(pairs["predicted_name"]) == {"red"}


@pytest.mark.parametrize("classes", [[0, 0], [3], [-1], [2**70]])
def test_confusion_of_impossible_classes_is_refused(report: AccuracyReport, classes: list[int]) -> None:
    with pytest.raises(UsageError, match="Give classes from 0 to 2, each once"):
        report.confusion_of(classes)


def test_confusion_of_chosen_classes_has_all_images(report: AccuracyReport) -> None:
    matrix = report.confusion_of([1])

    assert matrix.sum() == 150
    assert matrix[0, 0] == report.confusion()[1, 1]


def test_positions_cannot_be_written_to(report: AccuracyReport) -> None:
    with pytest.raises(ValueError, match="read-only"):
        report.positions()[0] = 5
