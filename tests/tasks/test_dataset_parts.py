"""Parts of datasets: chosen by name, datasets of their own, the same again after a change elsewhere."""

from __future__ import annotations

import shutil

import pytest

from accubench.errors import DatasetNotFoundError, UsageError
from accubench.workspace import Workspace
from small_world import write_dataset, write_model


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def source(tmp_path):
    return write_dataset(tmp_path / "colours", 30)


def names_of(workspace, dataset):
    return set(workspace._store.manifest(dataset)["image_name"])


def test_a_part_is_a_dataset_of_its_own_that_says_how_it_was_chosen(workspace, source):
    part = workspace.import_dataset(source, limit=9)

    assert (part.name, part.version, part.n_images) == ("colours-limit-9", 1, 9)
    assert part.options == {"limit": "9"}
    assert part.subset is not None
    assert (part.subset.way, part.subset.wanted, part.subset.n, part.subset.of_n) == ("limit", 9, 9, 30)
    assert part.subset.sentence.startswith("9 of 30 images. Every class has seats in proportion")
    assert workspace.import_dataset(source).subset is None


@pytest.mark.parametrize("options", [{"limit": 7}, {"every": 4}])
def test_a_part_is_the_same_by_path_and_by_the_name_of_the_whole_or_of_a_part(workspace, source, options):
    part = workspace.dataset(source, **options)
    workspace.import_dataset(source, name="whole")

    assert workspace.dataset("whole", **options).id == part.id
    assert workspace.dataset(part.name).id == part.id
    assert workspace.dataset(part.name, **options).id == part.id
    assert workspace.dataset(source, **{key: f"0{value}" for key, value in options.items()}).id == part.id


def test_another_part_of_a_part_is_taken_from_the_whole(workspace, source):
    small = workspace.dataset(source, limit=3)

    other = workspace.dataset(small.name, every=2)

    assert (other.name, other.options) == ("colours-every-2", {"every": "2"})
    assert other.subset is not None
    assert other.subset.of_n == 30
    assert workspace.dataset(small.name).id == small.id


def test_images_that_come_into_the_last_class_leave_the_others_of_every_kth_as_they_are(workspace, source):
    before = workspace.dataset(source, every=3)
    lines = (source / "val.txt").read_text().splitlines()
    last_name, last_class = max((line.split() for line in lines), key=lambda fields: int(fields[1]))
    of_others = {line.split()[0] for line in lines if line.split()[1] != last_class}
    shutil.copy(source / last_name, source / "new.png")
    (source / "val.txt").write_text("\n".join([*lines, f"new.png {last_class}"]) + "\n")

    after = workspace.dataset(before.name)

    assert (after.name, after.version) == (before.name, 2)
    assert names_of(workspace, after) & of_others == names_of(workspace, before) & of_others


def test_a_part_larger_than_the_dataset_is_all_of_it_and_says_so(workspace, source):
    part = workspace.dataset(source, limit=31)

    assert part.n_images == 30
    assert part.subset is not None
    assert part.subset.rule == "All images: 31 were asked for, and the dataset has 30."


def test_every_with_a_number_larger_than_the_dataset_keeps_one_image_and_knows_all_classes(workspace, source):
    part = workspace.dataset(source, every=1000)

    assert part.n_images == len(part.class_ids) == 1
    assert len(part.known_class_ids) > 1


@pytest.mark.parametrize("value", [0, -1, "ten", "1.5", "1e3", "", "٣", "9" * 5000, "+5"])
@pytest.mark.parametrize("option", ["limit", "every"])
def test_a_number_that_is_none_is_refused_and_nothing_is_imported(workspace, source, option, value):
    with pytest.raises(UsageError, match=f"{option} is a whole number of 1 or more"):
        workspace.import_dataset(source, **{option: value})

    assert workspace.datasets() == []


def test_limit_and_every_together_are_refused(workspace, source):
    with pytest.raises(UsageError, match="either limit or every"):
        workspace.import_dataset(source, limit=5, every=2)


def test_another_part_of_a_dataset_whose_images_are_gone_is_an_error_and_the_known_part_is_not(workspace, source):
    part = workspace.dataset(source, limit=5)
    shutil.rmtree(source)

    assert workspace.dataset(part.name, limit=5).id == part.id
    with pytest.raises(DatasetNotFoundError, match="no other part"):
        workspace.dataset(part.name, limit=6)


def test_an_unreadable_image_may_be_chosen_and_stays_a_row_of_the_report(workspace, source, tmp_path):
    for image in source.rglob("*.png"):
        image.write_bytes(b"no image")

    report = workspace.evaluate(write_model(tmp_path / "model.onnx"), workspace.dataset(source, limit=4))

    assert (report.summary.n_images, report.summary.n_failed) == (4, 4)


def test_every_kind_of_report_says_which_part_it_is_over(workspace, source, tmp_path):
    model = workspace.model(write_model(tmp_path / "model.onnx"))
    part = workspace.dataset(source, limit=6)
    assert part.subset is not None
    sentence = part.subset.sentence

    reports = [
        workspace.evaluate(model, part),
        workspace.compare(model, model, part, speed_rounds=0),
        workspace.distance(model, model, part),
    ]

    for number, report in enumerate(reports):
        assert report.record.subset == part.subset
        page = report.export(tmp_path / f"{number}.html").read_text(encoding="utf-8")
        assert sentence.split(" (")[0] in page
        assert sentence.split(" (")[0] in report.markdown()


@pytest.mark.parametrize("form", ["zip", "tar", "gztar"])
def test_a_part_of_an_archive_is_found_again_by_its_name_and_by_that_of_the_whole(workspace, source, form):
    archive = shutil.make_archive(str(source.parent / "packed"), form, source)
    whole = workspace.dataset(archive)

    part = workspace.dataset(archive, limit=6)

    assert (whole.name, part.name, part.n_images) == ("packed", "packed-limit-6", 6)
    assert workspace.dataset(part.name).id == part.id
    assert workspace.dataset("packed", limit=6).id == part.id
    assert workspace.dataset("packed").id == whole.id
    assert workspace.dataset(part.name, every=3).name == "packed-every-3"
