"""Views of a report: the page's rows, their positions, facets, tags, files, and single images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from accubench.workspace import AccuracyReport, Workspace


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
