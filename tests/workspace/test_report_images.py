"""Single images of a report: scores as they were read, pictures of what was evaluated and of nothing else."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from accubench.errors import UsageError
from accubench.preprocessing import Preprocessor
from accubench.storage import Store
from accubench.storage.cache import CacheFolder
from accubench.workspace import SAMPLE_MODEL, AccuracyReport, Workspace, sample_path
from hostile_images import make_hostile_images
from small_world import write_dataset


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "images", 6, wrong=1)


@pytest.fixture
def report(tmp_path: Path, colour_model: Path, images: Path) -> AccuracyReport:
    return Workspace(tmp_path / "workspace").evaluate(colour_model, images)


def test_the_annotated_class_is_listed_with_its_rank_where_it_is_not_at_the_top(tmp_path: Path) -> None:
    drawings = write_dataset(tmp_path / "drawings", 24, wrong=24)
    report = Workspace(tmp_path / "workspace").evaluate(sample_path(SAMPLE_MODEL), drawings)
    low = report.images.with_row_index().filter(report.images["annotated_class_rank"] >= 10)["index"].to_list()

    assert low
    for position in low:
        detail = report.image(position)
        assert [top.rank for top in detail.top] == [*range(10), detail.row.annotated_class_rank]
        assert [top.annotated for top in detail.top] == [False] * 10 + [True]
        assert detail.top[-1].confidence == detail.row.annotated_confidence


def test_equal_scores_are_listed_by_class_id(tmp_path: Path, colour_model: Path, images: Path) -> None:
    Image.new("RGB", (8, 8), (50, 50, 50)).save(images / "image_00000.png")
    detail = Workspace(tmp_path / "workspace").evaluate(colour_model, images).image(0)

    assert [(top.class_id, top.confidence) for top in detail.top] == [(0, 1 / 3), (1, 1 / 3), (2, 1 / 3)]
    assert detail.row.tied


def test_what_the_model_saw_are_the_pixels_of_the_preprocessor(report: AccuracyReport, images: Path) -> None:
    with Workspace(report._store.folder) as workspace:
        model = workspace.models()[0]
    preprocessor = Preprocessor(report.record.configuration.configuration, model.description.input)

    seen = report.seen_png(3)

    assert seen is not None
    expected = preprocessor.visible((images / "image_00003.png").read_bytes())
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(seen))), expected)


def test_an_image_that_changed_since_is_not_shown_as_the_one_evaluated(report: AccuracyReport, images: Path) -> None:
    Image.new("RGB", (30, 30)).save(images / "image_00002.png")

    detail = report.image(2)

    assert detail.picture_failure is not None
    assert "changed after the dataset was checked" in detail.picture_failure
    assert (detail.size_wh, detail.failure) == (None, None)
    assert len(detail.top) == 3
    assert (report.thumbnail(2), report.decoded_jpeg(2), report.seen_png(2)) == (None, None, None)


def test_an_image_touched_since_counts_as_changed(report: AccuracyReport, images: Path) -> None:
    os.utime(images / "image_00002.png", ns=(1, 1))

    assert report.image(2).picture_failure is not None


def test_a_file_that_is_gone_is_said_to_be(report: AccuracyReport, images: Path) -> None:
    (images / "image_00004.png").unlink()

    assert report.image(4).picture_failure == "image_00004.png does not exist any more."
    assert report.decoded_jpeg(4) is None


def test_a_thumbnail_is_decoded_once(report: AccuracyReport, images: Path) -> None:
    first = report.thumbnail(1)
    (images / "image_00001.png").unlink()

    assert first is not None
    assert report.thumbnail(1) == first
    assert report.thumbnail(1, side=4) is None


def test_thumbnails_of_two_sides_are_two_pictures(report: AccuracyReport) -> None:
    sizes = [Image.open(io.BytesIO(report.thumbnail(0, side=side) or b"")).size for side in (4, 6, 4)]

    assert sizes == [(4, 4), (6, 6), (4, 4)]


def test_the_cache_of_thumbnails_may_be_deleted(report: AccuracyReport) -> None:
    import shutil

    first = report.thumbnail(1)
    shutil.rmtree(report._store.folder / "cache" / "thumbnails")

    assert report.thumbnail(1) == first


def test_the_cache_of_thumbnails_is_kept_within_its_limit(
    tmp_path: Path, report: AccuracyReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = CacheFolder(tmp_path / "thumbnails", 2500)
    monkeypatch.setattr(Store, "thumbnails", property(lambda _store: cache))
    monkeypatch.setattr("accubench.workspace.report_images._PUTS_UNTIL_PRUNED", 3)

    for position in range(6):
        report.thumbnail(position)

    kept = list((tmp_path / "thumbnails").glob("*/*"))
    assert 0 < sum(path.stat().st_size for path in kept) <= 2500


def test_hostile_images_have_a_picture_or_a_reason(tmp_path: Path, colour_model: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    expected = make_hostile_images(folder)
    (folder / "val.txt").write_text("".join(f"{name}\t{row % 3}\n" for row, name in enumerate(expected)))
    report = Workspace(tmp_path / "workspace").evaluate(colour_model, folder)

    for position, (name, status) in enumerate(expected.items()):
        detail = report.image(position)
        assert detail.row.image_name == name
        assert (detail.failure is None, bool(detail.top)) == (status == "evaluated", status == "evaluated")
        for picture in (report.thumbnail(position), report.decoded_jpeg(position)):
            assert (picture is None) == (detail.picture_failure is not None) == (detail.size_wh is None)
        if status == "evaluated":
            assert detail.picture_failure is None
            assert report.seen_png(position) is not None
        elif detail.picture_failure is not None:
            assert "cannot be decoded" in detail.picture_failure


def test_the_scores_of_a_report_whose_predictions_are_gone_are_empty(report: AccuracyReport) -> None:
    report._store.catalogue.delete("predictions", report.record.predictions_id)

    detail = report.image(1)

    assert detail.top == ()
    assert detail.row.image_name == "image_00001.png"


def test_a_report_whose_dataset_is_gone_keeps_its_scores(report: AccuracyReport) -> None:
    report._store.catalogue.delete("dataset", report.record.dataset_id)

    detail = report.image(1)

    assert detail.picture_failure == "The dataset images is no longer in the workspace."
    assert (detail.path, len(detail.top)) == (None, 3)
    assert report.thumbnail(1) is None


@pytest.mark.parametrize("position", [-1, 6, 2**70])
def test_a_position_outside_of_the_report_is_refused(report: AccuracyReport, position: int) -> None:
    for call in (report.image, report.thumbnail, report.decoded_jpeg, report.seen_png):
        with pytest.raises(UsageError, match="There is no image"):
            call(position)


def test_an_image_in_a_larger_file_tells_which_file_and_where_in_it(
    tmp_path: Path, images: Path, colour_model: Path
) -> None:
    with tarfile.open(tmp_path / "images.tar", "w") as archive:
        archive.add(images, "images")
    with Workspace(tmp_path / "workspace") as workspace:
        packed = workspace.evaluate(colour_model, tmp_path / "images.tar")
        single = workspace.evaluate(colour_model, images)

    detail = packed.image(2)
    assert Path(detail.path or "").name == "images.tar"
    assert detail.place_in_file is not None
    offset = int(detail.place_in_file.removeprefix("at byte ").replace(",", ""))
    assert (tmp_path / "images.tar").read_bytes()[offset:].startswith((images / "image_00002.png").read_bytes())
    assert packed.paths([2, 3]) == [detail.path]
    assert (single.image(2).path, single.image(2).place_in_file) == (str(images / "image_00002.png"), None)
    assert len(single.paths([2, 3])) == 2
